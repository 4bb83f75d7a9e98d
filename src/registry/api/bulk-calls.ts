import type { BulkAction } from "../../jobs/bulk-state.ts";
import type { Failures } from "../../jobs/statistics.ts";
import type { JobRow } from "../../jobs/view.ts";
import type { Caller, ListQuery, RetryRequest } from "./caller.ts";

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
