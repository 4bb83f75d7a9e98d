import { ownValue } from "../../lib/json.ts";
import type { Job } from "../job.ts";

/** Steps with others inside that may run for so long. Pure; times are epoch ms. */

/** The step begins, or goes on. The first report decides until when. */
export function bounded(job: Job, path: string, until: number): { job: Job; until: number } {
  const { deadlines = {} } = job.run;
  const known = ownValue(deadlines, path);
  if (known !== undefined) return { job, until: known };
  return { job: { ...job, run: { ...job.run, deadlines: { ...deadlines, [path]: until } } }, until };
}

/** Whether the time of one of these steps is over. */
export const isPastDeadline = ({ run }: Pick<Job, "run">, paths: readonly string[], now: number): boolean =>
  paths.some((path) => (ownValue(run.deadlines, path) ?? Number.POSITIVE_INFINITY) <= now);

/** The step has ended: run through once more, it comes to its end at once. */
export function unbounded(job: Job, path: string): Job {
  const { deadlines = {} } = job.run;
  if (!Object.hasOwn(deadlines, path)) return job;
  const { [path]: _over, ...open } = deadlines;
  const { deadlines: _before, ...run } = job.run;
  return { ...job, run: Object.keys(open).length === 0 ? run : { ...run, deadlines: open } };
}
