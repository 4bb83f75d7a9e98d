import { checkAnswer } from "../../blueprint/schemas/check-answer.ts";
import { type Job, openWork } from "../../jobs/job.ts";
import { answer, openQuestions } from "../../jobs/run/awaiting.ts";
import { toldOf } from "../../jobs/run/takeover.ts";
import { isSettled } from "../../jobs/status.ts";
import { jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Answer, RespondError } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";

const EXPIRED = {
  code: "input_expired",
  message: "Nobody answered in time. Give the step a longer timeout, or a default.",
};

/** The job with every question closed that nobody answered in time. Called inside a transaction, which saves it. */
export function expireQuestions({ tables }: RegistryContext, job: Job, now: number): Job {
  let closed = job;
  for (const [path, { expires_at, fallback }] of openQuestions(job)) {
    if (expires_at > now) continue;
    const expired = { action: "expired", content: fallback };
    if (fallback !== null) closed = tables.values.keep(closed, path, expired, openWork(job.run, path)).job;
    closed = answer(closed, path, "expired", fallback === null ? EXPIRED : null, now);
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
  const before = current.run.answers?.[given.request_id];
  if (before !== undefined) return err({ code: "already_answered", ...before });
  const open = isSettled(current.status) ? [] : openQuestions(current);
  const asked = open.find(([, question]) => question.request_id === given.request_id);
  if (asked === undefined) {
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
  const kept = context.tables.values.keep(current, path, answered, openWork(current.run, path));
  const told = toldOf(answer(kept.job, path, given.action, null, now), path);
  context.store.save(current, told.job);
  return ok(told);
}
