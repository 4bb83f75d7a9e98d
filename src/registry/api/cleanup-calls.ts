import type { Rounds } from "../../jobs/run/rounds.ts";
import type { Json, JsonObject } from "../../lib/json.ts";

/** What the runner of a cleanup job asks. Times are epoch ms. */

export interface CleanupPlan {
  /** The job that it cleans up after. */
  of: { job_id: string; attempt: number; submitted_at: number; started_at: number };
  input: JsonObject;
  rows_by_item?: true;
  /** Top-level steps that ended well, of which nothing may be stored, and when, by id. */
  succeeded: Record<string, number | null>;
  /** Key paths of actions whose outcome nobody knows, and that are undone all the same. */
  unknown: string[];
  /** Whether undos run; else only `finally` does. */
  isUndoing: boolean;
  /** Only what branches of the step at this path did is undone of which another was first, and nothing else runs. */
  race?: string;
  /** Where the repeats around that step stood, by their paths: nothing is known of other rounds. */
  around?: Record<string, Rounds>;
  /** What `finally` sees of how the job ended. */
  outcome: Json;
}

/** Stored outputs of the job that is cleaned up after. */
export interface ParentPage {
  do: "page";
  values: {
    path: string;
    row_key: string | null;
    value_json: string;
    undo_number: number | null;
    at: number | null;
  }[];
  /** The path to go on behind; null: that was all. */
  next: string | null;
}
