import type { JobStatusName } from "../../jobs/status.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import type { Caller, Idempotency, SubmitError, SubmitRequest } from "./caller.ts";

/** Many jobs of one submit: they differ by their inputs alone. */

export interface Batch {
  batch_id: string;
  count: number;
  /** The first of them, in the order of their inputs. */
  job_ids: string[];
  deduplicated: boolean;
}

export interface BatchReport {
  batch_id: string;
  count: number;
  /** Statuses that no job has are left out. */
  statuses: Partial<Record<JobStatusName, number>>;
  timed_out: boolean;
}

export type UnknownBatch = { code: "unknown_batch" };

/** For the Worker, on behalf of a caller. */
export interface BatchApi {
  /** All of them or none. */
  submitBatch(caller: Caller, request: SubmitRequest, inputs: JsonObject[]): Promise<Result<Batch, SubmitError>>;
  /** What a submit with this key would answer without making jobs; null: the key is unknown in this shard. */
  findBatchKey(caller: Caller, idempotency: Idempotency): Promise<Result<Batch, SubmitError> | null>;
  /** Resolves when any or all of its jobs have settled or ask, and after `waitMs` at the latest. */
  waitBatch(
    caller: Caller,
    batchId: string,
    until: "any" | "all",
    waitMs: number,
    released?: () => Promise<void>,
  ): Promise<Result<BatchReport, UnknownBatch>>;
}
