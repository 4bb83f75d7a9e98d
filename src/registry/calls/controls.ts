import type { Job } from "../../jobs/job.ts";
import { openQuestions } from "../../jobs/run/awaiting.ts";
import { asResult, type JobStatus } from "../../jobs/view.ts";
import { digest } from "../../lib/digest.ts";
import { resolvePointer } from "../../lib/json-pointer.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { pageOf, type TextPage } from "../../lib/text/text-page.ts";
import {
  type Answer,
  type Caller,
  type CallerApi,
  type NotSettled,
  type RespondError,
  type ResultError,
  type ResultPart,
  type RetryError,
  type RetryRequest,
  UNKNOWN_JOB,
  type UnknownJob,
} from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { retryJob } from "../dispatch/create-retry.ts";
import { storeAnswer } from "../run/questions.ts";
import { jobView, unsettledChildren } from "../storage/job-view.ts";
import { afterCancel, cancelJob, deleteJob } from "./job-ends.ts";

/** What a caller does to a job that is there. */
export class Controls
  implements Pick<CallerApi, "cancel" | "remove" | "lastState" | "readResult" | "retry" | "respond">
{
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async cancel(
    { tenant, actor }: Caller,
    jobId: string,
    reason: string | null,
  ): Promise<Result<JobStatus & { changed: boolean }, UnknownJob>> {
    const { store, now } = this.#context;
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const effects = store.transact(() => cancelJob(this.#context, job, reason, actor, now()));
    if (effects !== undefined) afterCancel(this.#context, effects);
    return ok({ ...this.#view(this.#find(tenant, jobId) ?? job), changed: effects !== undefined });
  }

  async remove({ tenant, actor }: Caller, jobId: string): Promise<Result<null, UnknownJob | NotSettled>> {
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const { store, now } = this.#context;
    const unsettled = store.transact(() => deleteJob(this.#context, job, actor, now()));
    return unsettled === undefined ? ok(null) : err(unsettled);
  }

  async lastState({ tenant }: Caller, jobId: string): Promise<Result<JobStatus, UnknownJob>> {
    const { lastStates, now } = this.#context;
    const state = lastStates.find(tenant, jobId, now());
    return state === undefined ? UNKNOWN_JOB : ok(state);
  }

  async readResult({ tenant }: Caller, jobId: string, part: ResultPart): Promise<Result<TextPage, ResultError>> {
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const stored = this.#context.tables.values.result(job);
    if (stored === undefined) return err({ code: "no_result", status: job.status });
    // As callers see it in JobStatus, so that a pointer means the same in both.
    const found = resolvePointer(asResult(JSON.parse(stored)), part.pointer);
    if (found === undefined) return err({ code: "pointer_not_found" });
    return ok(pageOf(typeof found === "string" ? found : JSON.stringify(found), part.offset, part.max_bytes));
  }

  async retry({ tenant, actor }: Caller, jobId: string, request: RetryRequest): Promise<Result<JobStatus, RetryError>> {
    const { store, dispatcher, background, now } = this.#context;
    const requestHash = await digest(request);
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const again = store.transact(() => retryJob(this.#context, job, request, requestHash, actor, now()));
    if (!again.ok) return again;
    background(dispatcher.dispatch([again.value]));
    return ok(this.#view(again.value));
  }

  async respond({ tenant }: Caller, jobId: string, answer: Answer): Promise<Result<JobStatus, RespondError>> {
    const { store, engine, background, now } = this.#context;
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const answered = store.transact(() => storeAnswer(this.#context, job, answer, now()));
    if (!answered.ok) {
      if (answered.error.code !== "unknown_request") return answered;
      const children = this.#askedByChildren(job);
      return children.length === 0 ? answered : err({ ...answered.error, children });
    }
    const { job: next, events } = answered.value;
    background(engine.send(next.job_id, next.attempt, events));
    return ok(this.#view(next));
  }

  #askedByChildren(job: Job): { job_id: string; request_id: string }[] {
    return unsettledChildren(this.#context.tables, job).flatMap((child) =>
      openQuestions(child).map(([, { request_id }]) => ({ job_id: child.job_id, request_id })),
    );
  }

  #find(tenant: string, jobId: string): Job | undefined {
    return this.#context.tables.jobs.find(tenant, jobId);
  }

  #view(job: Job): JobStatus {
    return jobView(this.#context.tables, job, this.#context.now());
  }
}
