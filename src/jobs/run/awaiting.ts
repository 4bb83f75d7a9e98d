import { oneLine } from "../../lib/safe-text.ts";
import { MAX_ERROR_CHARS, MAX_JOB_TIMEOUT_MS, MAX_KEPT_ANSWERS, REPORT_GRACE_MS } from "../../limits.ts";
import {
  type Answered,
  type AwaitedEvent,
  type Job,
  type OpenWork,
  openWork,
  type Question,
  type RunState,
  type StepError,
  stepState,
} from "../job.ts";
import { transition } from "../status.ts";
import { topLevelStep } from "./action-keys.ts";
import { inRow } from "./reports.ts";
import { withEvent } from "./timeline.ts";
import { withExpectation, withFirstStart, withOpen, withStep } from "./work.ts";

/**
 * Steps that wait for something that is not the engine's to do: an answer, or a child's end. What they wait for is kept
 * here first; the engine is only told that it is there, and told again until it has fetched it. Pure; `now` is epoch ms.
 */

const isOpen = (job: Job, path: string): boolean => openWork(job.run, path) !== undefined;

/** Questions that nobody has answered yet, by step path. */
export const openQuestions = (job: Job): [path: string, question: Question][] =>
  Object.entries(job.run.open).flatMap(([path, { question, ready }]): [string, Question][] =>
    question !== undefined && ready === undefined ? [[path, question]] : [],
  );

/** The same of those that an event answers. */
export const openEvents = (job: Job): [path: string, event: AwaitedEvent][] =>
  Object.entries(job.run.open).flatMap(([path, { event, ready }]): [string, AwaitedEvent][] =>
    event !== undefined && ready === undefined ? [[path, event]] : [],
  );

/** Children that steps wait for. */
export const openChildren = (job: Job): string[] =>
  Object.values(job.run.open).flatMap(({ child_id, ready }) =>
    child_id !== undefined && ready === undefined ? [child_id] : [],
  );

const waiting = (job: Job, path: string, now: number): Job =>
  withStep(withFirstStart({ ...job, step: topLevelStep(path) }, path, now), path, now, { status: "waiting", tries: 1 });

/** The step asks. Asked again at a resume, it changes nothing. */
export function ask(job: Job, path: string, question: Question, now: number, keyPath?: string): Job {
  if (isOpen(job, path)) return job;
  const asking = withOpen(waiting(job, path, now), path, {
    tries: 1,
    ended: 0,
    failures: 0,
    question,
    expected_by: question.expires_at,
    ...inRow(path, keyPath),
  });
  const status = transition(job.status, "input_requested") ?? job.status;
  const message = oneLine(question.message, MAX_ERROR_CHARS);
  return withExpectation(withEvent({ ...asking, status, message }, "input_requested", now, path, message), now);
}

/** The step waits for an event. A question that is open has the word. */
export function awaitEvent(job: Job, path: string, event: AwaitedEvent, now: number, keyPath?: string): Job {
  if (isOpen(job, path)) return job;
  const work = { tries: 1, ended: 0, failures: 0, event, expected_by: event.expires_at, ...inRow(path, keyPath) };
  const told = oneLine(`waits for the event ${event.name}`, MAX_ERROR_CHARS);
  const message = openQuestions(job).length > 0 ? job.message : told;
  const open = withOpen({ ...waiting(job, path, now), message }, path, work);
  return withExpectation(withEvent(open, "step_waiting", now, path, told), now);
}

/** What the step waits for is there (`true`), or never will be. */
function ready(job: Job, path: string, outcome: true | StepError, now: number): Job {
  const work = openWork(job.run, path);
  if (work === undefined || work.ready !== undefined) return job;
  return withExpectation(withOpen(job, path, { ...work, ready: outcome, expected_by: now + REPORT_GRACE_MS }), now);
}

/** A question of a row or a round has the path of its step as its id; others are asked once, and have the step's. */
const isOfRow = (requestId: string): boolean => /[[#]/.test(requestId);

/** How questions ended, of rows and rounds the newest. */
function withAnswer(answers: RunState["answers"], requestId: string, answered: Answered): Record<string, Answered> {
  const { [requestId]: _again, ...others } = answers ?? {};
  const all = { ...others, [requestId]: answered };
  const [oldest, ...kept] = Object.keys(all).filter(isOfRow);
  if (oldest === undefined || kept.length < MAX_KEPT_ANSWERS) return all;
  const { [oldest]: _forgotten, ...newest } = all;
  return newest;
}

/**
 * The question at `path` ended, or what an event answers. The answer itself is stored apart.
 * @param failure when it expired and nothing stands in for an answer
 */
export function answer(
  job: Job,
  path: string,
  action: Answered["action"],
  failure: StepError | null,
  now: number,
): Job {
  const work = openWork(job.run, path);
  const asked = work?.question ?? work?.event;
  if (asked === undefined) return job;
  const answers = withAnswer(job.run.answers, asked.request_id, { action, at: now });
  const closed = ready({ ...job, run: { ...job.run, answers } }, path, failure ?? true, now);
  const name = action === "expired" ? "expired" : "answered";
  const noted = withEvent(closed, name, now, path, action);
  if (openQuestions(closed).length > 0) return noted;
  return { ...noted, status: transition(job.status, name) ?? job.status, message: null };
}

/**
 * The job with every question closed, because its run ended well without the answers: a branch that asks may be passed
 * over when the one beside it fails.
 */
export const withoutQuestions = (job: Job, now: number): Job =>
  openQuestions(job).reduce((closed, [path]) => answer(closed, path, "expired", null, now), job);

/** Whether the step at `path` lies in a row of the step at `rows`. */
export const liesIn = (path: string, rows: string): boolean =>
  path.startsWith(rows) && /^[.[#]/.test(path.slice(rows.length));

/** The steps whose rows the step at `path` may lie in, the outermost first. */
export const enclosing = (path: string): string[] =>
  [...path.matchAll(/[.[#]/g)].map(({ index }) => path.slice(0, index));

/** The rows of the step at `path` are over: what they had open, and asked, is closed. */
export function halt(job: Job, path: string, now: number): Job {
  const asked = openQuestions(job).filter(([below]) => liesIn(below, path));
  const closed = asked.reduce((before, [below]) => answer(before, below, "expired", null, now), job);
  const open = Object.entries(closed.run.open).filter(([below]) => !liesIn(below, path));
  return withExpectation({ ...closed, run: { ...closed.run, open: Object.fromEntries(open) } }, now);
}

/** The step waits for a child. */
export function adopt(job: Job, path: string, childId: string, now: number, keyPath?: string): Job {
  if (isOpen(job, path)) return job;
  const work = {
    tries: 1,
    ended: 0,
    failures: 0,
    child_id: childId,
    expected_by: now + MAX_JOB_TIMEOUT_MS,
    ...inRow(path, keyPath),
  };
  return withExpectation(
    withEvent(withOpen(waiting(job, path, now), path, work), "child_started", now, path, childId),
    now,
  );
}

/** The step waits for a worker. */
export function offered(
  job: Job,
  path: string,
  offer: NonNullable<OpenWork["offer"]>,
  now: number,
  keyPath?: string,
): Job {
  if (isOpen(job, path)) return job;
  const work = { tries: 1, ended: 0, failures: 0, offer, expected_by: offer.expires_at, ...inRow(path, keyPath) };
  const message = oneLine(`queue ${offer.queue}`, MAX_ERROR_CHARS);
  return withExpectation(
    withEvent(withOpen(waiting(job, path, now), path, work), "step_waiting", now, path, message),
    now,
  );
}

/** A worker's try failed, and another one may begin. @param tries that were begun, with the next one */
export function offeredAgain(job: Job, path: string, error: StepError, tries: number, now: number): Job {
  const work = openWork(job.run, path);
  if (work?.offer === undefined || work.ready !== undefined) return job;
  const message = oneLine(error.message, MAX_ERROR_CHARS);
  const noted = withEvent({ ...job, message }, "step_retrying", now, path, message);
  const counted = withStep(noted, path, now, { tries });
  return withOpen(counted, path, { ...work, tries, ended: tries - 1, failures: tries - 1 });
}

/** How far a worker says it has come. */
export interface WorkProgress {
  done?: number | undefined;
  total?: number | undefined;
  message?: string | undefined;
}

/** A worker tells how far it has come: as the items of a map, and as the job's message. */
export function workGoesOn(job: Job, path: string, { done, total, message }: WorkProgress, now: number): Job {
  const work = openWork(job.run, path);
  if (work?.offer === undefined || work.ready !== undefined) return job;
  const line = message === undefined ? job.message : oneLine(message, MAX_ERROR_CHARS);
  const told = { ...job, step: topLevelStep(path), message: line };
  if (done === undefined || total === undefined || total === 0) return told;
  const before = stepState(job.run, path)?.items;
  // A next try begins anew, and progress never falls.
  if (before !== undefined && before.total > 0 && done / total < before.done / before.total) return told;
  return withStep(told, path, now, { items: { total, done, failed: 0 } });
}

/** The worker completed the step, or it has failed. Its output is stored apart. */
export const workEnded = (job: Job, path: string, failure: StepError | null, now: number): Job =>
  ready(job, path, failure ?? true, now);

/** The child settled. Its result is stored apart. */
export function childEnded(job: Job, path: string, failure: StepError | null, now: number): Job {
  return ready(job, path, failure ?? true, now);
}
