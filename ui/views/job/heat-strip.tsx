import type { EventView, StepView } from "../../../src/jobs/view.ts";
import { plural } from "../../lib/format.ts";
import { isOfStep } from "./timeline.tsx";

/** Colours of so many cells are told apart on any screen. */
const MAX_CELLS = 250;

const INKS = { done: "var(--good)", failed: "var(--bad)", open: "var(--track)" } as const;
type Cell = keyof typeof INKS;

/** Items that the timeline names as failed. */
function failedItems(events: readonly EventView[], id: string): Set<number> {
  const failed = events.filter((event) => event.type === "step_failed" && isOfStep(event, id));
  return new Set(failed.flatMap(({ step }) => /^\[(\d+)\]/.exec((step ?? "").slice(id.length))?.[1] ?? []).map(Number));
}

function cellsOf({ total, done }: NonNullable<StepView["items"]>, failed: ReadonlySet<number>): Cell[] {
  const count = Math.min(total, MAX_CELLS);
  const bad = new Set([...failed].map((index) => Math.floor((index * count) / total)));
  return Array.from({ length: count }, (_, i) => {
    if (bad.has(i)) return "failed";
    return ((i + 1) * total) / count <= done ? "done" : "open";
  });
}

/** Cells of one colour beside each other are one stop. */
function gradientOf(cells: readonly Cell[]): string {
  const stops = cells.flatMap((cell, i) => {
    if (cell === cells[i - 1]) return [];
    const next = cells.findIndex((other, j) => j > i && other !== cell);
    const [from, to] = [i, next === -1 ? cells.length : next].map((at) => `${((100 * at) / cells.length).toFixed(2)}%`);
    return `${INKS[cell]} ${from} ${to}`;
  });
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}

interface HeatStripProps {
  step: StepView;
  events: readonly EventView[];
  /** Where the step lies in its lane, in percent. */
  left: string;
  width: string;
}

/** The rows of a map, from the first to the last. */
export function HeatStrip({ step, events, left, width }: HeatStripProps) {
  const { items, type } = step;
  if (type !== "map" || items === undefined || items.total < 2) return null;
  const cells = cellsOf(items, failedItems(events, step.id));
  const words = `${plural(items.total, "item")}: ${items.done} done, ${items.failed} failed`;
  return (
    <i
      class="heat"
      role="img"
      aria-label={words}
      title={words}
      style={{ left, width, backgroundImage: gradientOf(cells) }}
    />
  );
}
