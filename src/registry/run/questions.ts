import { contentOfForm } from "../../blueprint/schemas/answer-form.ts";
import { checkAnswer } from "../../blueprint/schemas/check-answer.ts";
import { type Answered, type AwaitedEvent, type Job, openWork, type Question } from "../../jobs/job.ts";
import { answer, ask, openEvents, openQuestions } from "../../jobs/run/awaiting.ts";
import { stepIdOf } from "../../jobs/run/in-flight.ts";
import { toldOf } from "../../jobs/run/takeover.ts";
import { withEvent } from "../../jobs/run/timeline.ts";
import { isSettled } from "../../jobs/status.ts";
import { type Json, type JsonObject, jsonBytes, ownValue } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { MAX_ERROR_CHARS } from "../../limits.ts";
import type { StorageFull } from "../api/asking.ts";
import type { Answer, LinkAnswer, LinkError, RespondError } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { earlyPath } from "../storage/values.ts";

const expired = (asked: Question | AwaitedEvent) => ({
  code: "input_expired",
  message: `${"name" in asked ? `No such event ${asked.name} came` : "Nobody answered"} in time. Give the step a longer timeout, or a default.`,
});

/**
 * The job with every question closed that nobody, and no event, answered in time. Called inside a transaction, which saves it.
 */
export function expireQuestions({ tables, eventWaits }: RegistryContext, job: Job, now: number): Job {
  let closed = job;
  for (const [path, asked] of [...openQuestions(job), ...openEvents(job)]) {
    const { expires_at, fallback } = asked;
    if (expires_at > now) continue;
    if ("name" in asked) eventWaits.delete(job.job_id, path);
    const output = { action: "expired", content: fallback };
    if (fallback !== null)
      closed = tables.values.keep(closed, path, output, { ...openWork(job.run, path), at: now }).job;
    closed = answer(closed, path, "expired", fallback === null ? expired(asked) : null, now);
  }
  return closed;
}

/** Stores the answer. Called inside a transaction; the engine is told afterwards, again and again if need be. */
export function storeAnswer(
  context: RegistryContext,
  job: Job,
  given: Answer,
  now: number,
): Result<{ job: Job; events: string[] }, RespondError> {
  const current = expireQuestions(context, job, now);
  if (current !== job) context.store.save(job, current);
  const before = ownValue(current.run.answers, given.request_id);
  if (before !== undefined) return err({ code: "already_answered", ...before });
  const open = isSettled(current.status) ? [] : openQuestions(current);
  const asked = open.find(([, question]) => question.request_id === given.request_id);
  if (asked === undefined) {
    const awaited = isSettled(current.status)
      ? undefined
      : openEvents(current).find(([, { request_id }]) => request_id === given.request_id);
    if (awaited !== undefined) return err({ code: "awaits_event", event: awaited[1].name });
    return err({ code: "unknown_request", open: open.map(([, question]) => question.request_id) });
  }
  const [path, { schema }] = asked;
  const content = given.action === "accept" ? (given.content ?? {}) : null;
  const faults = content === null ? [] : checkAnswer(schema, content);
  if (faults.length > 0) return err({ code: "invalid_content", faults });
  const answered = { action: given.action, content };
  // To decline takes no room, so it is always possible.
  const full = content === null ? undefined : context.admission.storageRefusal(jsonBytes(answered));
  if (full !== undefined) return err(full);
  const kept = context.tables.values.keep(current, path, answered, { ...openWork(current.run, path), at: now });
  const told = toldOf(answer(kept.job, path, given.action, null, now), path);
  context.store.save(current, told.job);
  return ok(told);
}

/** What came by a link, as the answer to the question. */
export function answerGiven(schema: JsonObject, given: LinkAnswer): Pick<Answer, "action" | "content"> {
  if (given.action === "decline") return { action: "decline", content: null };
  return { action: "accept", content: "form" in given ? contentOfForm(schema, given.form) : given.content };
}

/** How the question at the path ended, as far as that is known; null: it has not, or was never asked. */
export function howAnswered({ tables }: RegistryContext, job: Job, path: string): Answered["action"] | null {
  const stored = tables.values.json(job, path);
  const output: { action?: Answered["action"] } = stored === undefined ? {} : JSON.parse(stored);
  const { answers } = job.run;
  // What is asked once is known by the step's id, else by the path.
  return output.action ?? (ownValue(answers, path) ?? ownValue(answers, stepIdOf(path)))?.action ?? null;
}

const earlyAnswer = ({ tables }: RegistryContext, job: Job, path: string): LinkAnswer | undefined => {
  const stored = tables.values.json(job, earlyPath(path));
  return stored === undefined ? undefined : JSON.parse(stored);
};

export const hasEarlyAnswer = (context: RegistryContext, job: Job, path: string): boolean =>
  earlyAnswer(context, job, path) !== undefined;

/** Keeps what came before the question. The first stays. Called inside a transaction. @returns why it is not kept */
export function keepEarlyAnswer(
  context: RegistryContext,
  job: Job,
  path: string,
  given: LinkAnswer,
): Extract<LinkError, { code: "already_answered" }> | StorageFull | undefined {
  if (hasEarlyAnswer(context, job, path)) return { code: "already_answered", action: null };
  const full = context.admission.storageRefusal(jsonBytes(given as unknown as Json));
  if (full === undefined) context.tables.values.insert(job.job_id, earlyPath(path), given as unknown as Json);
  return full;
}

/**
 * Asks, unless an answer is here already that fits; one that does not is dropped. Called inside a transaction.
 * @param isFull there is no place for an open question: only an answer that is here can be taken
 * @returns undefined when there is no place
 */
export function askOrTake(
  context: RegistryContext,
  job: Job,
  { path, keyPath, question, isFull }: { path: string; keyPath: string; question: Question; isFull: boolean },
  now: number,
): Job | undefined {
  const early = question.link && earlyAnswer(context, job, path);
  if (early === undefined) return isFull ? undefined : ask(job, path, question, now, keyPath);
  const given = answerGiven(question.schema, early);
  const [fault] = given.content === null ? [] : checkAnswer(question.schema, given.content);
  if (fault !== undefined && isFull) return undefined;
  const asked = ask(job, path, question, now, keyPath);
  context.tables.values.deleteOne(job.job_id, earlyPath(path));
  if (fault !== undefined) {
    const why = oneLine(`${fault.path} ${fault.message}`, MAX_ERROR_CHARS);
    return withEvent(asked, "answer_dropped", now, path, why);
  }
  const kept = context.tables.values.keep(asked, path, { ...given }, { ...openWork(asked.run, path), at: now });
  return answer(kept.job, path, given.action, null, now);
}
