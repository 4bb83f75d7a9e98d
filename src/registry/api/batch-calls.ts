import type { BulkAction } from "../../jobs/bulk-state.ts";
import type { Failures } from "../../jobs/statistics.ts";
import type { JobStatusName } from "../../jobs/status.ts";
import type { JobRow } from "../../jobs/view.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import type { Caller, Idempotency, ListQuery, RetryRequest, SubmitError, SubmitRequest } from "./caller.ts";

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

/** Many jobs of the past: what is done to each of them. */

export type BulkFilters = Omit<ListQuery, "limit" | "after">;

export interface BulkRequest {
  action: BulkAction;
  /** `statuses` names only such as the action can be done to, and at least one. */
  where: BulkFilters;
  /** Only of a retry: what each of them gets in place of what it had. */
  patch: Pick<RetryRequest, "input" | "blueprint">;
  /** null: as fast as the limits of jobs allow. */
  per_minute: number | null;
}

/** What the action would be done to, or is from now on. */
export interface BulkCount {
  matched: number;
  /** Not all jobs were looked at for this count; the action looks at all. */
  truncated: boolean;
  /** The newest of them. */
  sample: JobRow[];
  /** The failures among them by their cause, the most frequent first. */
  by_error: Failures[];
  /** The job that does it; null: it is not done, or there is nothing to do. */
  bulk_id: string | null;
}

export interface BulkApi {
  bulk(caller: Caller, request: BulkRequest, isDry: boolean): Promise<BulkCount>;
}
