import type { ChangePlace, PastStatus } from "../../jobs/changes.ts";
import type { JobStatus } from "../../jobs/view.ts";

/** The registry's change stream, as whoever reads it sees it. */

/** One job that a reader follows. */
export interface Followed {
  job_id: string;
  /** Of the last change that was received, to go on right behind it; null: from the present on. */
  after: ChangePlace | null;
}

/**
 * One line of the stream, as JSON. Who gives no place gets the present state first. Every status that the job takes is
 * told once, in order; other changes may be told as one.
 */
export type JobChange = ChangePlace & { job_id: string } & (
    | /** It has left this status since. */ { past: PastStatus }
    | /** As it is; of its events only the last. */ { job: JobStatus }
  );

export interface Following {
  /** Those asked for that there are; of the others nothing will come. */
  job_ids: string[];
  /**
   * Newline-delimited {@link JobChange}. Ends when each of the jobs has settled; it may also end or break before, and
   * is then asked for again.
   */
  changes: ReadableStream<Uint8Array>;
  /** To be disposed of by who stops reading: a stream's cancel reaches the object only with the next change. */
  lease: Disposable;
}

export type TooManyListeners = { code: "too_many_listeners"; limit: number };
