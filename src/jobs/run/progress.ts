import { bulkShare } from "../bulk.ts";
import { type Job, type ListedJob, type OpenWork, type StepState, stepState } from "../job.ts";
import { isSettled } from "../status.ts";
import { topLevelStep } from "./action-keys.ts";

/** Progress of a job that has done all its steps but has not settled: only success is 1. */
const ALMOST = 0.99;
const MIN_POLL_MS = 1_000;
/** Of a step that is younger than this, where nothing says when it ends. */
const YOUNG_STEP_MS = 60_000;
const MAX_YOUNG_POLL_MS = 5_000;
const MAX_POLL_MS = 30_000;
/** To find what was due done, not beginning. */
const PAST_DUE_MS = 500;
const MAX_IDLE_POLL_MS = 60_000;

/** What the step adds. One that ended with the job by failing or being cancelled counts only what it had done. */
function share(step: StepState, settledAt: number | null): number {
  const endedWithJob = step.completed_at === settledAt && (step.status === "failed" || step.status === "cancelled");
  if (step.completed_at !== null && !endedWithJob) return 1;
  return step.items && step.items.total > 0 ? step.items.done / step.items.total : 0;
}

/** 0.0 to 1.0 by top-level steps, items of a map counted in; 1.0 exactly when succeeded; never falls. */
export function progressOf(job: ListedJob): number {
  if (job.status === "succeeded") return 1;
  if (job.run.bulk !== undefined) return Math.min(Math.floor(bulkShare(job.run.bulk) * 100) / 100, ALMOST);
  const done = Object.values(job.run.steps).reduce((sum, step) => sum + share(step, job.settled_at), 0);
  return Math.min(Math.round((done / Math.max(job.step_count, 1)) * 100) / 100, ALMOST);
}

const between = (low: number, value: number, high: number): number => Math.min(Math.max(value, low), high);

/** A quarter of the step's age: rarely asked of what takes long, and soon enough of what was expected to be short. */
const byAge = (age: number): number =>
  between(MIN_POLL_MS, age / 4, age < YOUNG_STEP_MS ? MAX_YOUNG_POLL_MS : MAX_POLL_MS);

/** Since when what is open at `path` stands as it does; the state of a step says it where the timeline was full. */
function since(job: Job, path: string): number {
  const latest = job.events.findLast(([, , step]) => step === path)?.[1];
  return latest ?? stepState(job.run, topLevelStep(path))?.started_at ?? job.submitted_at;
}

/** A rest ends at a time that is known; whatever else is open, or nothing, may end at any time. */
function waitFor(job: Job, path: string, { wake_at }: OpenWork, now: number): number {
  return wake_at === undefined ? byAge(now - since(job, path)) : wake_at - now + PAST_DUE_MS;
}

/**
 * Milliseconds after which asking again makes sense; 0 when settled: just past what is due next, and else by the age of
 * the step, not of the job, which may have slept for a week before it.
 */
export function pollAfterMs(job: Job, now: number): number {
  if (isSettled(job.status)) return 0;
  if (job.run_at !== null && job.run_at > now) {
    return between(MIN_POLL_MS, job.run_at - now + PAST_DUE_MS, MAX_IDLE_POLL_MS);
  }
  const open = Object.entries(job.run.open).map(([path, work]) => waitFor(job, path, work, now));
  const next = open.length > 0 ? Math.min(...open) : byAge(now - (job.events.at(-1)?.[1] ?? job.submitted_at));
  return Math.round(between(MIN_POLL_MS, next, MAX_IDLE_POLL_MS));
}
