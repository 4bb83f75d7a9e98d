import type { StepError } from "../jobs/job.ts";
import type { Json } from "../lib/json.ts";

export interface Done {
  end: "done";
  /** Undefined: nothing. */
  output: Json | undefined;
  /** Path under which the registry stores the output; null where it does not. */
  storedAt: string | null;
  /** How many failures `on_error: continue` passed over. */
  tolerated: number;
  /** It acts on time or state alone: its output is not what the steps around it yield. */
  silent: boolean;
  /** Its condition was false, or those of all its steps. */
  skipped: boolean;
  /** When that was recorded, epoch ms; undefined: it was not, or by a version that did not note it. */
  at?: number | undefined;
}

export interface Failed {
  end: "failed";
  error: StepError;
  path: string;
  /** Of rows that were stopped: the outputs of those that had finished. */
  done?: Json;
  /** The same: when the last of them had, epoch ms. */
  at?: number;
  /** No blueprint goes on from it: a resume might not meet it, and would then go another way. */
  fatal?: true;
}

/** The plan ends the job here, well. */
export interface Ended {
  end: "ended";
  output: Json;
  message: string | null;
}

/** How a step, or a row of steps, ended. */
export type Ending =
  | Done
  | Failed
  /** The job was cancelled, has settled, or another attempt took over. */
  | { end: "stopped" }
  | Ended
  /** A row beside this one failed: nothing more of this one begins. */
  | { end: "halted" }
  | Unkept;

/** What the action at `path`, which had ended before, yielded is not kept: it is that one which failed. */
export interface Unkept {
  end: "unkept";
  error: StepError;
  path: string;
}

/** How a sequence of steps ended. */
export type SequenceEnding = Exclude<Ending, Unkept>;

export const done = <Output extends Json | undefined>(
  output: Output,
  more: Partial<Omit<Done, "end" | "output">> = {},
): Done & { output: Output } => ({
  end: "done",
  output,
  storedAt: null,
  tolerated: 0,
  silent: false,
  skipped: false,
  ...more,
});
export const failed = (error: StepError, path: string): Failed => ({ end: "failed", error, path });
export const unkept = ({ error, path }: Omit<Unkept, "end">): Unkept => ({ end: "unkept", error, path });
export const STOPPED = { end: "stopped" } as const;
export const HALTED = { end: "halted" } as const;
