import { oneLine } from "../../lib/safe-text.ts";
import { DISPATCH_GRACE_MS, MAX_ERROR_CHARS, MAX_INTERRUPTED_TRIES, REPORT_GRACE_MS } from "../../limits.ts";
import { dispatched } from "../dispatch.ts";
import { withDue } from "../due.ts";
import { type ItemCounts, type Job, type OpenWork, openWork, type StepError, stepState } from "../job.ts";
import { transition } from "../status.ts";
import { topLevelStep } from "./action-keys.ts";
import { unbounded } from "./deadlines.ts";
import { gotFurther, startedAgain } from "./interruption.ts";
import { busyUntil, canWait, type Taker, takenOver } from "./takeover.ts";
import { withEvent } from "./timeline.ts";
import { isTopLevel, withExpectation, withFirstStart, withOpen, withStep } from "./work.ts";

/**
 * What the engine reports about a job, applied to it. Pure: each function takes the job and the registry's clock
 * (epoch ms) and returns the job that follows. All are idempotent; the caller fences stale attempts.
 */

/** A step that needed no engine step of its own, or a rest that is over; carried by the next report. */
export type Mark =
  | { path: string; status: "succeeded" | "skipped" }
  | { path: string; status: "failed"; error: StepError }
  | { path: string; status: "running"; items: ItemCounts }
  /** Tokens that the whole job has used so far. */
  | { path: ""; status: "spent"; ai_tokens: number };

/** The engine runs the attempt, perhaps before it has answered that it took it. */
export function start(job: Job, now: number, taker?: Taker): Job {
  const taken = taker === undefined ? job : takenOver(job, taker);
  const given = taken.dispatched_at === null ? dispatched(taken, now) : taken;
  const status = transition(given.status, "started");
  if (status === undefined) return startedAgain(given, now);
  return withExpectation(withEvent({ ...given, status, started_at: now }, "started", now), now);
}

export type Opening = { do: "run"; try: number; failures: number } | { do: "fail"; error: StepError };

export type KnownAction = Pick<OpenWork, "polls" | "key_path">;

/**
 * Until when no try may begin at the path: the last one asked for a pause, or may still act. Not after `now`: at once, as
 * for a runner of 0.1.0, whose engine keeps the pauses.
 */
export function mayBeginAt(job: Job, path: string, now: number): number {
  if (!canWait(job)) return now;
  return Math.max(openWork(job.run, path)?.again_at ?? now, busyUntil(job, path, now) ?? now);
}

/**
 * The run asked for something that it cannot have yet, and will ask again. Noted only when its silence would soon be
 * wondered at.
 */
export function heard(job: Job, now: number): Job {
  const alive = gotFurther(job);
  if (alive.expected_by - now >= REPORT_GRACE_MS) return alive;
  return withDue({ ...alive, expected_by: now + DISPATCH_GRACE_MS }, now);
}

/**
 * A try of an acting step is about to act.
 * @param token of this run of the engine step: the same one again is the same try, whose time begins anew
 * @param withinMs how long the try may take before it must have reported
 * @param known of the action, from before this job or attempt
 * @returns `fail` when too many tries died with their process
 */
export function begin(
  job: Job,
  path: string,
  token: string,
  withinMs: number,
  now: number,
  known: KnownAction = {},
): { job: Job; opening: Opening } {
  const before = openWork(job.run, path);
  const expected_by = now + withinMs + REPORT_GRACE_MS;
  if (before?.token === token) {
    const opening = { do: "run", try: before.tries, failures: before.failures } as const;
    return { job: withExpectation(withOpen(job, path, { ...before, expected_by }), now), opening };
  }
  const tries = (before?.tries ?? 0) + 1;
  const failures = before?.failures ?? 0;
  const interrupted = tries - 1 - (before?.ended ?? 0);
  if (interrupted > MAX_INTERRUPTED_TRIES) {
    const message = `The step died with its process ${interrupted} times. Make it smaller, or give it less to hold.`;
    return { job, opening: { do: "fail", error: { code: "step_interrupted", message } } };
  }
  let next = withFirstStart(job, path, now);
  if (interrupted > 0)
    next = withEvent(next, "step_retrying", now, path, "interrupted; running again with the same key");
  next = withStep({ ...next, step: topLevelStep(path) }, path, now, { status: "running", tries });
  next = withOpen(next, path, {
    tries,
    ended: before?.ended ?? 0,
    failures,
    token,
    expected_by,
    ...known,
    ...(job.run.runner !== undefined && { run: job.run.runner.run }),
    ...(before?.polls !== undefined && { polls: before.polls }),
    ...(before?.rounds !== undefined && { rounds: before.rounds }),
  });
  return { job: withExpectation(next, now), opening: { do: "run", try: tries, failures } };
}

/** The message of a failure as it is kept and shown. It is untrusted text. */
const lineOf = ({ message }: StepError): string => oneLine(message, MAX_ERROR_CHARS);

/** The open work after its current try reported its end; undefined when that was reported before. */
function endedTry(job: Job, path: string, againAt: number, withinMs: number): OpenWork | undefined {
  const work = openWork(job.run, path);
  if (work?.token === undefined) return undefined;
  const { token: _reported, ...rest } = work;
  return { ...rest, ended: work.ended + 1, again_at: againAt, expected_by: againAt + withinMs + REPORT_GRACE_MS };
}

/**
 * A try failed and another one follows.
 * @param delayMs until the next try @param withinMs how long that try may take
 */
export function retrying(
  job: Job,
  path: string,
  error: StepError,
  delayMs: number,
  withinMs: number,
  now: number,
): Job {
  const ended = endedTry(job, path, now + delayMs, withinMs);
  if (ended === undefined) return job;
  const message = `${lineOf(error)} Next try in ${Math.ceil(delayMs / 1000)} s.`;
  const noted = withEvent({ ...job, message }, "step_retrying", now, path, message);
  return withExpectation(withOpen(noted, path, { ...ended, failures: ended.failures + 1 }), now);
}

/**
 * A poll was answered, but not yet as the step wants it; another one follows.
 * @param everyMs until the next poll @param withinMs how long that may take
 */
export function polled(job: Job, path: string, everyMs: number, withinMs: number, now: number): Job {
  const ended = endedTry(job, path, now + everyMs, withinMs);
  if (ended === undefined) return job;
  const message = `Poll ${ended.ended}: not yet. Next in ${Math.ceil(everyMs / 1000)} s.`;
  const polls = (ended.polls ?? 0) + 1;
  const rounds = (ended.rounds ?? 0) + 1;
  return withExpectation(withOpen({ ...job, message }, path, { ...ended, failures: 0, polls, rounds }), now);
}

/** The step ended. A failure here is one that the blueprint goes on from (`on_error: continue`). */
export function finish(job: Job, path: string, error: StepError | undefined, now: number): Job {
  const known = stepState(job.run, path);
  const done = isTopLevel(path)
    ? known !== undefined && known.completed_at !== null
    : openWork(job.run, path) === undefined;
  const closed = withOpen(job, path, undefined);
  if (done) return withExpectation(closed, now);
  const line = error ? lineOf(error) : null;
  // A rest ended when it was to end, whenever that is told.
  const completed_at = openWork(job.run, path)?.wake_at ?? now;
  const ended = { status: error ? "failed" : "succeeded", completed_at, error: line } as const;
  const stepped = withStep({ ...closed, message: null }, path, now, ended);
  const noted = withEvent(stepped, error ? "step_failed" : "step_succeeded", now, path, line);
  return withExpectation(noted, now);
}

/** @param keyPath the path with items in place of their indexes; left out: the same */
export const inRow = (path: string, keyPath = path): Pick<OpenWork, "key_path"> =>
  keyPath === path ? {} : { key_path: keyPath };

/** A sleep begins. The first report decides when it ends. */
export function rest(
  job: Job,
  path: string,
  wakeAt: number,
  now: number,
  keyPath?: string,
): { job: Job; wakeAt: number } {
  const known = openWork(job.run, path)?.wake_at;
  if (known !== undefined) return { job, wakeAt: known };
  const over = stepState(job.run, path)?.completed_at;
  if (over) return { job, wakeAt: over };
  const work = {
    tries: 1,
    ended: 0,
    failures: 0,
    wake_at: wakeAt,
    expected_by: wakeAt + REPORT_GRACE_MS,
    ...inRow(path, keyPath),
  };
  const started = withStep(withFirstStart(job, path, now), path, now, { status: "waiting", tries: 1 });
  const noted = withEvent({ ...started, step: topLevelStep(path) }, "step_waiting", now, path);
  return { job: withExpectation(withOpen(noted, path, work), now), wakeAt };
}

function skip(job: Job, path: string, now: number): Job {
  if (stepState(job.run, path) !== undefined) return job;
  return withEvent(withStep(job, path, now, { status: "skipped", completed_at: now }), "step_skipped", now, path);
}

function countItems(job: Job, path: string, items: ItemCounts, now: number): Job {
  if (stepState(job.run, path)?.completed_at) return job;
  const before = stepState(job.run, path)?.items ?? { total: 0, done: 0, failed: 0 };
  const most = {
    total: items.total,
    done: Math.max(before.done, items.done),
    failed: Math.max(before.failed, items.failed),
  };
  return withStep(withFirstStart({ ...job, step: path }, path, now), path, now, { items: most });
}

function applyMark(before: Job, mark: Mark, now: number): Job {
  if (mark.status === "spent") {
    return { ...before, run: { ...before.run, ai_tokens: Math.max(before.run.ai_tokens ?? 0, mark.ai_tokens) } };
  }
  const { path } = mark;
  const job = mark.status === "running" ? before : unbounded(before, path);
  if (!isTopLevel(path)) return openWork(job.run, path) ? withOpen(job, path, undefined) : job;
  if (mark.status === "running") return countItems(job, path, mark.items, now);
  if (mark.status === "skipped") return skip(job, path, now);
  if (stepState(job.run, path)?.completed_at) return job;
  const started = withFirstStart({ ...job, step: path }, path, now);
  return finish(started, path, mark.status === "failed" ? mark.error : undefined, now);
}

/** Applies the marks of top-level steps; those inside a map or a branch show in its counts alone. */
export function applyMarks(job: Job, marks: readonly Mark[], now: number): Job {
  let marked = job;
  for (const mark of marks) marked = applyMark(marked, mark, now);
  return marked;
}
