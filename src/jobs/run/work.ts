import { DISPATCH_GRACE_MS } from "../../limits.ts";
import { withDue } from "../due.ts";
import { type Job, type OpenWork, openWork, type StepState, stepState, topLevelStep } from "../job.ts";
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

/** Silence is measured from the earliest thing that is open; between two steps from now. */
export function withExpectation(job: Job, now: number): Job {
  const open = Object.values(job.run.open).map((work) => work.expected_by);
  const expected_by = open.length > 0 ? Math.min(...open) : now + DISPATCH_GRACE_MS;
  return withDue({ ...gotFurther(job), expected_by, nudges: 0 }, now);
}

/** Notes the start of a step that has not been seen before. */
export function withFirstStart(job: Job, path: string, now: number): Job {
  const known = openWork(job.run, path) !== undefined || (isTopLevel(path) && stepState(job.run, path) !== undefined);
  return known ? job : withEvent(job, "step_started", now, path);
}
