import type { TestContext } from "vitest";

/** What a harness measured, for the table in docs/reliability.md. */
export interface Figures {
  /** Name of the harness, as in the table. */
  harness: string;
  /** What its random choices came from; null: nothing is random. */
  seed: number | null;
  /** What was done and what was found, in the words of the table: `{ "jobs acknowledged": 140, lost: 0 }`. */
  counts: Record<string, number>;
}

declare module "vitest" {
  interface TaskMeta {
    figures?: Figures;
  }
}

/** Hands the figures of a run to the reporter: it works in Node and inside workerd. */
export function recordFigures({ task }: TestContext, figures: Figures): void {
  task.meta.figures = figures;
}
