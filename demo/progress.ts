import { clearScreenDown, moveCursor } from "node:readline";
import type { WriteStream } from "node:tty";
import { stripVTControlCharacters, styleText } from "node:util";
import type { JobStatus, StepView } from "../src/jobs/view.ts";

/** A job on a terminal: one bar for each step, redrawn in place; elsewhere a plain line for each change. */

const BAR_CHARS = 24;
const ID_CHARS = 10;
/** Long lines are cut at the edge, so that the cursor finds its way back. */
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";

type Style = Parameters<typeof styleText>[0];

export interface ProgressView {
  show(status: JobStatus): void;
}

export function progressView(out: WriteStream): ProgressView {
  let shown: string[] = [];
  return {
    show(status) {
      const lines = [headline(status), ...(status.steps ?? []).map(stepLine)];
      if (out.isTTY) {
        moveCursor(out, 0, -shown.length);
        clearScreenDown(out);
        out.write(`${NO_WRAP}${lines.join("\n")}\n${WRAP}`);
      } else {
        const changed = lines.filter((line, i) => line !== shown[i]).map(stripVTControlCharacters);
        out.write(changed.map((line) => `${line}\n`).join(""));
      }
      shown = lines;
    },
  };
}

const headline = ({ status, progress, step, message }: JobStatus): string => {
  const place = [step, message].filter((part) => part !== null).join(": ");
  return `${styleText(COLORS[status] ?? "white", status)}  ${Math.round(progress * 100)} %  ${styleText("dim", place)}`;
};

function stepLine(step: StepView): string {
  const filled = Math.round(fractionOf(step) * BAR_CHARS);
  const color = COLORS[step.status] ?? "white";
  const bar = styleText(color, "█".repeat(filled)) + styleText("dim", "░".repeat(BAR_CHARS - filled));
  const notes = [
    step.items && `${step.items.done}/${step.items.total}`,
    step.tries > 1 && `${step.tries} tries`,
    step.error,
  ].filter(Boolean);
  return `  ${step.id.padEnd(ID_CHARS)} ${bar} ${styleText(color, step.status.padEnd(9))} ${notes.join(" · ")}`.trimEnd();
}

function fractionOf({ status, items }: StepView): number {
  if (status === "succeeded" || status === "failed") return 1;
  return items && items.total > 0 ? items.done / items.total : 0;
}

const COLORS: Partial<Record<string, Style>> = {
  running: "cyan",
  waiting: "yellow",
  succeeded: "green",
  failed: "red",
  cancelled: "red",
  pending: "dim",
};
