import type { Meter } from "./meter.ts";

/** What one evaluation is bound to. */
export interface Run {
  readonly meter: Meter;
  /** Epoch ms. */
  readonly now: number;
  /** Of the job, and the path of the step there. */
  readonly step: string;
  /** The step, and where in it the expression stands. */
  readonly place: string;
  /** Calls of `$random()` so far. */
  draws: number;
}

/** Name of the binding that holds the run; no expression can spell it. */
export const RUN = " run";

/** Names of variables of a scope that are also functions, and under which the functions are called; none can be spelt. */
export const CALLED: ReadonlyMap<string, string> = new Map([["round", " round"]]);

/** What the library calls its functions on, as far as they are ours. */
export interface Focus {
  createSequence(): unknown[];
  environment: { lookup(name: string): unknown };
}
export const runOf = ({ environment }: Focus): Run => environment.lookup(RUN) as Run;

export type Implementation = (this: Focus, ...args: never[]) => unknown;
