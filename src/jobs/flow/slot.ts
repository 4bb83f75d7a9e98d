/** Limits on how many jobs with one key run at once. Times are epoch ms. */

export const WHEN_FULL = ["queue", "skip", "cancel_running"] as const;
type WhenFull = (typeof WHEN_FULL)[number];

/** As a blueprint or a submit has it; the key may be an expression over the input. */
export interface Concurrency {
  limit: number;
  key?: string | number | undefined;
  when_full: WhenFull;
}

/** PERSISTED since 0.2.0. With the blueprint that the job is of, whatever its version. */
export interface JobConcurrency extends Concurrency {
  of: string;
}

/** PERSISTED since 0.2.0. The slot that the job needs, once its key is known; and whether it has it. */
export interface Slot {
  /** null: one for all jobs of the blueprint. */
  key: string | null;
  held?: true;
}

/** What the home of a limit is asked with. */
export interface SlotRequest {
  /** Of the limit: see {@link slotKey}. */
  key: string;
  /** The job. */
  holder: string;
  limit: number;
  /** Who waits is served by it, the lower first; then by `since`. */
  rank: number;
  since: number;
  when_full: WhenFull;
}

export type SlotAnswer =
  | { do: "held" }
  /** `cancel`: jobs that are to make room. */
  | { do: "wait"; cancel: string[] }
  | { do: "skip"; running: number };

/** Who stands before a job at the home of its limit. */
export interface SlotView {
  running: number;
  /** From 1; null: it does not wait there. */
  position: number | null;
}
