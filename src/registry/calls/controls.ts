import type { Job } from "../../jobs/job.ts";
import { openQuestions } from "../../jobs/run/awaiting.ts";
import { isSettled, type JobStatusName } from "../../jobs/status.ts";
import { asResult, type JobStatus } from "../../jobs/view.ts";
import { digest } from "../../lib/digest.ts";
import { resolvePointer } from "../../lib/json-pointer.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { pageOf, type TextPage } from "../../lib/text-page.ts";
import {
  type Answer,
  type CallerApi,
  type RespondError,
  type ResultError,
  type ResultPart,
  type RetryError,
  type RetryRequest,
  UNKNOWN_JOB,
  type UnknownJob,
} from "../api/caller.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Engine } from "../dispatch/engine.ts";
import type { Questions } from "../run/questions.ts";
import type { Settlements } from "../run/settlements.ts";
import type { Ledger } from "../storage/job-store.ts";
import type { Viewer } from "../storage/job-view.ts";
import type { Retries } from "./retry.ts";

interface ControlDeps {
  ledger: Ledger;
  engine: Engine;
  settlements: Settlements;
  questions: Questions;
  retries: Retries;
  dispatcher: Dispatcher;
  viewer: Viewer;
  now: () => number;
  background: (work: Promise<void>) => void;
}

/** What a caller does to a job that is there. */
export class Controls
  implements Pick<CallerApi, "cancel" | "remove" | "lastState" | "readResult" | "retry" | "respond">
{
  readonly #deps: ControlDeps;

  constructor(deps: ControlDeps) {
    this.#deps = deps;
  }

  /** Settles first, then ends the instance, if the engine was given one; one that is created later meets `stop`. */
  async cancel(
    tenant: string,
    jobId: string,
    reason: string | null,
    by: string | null = null,
  ): Promise<Result<JobStatus & { changed: boolean }, UnknownJob>> {
    const { ledger, settlements, engine, now, background } = this.#deps;
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const aftermath = ledger.transact(() => {
      const settled = settlements.settle(job, job, { name: "cancelled", reason }, now());
      if (settled) ledger.note({ at: now(), action: "job_cancelled", actor: by, subject: jobId });
      return settled;
    });
    if (aftermath !== undefined) {
      background(settlements.follow(aftermath));
      if (job.dispatched_at !== null) background(engine.terminate(job.job_id, job.attempt));
    }
    return ok({ ...this.#view(this.#find(tenant, jobId) ?? job), changed: aftermath !== undefined });
  }

  async remove(
    tenant: string,
    jobId: string,
    by: string | null = null,
  ): Promise<Result<null, UnknownJob | { code: "not_settled"; status: JobStatusName }>> {
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    if (!isSettled(job.status)) return err({ code: "not_settled", status: job.status });
    const { ledger, now } = this.#deps;
    ledger.transact(() => {
      ledger.delete(job, now());
      ledger.note({ at: now(), action: "job_deleted", actor: by, subject: jobId });
    });
    return ok(null);
  }

  async lastState(tenant: string, jobId: string): Promise<Result<JobStatus, UnknownJob>> {
    const { ledger, now } = this.#deps;
    const state = ledger.lastStates.find(tenant, jobId, now());
    return state === undefined ? UNKNOWN_JOB : ok(state);
  }

  async readResult(tenant: string, jobId: string, part: ResultPart): Promise<Result<TextPage, ResultError>> {
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const stored = this.#deps.ledger.tables.values.result(job);
    if (stored === undefined) return err({ code: "no_result", status: job.status });
    // As callers see it in JobStatus, so that a pointer means the same in both.
    const found = resolvePointer(asResult(JSON.parse(stored)), part.pointer);
    if (found === undefined) return err({ code: "pointer_not_found" });
    return ok(pageOf(typeof found === "string" ? found : JSON.stringify(found), part.offset, part.max_bytes));
  }

  async retry(
    tenant: string,
    jobId: string,
    request: RetryRequest,
    by: string | null = null,
  ): Promise<Result<JobStatus, RetryError>> {
    const { ledger, retries, dispatcher, background, now } = this.#deps;
    const requestHash = await digest(request);
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const again = ledger.transact(() => retries.retry(job, request, requestHash, by, now()));
    if (!again.ok) return again;
    background(dispatcher.dispatch([again.value]));
    return ok(this.#view(again.value));
  }

  async respond(tenant: string, jobId: string, answer: Answer): Promise<Result<JobStatus, RespondError>> {
    const { ledger, questions, background, now } = this.#deps;
    const job = this.#find(tenant, jobId);
    if (job === undefined) return UNKNOWN_JOB;
    const answered = ledger.transact(() => questions.respond(job, answer, now()));
    if (!answered.ok) {
      if (answered.error.code !== "unknown_request") return answered;
      const children = this.#askedByChildren(job);
      return children.length === 0 ? answered : err({ ...answered.error, children });
    }
    background(questions.tell(answered.value.job, answered.value.event));
    return ok(this.#view(answered.value.job));
  }

  #askedByChildren(job: Job): { job_id: string; request_id: string }[] {
    return this.#deps.viewer
      .children(job)
      .flatMap((child) => openQuestions(child).map(([, { request_id }]) => ({ job_id: child.job_id, request_id })));
  }

  #find(tenant: string, jobId: string): Job | undefined {
    return this.#deps.ledger.tables.jobs.find(tenant, jobId);
  }

  #view(job: Job): JobStatus {
    return this.#deps.viewer.view(job, this.#deps.now());
  }
}
