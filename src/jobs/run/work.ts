import { DISPATCH_GRACE_MS, REPORT_GRACE_MS } from "../../limits.ts";
import { withDue } from "../due.ts";
import { type Job, type OpenWork, openWork, type StepState, stepState } from "../job.ts";
import { topLevelStep } from "./action-keys.ts";
import { gotFurther } from "./interruption.ts";
import { withEvent } from "./timeline.ts";

/** Changes to what a job is doing, shared by the reports. Pure; `now` is epoch ms, from the registry's clock. */

export const isTopLevel = (path: string): boolean => topLevelStep(path) === path;

/** Opens the work at the path, or closes it. */
export function withOpen(job: Job, path: string, work: OpenWork | undefined): Job {
  const { [path]: _closed, ...others } = job.run.open;
  const open = work === undefined ? others : { ...others, [path]: work };
  return { ...job, run: { ...job.run, open } };
}

/** Changes the state of a top-level step; inner steps show in its counts alone. */
export function withStep(job: Job, path: string, now: number, change: Partial<StepState>): Job {
  if (!isTopLevel(path)) return job;
  const before = stepState(job.run, path) ?? {
    status: "running",
    tries: 0,
    started_at: now,
    completed_at: null,
    error: null,
  };
  return { ...job, run: { ...job.run, steps: { ...job.run.steps, [path]: { ...before, ...change } } } };
}

/** Silence is measured from the earliest thing that is open, or that waits for its turn; between two steps from now. */
export function withExpectation(job: Job, now: number): Job {
  const { open, turn_at = now } = job.run;
  const awaited = Object.values(open).map((work) => work.expected_by);
  if (turn_at > now) awaited.push(turn_at + REPORT_GRACE_MS);
  const expected_by = awaited.length > 0 ? Math.min(...awaited) : now + DISPATCH_GRACE_MS;
  return withDue({ ...gotFurther(job), expected_by, nudges: 0 }, now);
}

/** A step waits by the engine for its turn, and asks again after `pauseMs`. */
export function untilTurn(job: Job, pauseMs: number, now: number): Job {
  const { turn_at = now } = job.run;
  const next = now + pauseMs;
  return withExpectation({ ...job, run: { ...job.run, turn_at: turn_at > now ? Math.min(turn_at, next) : next } }, now);
}

/** Notes the start of a step that has not been seen before. */
export function withFirstStart(job: Job, path: string, now: number): Job {
  const known = openWork(job.run, path) !== undefined || (isTopLevel(path) && stepState(job.run, path) !== undefined);
  return known ? job : withEvent(job, "step_started", now, path);
}
