import { isDispatchable } from "../../jobs/dispatch.ts";
import type { Job } from "../../jobs/job.ts";
import { openQuestions } from "../../jobs/run/awaiting.ts";
import { isSettled } from "../../jobs/status.ts";
import { type JobStatus, toJobRow } from "../../jobs/view.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import {
  type Caller,
  type CallerApi,
  type Explanation,
  type Idempotency,
  type Include,
  type ListPage,
  type ListQuery,
  type ShardWaitReport,
  type SubmitError,
  type SubmitRequest,
  type Submitted,
  UNKNOWN_JOB,
  type UnknownJob,
} from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { createJob } from "../dispatch/create-job.ts";
import { withBlocked } from "../flow/blocked-jobs.ts";
import { jobView, unsettledChildren } from "../storage/job-view.ts";
import { explain } from "./explain-job.ts";
import { findJobsInTurns } from "./list-jobs.ts";

type ReadersAndSubmit = Pick<CallerApi, "submit" | "findKey" | "status" | "list" | "explain">;

/** What the Worker asks for on behalf of a tenant: submits and reads. */
export class SubmitAndRead implements ReadersAndSubmit {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /**
   * The reply is sent only when the job is durable; then it is handed over. A crash in between is the alarm's.
   * A known key returns its job at any limit.
   */
  async submit(caller: Caller, request: SubmitRequest): Promise<Result<Submitted, SubmitError>> {
    const { tenant, shard, actor } = caller;
    const { idempotency } = request;
    const { store, tables, dispatcher, background } = this.#context;
    const now = this.#context.now();
    const fresh = () => ({
      fresh: createJob(
        this.#context,
        {
          ...request,
          tenant,
          shard,
          submitted_by: actor,
          parent_id: null,
          retried_from: null,
        },
        now,
      ),
    });
    const outcome = store.transact(() => (idempotency && this.#known(tenant, idempotency)) ?? fresh());
    if ("known" in outcome) return outcome.known;
    if (!outcome.fresh.ok) return outcome.fresh;
    const job = outcome.fresh.value;
    if (isDispatchable(job, now)) background(dispatcher.dispatch([job]));
    return ok({ ...jobView(tables, job, now), deduplicated: false });
  }

  async findKey({ tenant }: Caller, idempotency: Idempotency): Promise<Result<Submitted, SubmitError> | null> {
    return this.#known(tenant, idempotency)?.known ?? null;
  }

  async status({ tenant }: Caller, jobId: string, include: Include): Promise<Result<JobStatus, UnknownJob>> {
    const job = this.#find(tenant, jobId);
    return job === undefined ? UNKNOWN_JOB : ok(await this.#view(job, include));
  }

  /** @param over aborts when the wait shall end as if its time were over */
  async wait(
    { tenant }: Caller,
    jobId: string,
    waitMs: number,
    over?: AbortSignal,
  ): Promise<Result<JobStatus, UnknownJob>> {
    const isOver = ([job]: Job[]) => job !== undefined && this.#isAtRest(job);
    const waited = await this.#until(tenant, [jobId], isOver, waitMs, over);
    const job = waited.ok ? waited.value.jobs[0] : undefined;
    return job === undefined ? UNKNOWN_JOB : ok(await this.#view(job));
  }

  /** With what it waits for. */
  async #view(job: Job, include?: Include): Promise<JobStatus> {
    const view = jobView(this.#context.tables, job, this.#context.now(), include);
    const [status = view] = await withBlocked(this.#context, [job], [view]);
    return status;
  }

  /** @param over as in `wait` */
  async waitFor(
    { tenant }: Caller,
    jobIds: string[],
    until: "any" | "all",
    waitMs: number,
    over?: AbortSignal,
  ): Promise<Result<ShardWaitReport, UnknownJob & { job_id: string }>> {
    const isAtRest = (job: Job) => this.#isAtRest(job);
    const isOver = (jobs: Job[]) => (until === "any" ? jobs.some(isAtRest) : jobs.every(isAtRest));
    const waited = await this.#until(tenant, jobIds, isOver, waitMs, over);
    if (!waited.ok) return waited;
    const now = this.#context.now();
    const rows = waited.value.jobs.map((job) => {
      const { step, message, input_requests, result, error_code, run_at, wakes_at } = jobView(
        this.#context.tables,
        job,
        now,
      );
      const times = { ...(run_at && { run_at }), ...(wakes_at && { wakes_at }) };
      return { ...toJobRow(job), step, message, input_requests, result, error_code, ...times };
    });
    const jobs = await withBlocked(this.#context, waited.value.jobs, rows);
    return ok({ jobs, timed_out: waited.value.timedOut, cut_short: over?.aborted ?? false });
  }

  async list({ tenant }: Caller, query: ListQuery): Promise<ListPage> {
    const { jobs, next_after } = await findJobsInTurns(this.#context.tables, tenant, query);
    return { jobs: await withBlocked(this.#context, jobs, jobs.map(toJobRow)), next_after };
  }

  async explain({ tenant }: Caller, jobId: string): Promise<Result<Explanation, UnknownJob>> {
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const status = jobView(this.#context.tables, job, this.#context.now(), { steps: true, events: true });
    return ok(explain(this.#context.tables, job, status));
  }

  async #until(
    tenant: string,
    jobIds: string[],
    isOver: (jobs: Job[]) => boolean,
    waitMs: number,
    over: AbortSignal | undefined,
  ): Promise<Result<{ jobs: Job[]; timedOut: boolean }, UnknownJob & { job_id: string }>> {
    const end = this.#context.now() + waitMs;
    for (;;) {
      const jobs: Job[] = [];
      for (const jobId of jobIds) {
        const job = this.#find(tenant, jobId);
        if (job === undefined) return err({ code: "unknown_job", job_id: jobId });
        jobs.push(job);
      }
      const left = end - this.#context.now();
      if (isOver(jobs) || left <= 0 || over?.aborted) return ok({ jobs, timedOut: !isOver(jobs) });
      await this.#context.waiters.wait(jobIds, left, over);
    }
  }

  /** Nothing more happens to the job, or to a child that it waits for, until somebody acts. */
  #isAtRest(job: Job): boolean {
    if (isSettled(job.status) || job.status === "input_required") return true;
    return unsettledChildren(this.#context.tables, job).some((child) => openQuestions(child).length > 0);
  }

  #find(tenant: string, jobId: string): Job | undefined {
    return this.#context.tables.jobs.find(tenant, jobId);
  }

  #known(tenant: string, { key, request_hash }: Idempotency): { known: Result<Submitted, SubmitError> } | undefined {
    const { tables, now } = this.#context;
    const found = tables.keys.find(key);
    if (found === undefined) return undefined;
    if (found.request_hash !== request_hash)
      return { known: err({ code: "idempotency_conflict", job_id: found.job_id }) };
    const first = this.#find(tenant, found.job_id);
    if (first === undefined) throw new Error(`the key of job ${found.job_id} outlived it`);
    return { known: ok({ ...jobView(tables, first, now()), deduplicated: true }) };
  }
}
