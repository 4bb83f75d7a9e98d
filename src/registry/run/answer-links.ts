import { type Job, openWork, type Question } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Caller } from "../api/asking.ts";
import type { LinkAnswer, LinkApi, LinkError, LinkState } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { isHalted } from "./fenced-reports.ts";
import { answerGiven, hasEarlyAnswer, howAnswered, keepEarlyAnswer, storeAnswer } from "./questions.ts";

type Found =
  | { is: "gone"; job?: Job }
  | { is: "not_asked"; job: Job }
  | { is: "answered"; job: Job }
  | { is: "open"; job: Job; question: Question };

const GONE = { code: "gone" } as const;

/** What a person can do who was given the link of a question. */
export class AnswerLinks implements LinkApi {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async openLink({ tenant }: Caller, jobId: string, path: string): Promise<LinkState> {
    const found = this.#find(tenant, jobId, path);
    const { job } = found;
    const action = job === undefined ? null : howAnswered(this.#context, job, path);
    if (job === undefined || found.is === "gone") return { is: "gone", action };
    if (found.is === "answered") return { is: "answered", job: job.name, action: action ?? "expired" };
    if (found.is === "not_asked") {
      return { is: "not_asked", job: job.name, is_kept: hasEarlyAnswer(this.#context, job, path) };
    }
    const { message, schema, expires_at } = found.question;
    return { is: "open", job: job.name, message, schema, expires_at };
  }

  async answerLink(
    { tenant }: Caller,
    jobId: string,
    path: string,
    given: LinkAnswer,
  ): Promise<Result<{ is: "answered" | "kept" }, LinkError>> {
    const { store, engine, background, now } = this.#context;
    const outcome = store.transact(() => this.#answer(this.#find(tenant, jobId, path), path, given, now()));
    if (!outcome.ok) return outcome;
    const { is, told } = outcome.value;
    if (told !== undefined) background(engine.send(told.job.job_id, told.job.attempt, told.events));
    return ok({ is });
  }

  #answer(
    found: Found,
    path: string,
    given: LinkAnswer,
    now: number,
  ): Result<{ is: "answered" | "kept"; told?: { job: Job; events: string[] } }, LinkError> {
    if (found.is === "gone") return err(GONE);
    const { job } = found;
    if (found.is === "answered") {
      return err({ code: "already_answered", action: howAnswered(this.#context, job, path) });
    }
    if (found.is === "not_asked") {
      const refused = keepEarlyAnswer(this.#context, job, path, given);
      return refused === undefined ? ok({ is: "kept" }) : err(refused);
    }
    const { request_id, schema } = found.question;
    const stored = storeAnswer(this.#context, job, { request_id, ...answerGiven(schema, given) }, now);
    if (stored.ok) return ok({ is: "answered", told: stored.value });
    const { error } = stored;
    if (error.code === "already_answered") return err({ code: error.code, action: error.action });
    return err(error.code === "invalid_content" || error.code === "storage_full" ? error : GONE);
  }

  #find(tenant: string, jobId: string, path: string): Found {
    const job = this.#context.tables.jobs.find(tenant, jobId);
    if (job === undefined) return { is: "gone" };
    if (isSettled(job.status)) return { is: "gone", job };
    const work = openWork(job.run, path);
    if (work?.question !== undefined && work.ready === undefined) {
      const isOver = work.question.expires_at <= this.#context.now();
      return isOver ? { is: "answered", job } : { is: "open", job, question: work.question };
    }
    if (work?.ready !== undefined || howAnswered(this.#context, job, path) !== null) return { is: "answered", job };
    return isHalted(this.#context, job, path, this.#context.now()) ? { is: "gone", job } : { is: "not_asked", job };
  }
}
