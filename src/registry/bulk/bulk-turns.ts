import { bulkPace, bulkResult, bulkTurned } from "../../jobs/bulk.ts";
import type { BulkState } from "../../jobs/bulk-state.ts";
import type { Job } from "../../jobs/job.ts";
import { BULK_TURN_JOBS, BULK_WAIT_MS } from "../../limits.ts";
import type { BulkRequest } from "../api/batch-calls.ts";
import { afterCancel, cancelJob, deleteJob } from "../calls/job-ends.ts";
import { findJobs } from "../calls/list-jobs.ts";
import type { RegistryContext } from "../context.ts";
import { type BulkJob, isBulk } from "../dispatch/create-bulk.ts";
import { retryJob } from "../dispatch/create-retry.ts";
import { type Effect, settleJob } from "../run/settlements.ts";
import type { JobKey } from "../storage/jobs.ts";
import { actedOn } from "./acted-on.ts";

/** What became of one job. `wait`: there is no room for it now. */
type Act = "done" | "wait" | { code: string };

/** What must follow the transaction of a turn. */
interface Following {
  effects: Effect[];
  retries: Job[];
}

/**
 * The turns of bulk jobs. One transaction does the action to some jobs and notes how far it has come: whatever dies in
 * between, none is done twice and none is left out.
 */
export class BulkTurns {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  take(job: Job, now: number): void {
    if (!isBulk(job)) throw new Error(`${job.job_id} is not done in bulk`);
    const following: Following = { effects: [], retries: [] };
    this.#context.store.transact(() => this.#turn(job, following, now));
    afterCancel(this.#context, following.effects);
    this.#context.background(this.#context.dispatcher.dispatch(following.retries));
  }

  #turn(job: BulkJob, following: Following, now: number): void {
    const { tables, store } = this.#context;
    const request: BulkRequest = JSON.parse(tables.values.inputJson(job));
    const { size, pauseMs } = bulkPace(request.per_minute, BULK_TURN_JOBS);
    // What it makes itself comes after it.
    const before = Math.min(request.where.submitted_before ?? Number.POSITIVE_INFINITY, job.submitted_at + 1);
    const query = { ...request.where, submitted_before: before, limit: size, after: job.run.bulk.cursor };
    const page = findJobs(tables, job.tenant, query);
    const bulk: BulkState = { ...job.run.bulk, passed_over: { ...job.run.bulk.passed_over } };
    for (const listed of page.jobs) {
      const acted = this.#act(job, listed, request, following, now);
      if (acted === "wait") {
        store.save(job, bulkTurned(job, bulk, now + BULK_WAIT_MS, true));
        return;
      }
      bulk.cursor = listed.job_id;
      if (acted === "done") bulk.done += 1;
      else if (acted !== undefined) bulk.passed_over[acted.code] = (bulk.passed_over[acted.code] ?? 0) + 1;
    }
    bulk.cursor = page.next_after;
    const next = bulkTurned(job, bulk, now + pauseMs(bulk.done - job.run.bulk.done));
    if (page.next_after !== null) store.save(job, next);
    else
      settleJob(this.#context, job, next, { name: "succeeded", result_path: null, result_json: bulkResult(bulk) }, now);
  }

  /** @returns undefined where nothing was to be done */
  #act(bulk: BulkJob, listed: JobKey, request: BulkRequest, following: Following, now: number): Act | undefined {
    // Read now, and whole: what was done before may have changed it.
    const fresh = this.#context.tables.jobs.find(listed.tenant, listed.job_id);
    const job = fresh && actedOn(this.#context, fresh, request);
    if (job === undefined) return undefined;
    switch (request.action) {
      case "cancel":
        following.effects.push(...(cancelJob(this.#context, job, bulk.name, bulk.submitted_by, now) ?? []));
        return "done";
      case "delete":
        return deleteJob(this.#context, job, bulk.submitted_by, now) ?? "done";
      case "retry":
        return this.#retry(bulk, job, request, following, now);
      default:
        return request.action satisfies never;
    }
  }

  #retry(bulk: BulkJob, job: Job, { patch }: BulkRequest, { retries }: Following, now: number): Act {
    const { admission } = this.#context;
    if (admission.full() !== undefined) return "wait";
    const request = { ...patch, from_step: null };
    const again = retryJob(this.#context, job, request, bulk.job_id, bulk.submitted_by, now, false);
    if (again.ok) {
      retries.push(again.value);
      return "done";
    }
    const hasNoRoom = again.error.code === "storage_full";
    return hasNoRoom ? "wait" : again.error;
  }
}
