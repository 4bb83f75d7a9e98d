import type { BulkAction, BulkState } from "./bulk-state.ts";
import type { Job } from "./job.ts";
import { withEvent } from "./run/timeline.ts";
import { ACTIVE_STATUSES, isSettled, JOB_STATUSES, type JobStatusName } from "./status.ts";

/** Many jobs cancelled, retried or deleted by one job, which the alarm runs. Pure; times are epoch ms. */

/** The blueprint label of such a job, and the hash of its plan. */
export const BULK = "bulk";
export const BULK_PLAN = { name: BULK, steps: [] };

/** Statuses of jobs to which it can be done. */
export const ACTED_ON: Record<BulkAction, readonly JobStatusName[]> = {
  cancel: ACTIVE_STATUSES,
  retry: ["failed", "cancelled"],
  delete: JOB_STATUSES.filter(isSettled),
};

export const startedBulk = (action: BulkAction, matched: number): BulkState => ({
  action,
  matched,
  done: 0,
  passed_over: {},
  cursor: null,
});

/** It needs no engine: it runs from the first moment on. */
export function begunBulk(job: Job, bulk: BulkState, now: number): Job {
  const running: Job = { ...job, status: "running", started_at: now, run: { ...job.run, bulk } };
  return withEvent({ ...running, expected_by: now, due_at: now }, "started", now);
}

const passedOver = ({ passed_over }: BulkState): number =>
  Object.values(passed_over).reduce((sum, count) => sum + count, 0);

/** How much of it is done, from 0 to 1. */
export const bulkShare = (bulk: BulkState): number =>
  bulk.matched === 0 ? 0 : Math.min((bulk.done + passedOver(bulk)) / bulk.matched, 1);

const VERBS: Record<BulkAction, string> = { cancel: "cancelled", retry: "retried", delete: "deleted" };

export function bulkMessage(bulk: BulkState): string {
  const passed = passedOver(bulk);
  const rest = passed === 0 ? "" : `, ${passed} passed over`;
  return `${bulk.done} of ${bulk.matched} ${VERBS[bulk.action]}${rest}`;
}

/** The job after a turn; it is due again at `dueAt`. @param waits there is no room for one more job */
export const bulkTurned = (job: Job, bulk: BulkState, dueAt: number, waits = false): Job => ({
  ...job,
  message: waits ? `${bulkMessage(bulk)}; waits for room` : bulkMessage(bulk),
  expected_by: dueAt,
  due_at: dueAt,
  run: { ...job.run, bulk },
});

export const bulkResult = ({ cursor: _place, ...counts }: BulkState): string => JSON.stringify(counts);

/**
 * How many jobs one turn may do, and how long the next one waits after so many.
 * @param most that one transaction should do
 */
export function bulkPace(perMinute: number | null, most: number): { size: number; pauseMs: (done: number) => number } {
  if (perMinute === null) return { size: most, pauseMs: () => 1 };
  const size = Math.min(Math.max(Math.floor(perMinute / 60), 1), most);
  return { size, pauseMs: (done) => Math.max(Math.ceil((done * 60_000) / perMinute), 1) };
}
