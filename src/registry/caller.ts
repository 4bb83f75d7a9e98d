import { accept } from "../jobs/dispatch.ts";
import { ID_ENTROPY_BYTES, newJobId } from "../jobs/id.ts";
import type { Job } from "../jobs/job.ts";
import { err, ok, type Result } from "../jobs/result.ts";
import { isSettled } from "../jobs/status.ts";
import { type JobStatus, toJobStatus } from "../jobs/view.ts";
import type {
  CallerApi,
  Explanation,
  Include,
  ListPage,
  ListQuery,
  SubmitError,
  SubmitRequest,
  Submitted,
  UnknownJob,
} from "./api.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { explain } from "./explain.ts";
import type { Ledger } from "./ledger.ts";
import { listJobs } from "./listing.ts";
import { INPUT_PATH } from "./queries.ts";
import type { Waiters } from "./waiters.ts";

const UNKNOWN: { ok: false; error: UnknownJob } = err({ code: "unknown_job" });

export interface CallerDeps {
  ledger: Ledger;
  dispatcher: Dispatcher;
  waiters: Waiters;
  /** Epoch ms. */
  now: () => number;
  entropy: (bytes: number) => Uint8Array;
  /** Lets work go on after the reply. */
  background: (work: Promise<void>) => void;
}

/** What the Worker asks for on behalf of a tenant. */
export class CallerDesk implements CallerApi {
  readonly #deps: CallerDeps;

  constructor(deps: CallerDeps) {
    this.#deps = deps;
  }

  /** The reply is sent only when the job is durable; then it is handed over. A crash in between is the alarm's. */
  async submit(request: SubmitRequest): Promise<Result<Submitted, SubmitError>> {
    const now = this.#deps.now();
    const outcome = this.#deps.ledger.transact(() => this.#known(request) ?? { fresh: this.#accept(request, now) });
    if ("conflict" in outcome) return err({ code: "idempotency_conflict", job_id: outcome.conflict });
    if ("first" in outcome) return ok({ ...this.#view(outcome.first, now), deduplicated: true });
    this.#deps.background(this.#deps.dispatcher.dispatch([outcome.fresh]));
    return ok({ ...this.#view(outcome.fresh, now), deduplicated: false });
  }

  async status(tenant: string, jobId: string, include: Include): Promise<Result<JobStatus, UnknownJob>> {
    const job = this.#deps.ledger.queries.job(tenant, jobId);
    return job === undefined ? UNKNOWN : ok(this.#view(job, this.#deps.now(), include));
  }

  async wait(tenant: string, jobId: string, waitMs: number): Promise<Result<JobStatus, UnknownJob>> {
    const until = this.#deps.now() + waitMs;
    for (;;) {
      const now = this.#deps.now();
      const job = this.#deps.ledger.queries.job(tenant, jobId);
      if (job === undefined) return UNKNOWN;
      if (isSettled(job.status) || job.status === "input_required" || now >= until) return ok(this.#view(job, now));
      await this.#deps.waiters.wait(jobId, until - now);
    }
  }

  async list(query: ListQuery): Promise<ListPage> {
    return listJobs(this.#deps.ledger.queries, query);
  }

  async explain(tenant: string, jobId: string): Promise<Result<Explanation, UnknownJob>> {
    const job = this.#deps.ledger.queries.job(tenant, jobId);
    if (job === undefined) return UNKNOWN;
    const status = this.#view(job, this.#deps.now(), { steps: true, events: true });
    return ok(explain(this.#deps.ledger.queries, job, status));
  }

  #known({ tenant, idempotency }: SubmitRequest): { first: Job } | { conflict: string } | undefined {
    if (idempotency === null) return undefined;
    const known = this.#deps.ledger.queries.key(idempotency.key);
    if (known === undefined) return undefined;
    if (known.request_hash !== idempotency.request_hash) return { conflict: known.job_id };
    const first = this.#deps.ledger.queries.job(tenant, known.job_id);
    if (first === undefined) throw new Error(`the key of job ${known.job_id} outlived it`);
    return { first };
  }

  #accept(request: SubmitRequest, now: number): Job {
    const { queries } = this.#deps.ledger;
    const jobId = newJobId(now, this.#deps.entropy(ID_ENTROPY_BYTES), request.shard);
    const job = accept(
      {
        job_id: jobId,
        tenant: request.tenant,
        name: request.name,
        blueprint: request.blueprint,
        plan_hash: request.plan_hash,
        run_at: request.run_at !== null && request.run_at > now ? request.run_at : null,
        timeout_ms: request.timeout_ms,
        step_count: request.plan.steps.length,
        parent_id: null,
        retried_from: null,
        idempotency_key: request.idempotency?.key ?? null,
        metadata: request.metadata,
      },
      now,
    );
    queries.insertPlan(request.plan_hash, JSON.stringify(request.plan));
    if (Object.keys(request.input).length > 0) queries.insertValue(jobId, INPUT_PATH, request.input);
    if (request.idempotency) queries.insertKey(request.idempotency.key, request.idempotency.request_hash, jobId);
    this.#deps.ledger.insert(job);
    return job;
  }

  #view(job: Job, now: number, include: Include = { steps: false, events: false }): JobStatus {
    const { queries } = this.#deps.ledger;
    const resultJson = job.result_path === null ? undefined : queries.valueJson(job.job_id, job.result_path);
    const outline = include.steps ? JSON.parse(queries.planJson(job.plan_hash)).steps : undefined;
    return toJobStatus(job, { resultJson, outline, events: include.events }, now);
  }
}
