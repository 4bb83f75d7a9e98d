import type { TraceContext } from "../lib/trace-context.ts";
import {
  DISPATCH_GRACE_MS,
  DISPATCH_PAUSE_MS,
  MAX_DISPATCH_PAUSE_MS,
  MAX_NUDGES,
  OUTBOX_GRACE_MS,
  SLOT_GRACE_MS,
  SLOT_LOOK_MS,
} from "../limits.ts";
import { isUndispatched, withDue } from "./due.ts";
import type { JobConcurrency } from "./flow/slot.ts";
import type { Job, ListedJob, OpenWork, RunState, StartedBy } from "./job.ts";
import { gotFurther } from "./run/interruption.ts";
import { withEvent } from "./run/timeline.ts";
import { isSettled } from "./status.ts";

/** Accepting a job, handing it to the engine, and trying again. Pure; times are epoch ms. */

type Given = Pick<
  Job,
  | "job_id"
  | "tenant"
  | "name"
  | "blueprint"
  | "plan_hash"
  | "run_at"
  | "timeout_ms"
  | "step_count"
  | "parent_id"
  | "retried_from"
  | "idempotency_key"
  | "submitted_by"
  | "input_json"
  | "metadata"
> & {
  trace?: TraceContext | undefined;
  description?: string | undefined;
  trigger?: StartedBy | undefined;
  trigger_depth?: number | undefined;
  cleans_up?: boolean;
  origin?: string | undefined;
  parent_chain?: string | undefined;
  concurrency?: JobConcurrency | undefined;
  priority?: number | undefined;
};

/** A new job. It is due at its `run_at`, else soon: by then it has been handed over, unless a crash came between. */
export function accept(asked: Given, now: number): Job {
  const { trace, description, trigger, trigger_depth, cleans_up, origin, parent_chain, ...rest } = asked;
  const { concurrency, priority, ...given } = rest;
  const due = given.run_at ?? now + OUTBOX_GRACE_MS;
  const job: Job = {
    ...given,
    status: "queued",
    submitted_at: now,
    dispatched_at: null,
    started_at: null,
    settled_at: null,
    attempt: 1,
    nudges: 0,
    expected_by: due,
    due_at: due,
    step: null,
    message: null,
    result_path: null,
    result_json: null,
    outputs_json: null,
    error: null,
    error_code: null,
    run: {
      steps: {},
      open: {},
      rows_by_item: true,
      ...(trace && { trace }),
      ...(description && { description }),
      ...(trigger && { trigger }),
      ...(trigger_depth && { trigger_depth }),
      ...(cleans_up && { cleans_up }),
      ...(origin !== undefined && { origin }),
      ...(parent_chain && { parent_chain }),
      ...(concurrency && { concurrency }),
      ...(priority && { priority }),
    },
    events: [],
  };
  return withEvent(job, "accepted", now);
}

/**
 * True when the job may be handed to the engine now. Its time has come once for all attempts: clocks can go back. What the
 * alarm runs never is.
 */
export const isDispatchable = (job: Job, now: number): boolean =>
  isUndispatched(job) && job.run.bulk === undefined && (job.attempt > 1 || (job.run_at ?? now) <= now);

/** Nothing of the run goes on but the waits for its children. */
export function waitsForChildren({ open }: Pick<RunState, "open">): boolean {
  const work = Object.values(open);
  return work.length > 0 && work.every(({ child_id, ready }) => child_id !== undefined && ready === undefined);
}

/** The engine was given the job once. */
const isGiven = (job: ListedJob): boolean => job.dispatched_at !== null || job.attempt > 1;

/**
 * True from the first hand-over to the end, over all attempts: the job counts as running at the engine. But for a parent
 * while it waits for its children: parents alone could hold all slots for ever.
 */
export const holdsSlot = (job: Job): boolean =>
  isCounted(job) && !isSettled(job.status) && isGiven(job) && !waitsForChildren(job.run);

export const needsSlot = (job: ListedJob): boolean => isCounted(job) && !isGiven(job);

/**
 * A cleanup job stands outside of every limit: what it takes back must not wait, nor be refused. So does a bulk job: it is
 * how a tenant that is full gets room.
 */
export const isCounted = ({ run }: Pick<Job, "run">): boolean => run.cleanup === undefined && run.bulk === undefined;

/**
 * No slot is free for the job. It is handed over when one is; the alarm is only the backstop, and rings once for all
 * that are queued.
 */
export function inQueue(job: Job, now: number): Job {
  const look = (Math.floor(now / SLOT_GRACE_MS) + 2) * SLOT_GRACE_MS;
  return { ...job, expected_by: look, due_at: look };
}

/** The home of the job's limit did not answer: the alarm asks again. */
export function unanswered(job: Job, now: number): Job {
  const look = now + SLOT_LOOK_MS;
  return { ...job, expected_by: look, due_at: look };
}

/**
 * How long to leave the engine alone. Spread, so that objects that were refused together do not come back together.
 * @param refusals pauses before this one, since the engine last took a job @param random from 0 to below 1
 */
export const pauseMs = (refusals: number, random: number): number =>
  Math.round((Math.min(DISPATCH_PAUSE_MS * 2 ** refusals, MAX_DISPATCH_PAUSE_MS) * (1 + random)) / 2);

/** The engine has the job. */
export function dispatched(job: Job, now: number): Job {
  const given = { ...job, dispatched_at: now, nudges: 0, expected_by: now + DISPATCH_GRACE_MS };
  return withDue(withEvent(given, "dispatched", now), now);
}

/** The engine was asked, or did not take the job: look again later. */
export function postponed(job: Job, againInMs: number, now: number): Job {
  return withDue({ ...job, expected_by: now + againInMs, nudges: job.nudges + 1 }, now);
}

/** The engine was nudged. Many nudges would leave the timeline no room. */
export function nudged(job: Job, againInMs: number, now: number): Job {
  const noted = job.nudges < MAX_NUDGES ? withEvent(job, "nudged", now) : job;
  return postponed(noted, againInMs, now);
}

/** Work that goes on without an engine: a sleep, a question, a child, what waits for an event or a worker. */
const isWait = ({ wake_at, question, event, child_id, offer }: OpenWork): boolean =>
  [wake_at, question, event, child_id, offer].some((wait) => wait !== undefined);

/** The next attempt of a job that the engine lost. What waits goes on waiting; tries start again. */
export function nextAttempt(job: Job, reason: string, now: number): Job {
  const waits = Object.entries(job.run.open).filter(([, work]) => isWait(work));
  const again: Job = {
    ...job,
    attempt: job.attempt + 1,
    nudges: 0,
    dispatched_at: null,
    expected_by: now + OUTBOX_GRACE_MS,
    run: { ...gotFurther(job).run, open: Object.fromEntries(waits) },
  };
  return withDue(withEvent(again, "redispatched", now, null, `attempt ${again.attempt}: ${reason}`), now);
}
