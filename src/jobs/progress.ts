import type { Job, StepState } from "./job.ts";
import { isSettled } from "./status.ts";

/** Progress of a job that has done all its steps but has not settled: only success is 1. */
const ALMOST = 0.99;
const MIN_POLL_MS = 1_000;
const MAX_POLL_MS = 15_000;
const MAX_IDLE_POLL_MS = 60_000;

/** What the step adds. One that ended with the job by failing or being cancelled counts only what it had done. */
function share(step: StepState, settledAt: number | null): number {
  const endedWithJob = step.completed_at === settledAt && (step.status === "failed" || step.status === "cancelled");
  if (step.completed_at !== null && !endedWithJob) return 1;
  return step.items && step.items.total > 0 ? step.items.done / step.items.total : 0;
}

/** 0.0 to 1.0 by top-level steps, items of a map counted in; 1.0 exactly when succeeded; never falls. */
export function progressOf(job: Job): number {
  if (job.status === "succeeded") return 1;
  const done = Object.values(job.run.steps).reduce((sum, step) => sum + share(step, job.settled_at), 0);
  return Math.min(Math.round((done / Math.max(job.step_count, 1)) * 100) / 100, ALMOST);
}

const between = (low: number, value: number, high: number): number => Math.min(Math.max(value, low), high);

/** Milliseconds after which asking again makes sense; 0 when settled. Grows with the job's age. */
export function pollAfterMs(job: Job, now: number): number {
  if (isSettled(job.status)) return 0;
  if (job.run_at !== null && job.run_at > now) return between(MIN_POLL_MS, job.run_at - now, MAX_IDLE_POLL_MS);
  const rests = Object.values(job.run.open).flatMap((work) => (work.wake_at === undefined ? [] : [work.wake_at]));
  if (rests.length > 0) return between(MIN_POLL_MS, Math.min(...rests) - now, MAX_IDLE_POLL_MS);
  return between(MIN_POLL_MS, Math.round((now - job.submitted_at) / 4), MAX_POLL_MS);
}
