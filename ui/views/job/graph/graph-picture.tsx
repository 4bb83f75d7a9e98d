import { useMemo } from "preact/hooks";
import type { StepView } from "../../../../src/jobs/view.ts";
import { draw, type Plan } from "./graph-layout.ts";

export interface GraphProps {
  plan: Plan;
  steps: readonly StepView[];
  picked: string | undefined;
  onPick: (id: string | undefined) => void;
}

const NARROW = "(max-width: 46rem)";

const curve = (points: readonly { x: number; y: number }[]): string => {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const last = rest.at(-1) ?? first;
  const middle = rest.slice(0, -1).map(({ x, y }, i) => {
    const next = rest[i + 1] ?? last;
    return i === rest.length - 2
      ? `Q ${x} ${y} ${last.x} ${last.y}`
      : `Q ${x} ${y} ${(x + next.x) / 2} ${(y + next.y) / 2}`;
  });
  return [`M ${first.x} ${first.y}`, ...(middle.length === 0 ? [`L ${last.x} ${last.y}`] : middle)].join(" ");
};

/** The plan in the colours of its states. */
export function GraphPicture({ plan, steps, picked, onPick }: GraphProps) {
  const { boxes, lines, width, height } = useMemo(() => draw(plan, matchMedia(NARROW).matches), [plan]);
  const statuses = new Map(steps.map(({ id, status }) => [id, status]));
  return (
    <div class="graph">
      <div class="canvas" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          {lines.map(({ key, points }) => (
            <path key={key} d={curve(points)} />
          ))}
        </svg>
        {boxes.map(({ path, top, id, type, x, y, width, height }) => (
          <button
            key={path}
            type="button"
            class={`box ${statuses.get(top) ?? ""} ${path === top ? "" : "inner"}`}
            aria-pressed={picked === top}
            title={path}
            style={{ left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }}
            onClick={() => onPick(picked === top ? undefined : top)}
          >
            <b>{id}</b>
            <small>
              {type}
              {statuses.has(top) && <span class="unseen">, {statuses.get(top)}</span>}
            </small>
          </button>
        ))}
      </div>
    </div>
  );
}
