import type { Meter } from "./meter.ts";

/** What one evaluation is bound to. */
export interface Run {
  readonly meter: Meter;
  /** Epoch ms. */
  readonly now: number;
}

/** Name of the binding that holds the run; no expression can spell it. */
export const RUN = " run";
