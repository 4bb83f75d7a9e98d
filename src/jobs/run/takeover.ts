import { type Job, openWork, type Runner, WAKE_EVENT, wakeEvent } from "../job.ts";
import { isSettled } from "../status.ts";

/**
 * Which run of an attempt may report. The engine does not stop the callback of a step that timed out, and starts one
 * anew whose process died: each run takes a number, and reports of earlier ones change nothing. Pure; times are epoch ms.
 */

/** Who takes the attempt over. `token` is new for each call, the same when the call is sent again. */
export type Taker = Pick<Runner, "process" | "token">;

/** The job in the hands of the taker. */
export function takenOver(job: Job, { process, token }: Taker): Job {
  const before = job.run.runner;
  if (before?.token === token) return job;
  const run = (before?.run ?? 0) + 1;
  const since = before?.process === process ? before.since : run;
  return { ...job, run: { ...job.run, runner: { run, since, process, token } } };
}

/** What a report says of its sender; no run: a runner of 0.1.0. */
export interface Sender {
  attempt: number;
  run?: number | undefined;
}

/** Whether the job is in the hands of a runner that can be told to wait: those of 0.1.0 take that for the end of their job. */
export const canWait = ({ run }: Pick<Job, "run">): boolean => run.runner !== undefined;

/** True when the report may no longer change the job: its sender must stop without acting. */
export const isFenced = (job: Job, { attempt, run = 0 }: Sender): boolean =>
  isSettled(job.status) || job.attempt !== attempt || run < (job.run.runner?.run ?? 0);

/**
 * Until when an earlier run may still act at the path, because it lives in the same process; undefined: it does not. One
 * whose process has ended can be followed at once.
 */
export function busyUntil(job: Job, path: string, now: number): number | undefined {
  const { runner } = job.run;
  const work = openWork(job.run, path);
  if (work?.token === undefined || work.run === undefined || runner === undefined) return undefined;
  const mayAct = work.run >= runner.since && work.run < runner.run && work.expected_by > now;
  return mayAct ? work.expected_by : undefined;
}

/** The job whose attempt must hear that what the step at `path` waits for is there, and the engine's events that say so. */
export function toldOf(job: Job, path: string): { job: Job; events: string[] } {
  const { runner } = job.run;
  if (runner === undefined) return { job, events: [wakeEvent(path)] };
  if (runner.told) return { job, events: [] };
  return { job: { ...job, run: { ...job.run, runner: { ...runner, told: true } } }, events: [WAKE_EVENT] };
}

/** The run asks what there is: it must be told of what comes after. */
export function asked(job: Job): Job {
  const { runner } = job.run;
  if (runner?.told === undefined) return job;
  const { told: _heard, ...rest } = runner;
  return { ...job, run: { ...job.run, runner: rest } };
}

/** Paths of the steps whose outcome is there, or never will be, and was not fetched. */
const readyPaths = (job: Job): string[] =>
  Object.entries(job.run.open).flatMap(([path, { ready }]) => (ready === undefined ? [] : [path]));

/** Paths of the steps that go on waiting. */
export const waitingPaths = (job: Job): string[] =>
  Object.entries(job.run.open).flatMap(([path, { ready }]) => (ready === undefined ? [path] : []));

/**
 * The engine's events for all that was not fetched. A run that was told and has not asked since may have missed the event,
 * although nothing is left to fetch: a report of its own that came twice, and late, has fetched it for nobody.
 */
export function undelivered(job: Job): string[] {
  const ready = readyPaths(job);
  const { runner } = job.run;
  if (runner === undefined) return ready.map(wakeEvent);
  return ready.length > 0 || runner.told ? [WAKE_EVENT] : [];
}
