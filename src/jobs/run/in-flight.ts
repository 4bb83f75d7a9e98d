import type { InFlight, Job, OpenWork } from "../job.ts";
import type { Outcome } from "../settle.ts";
import { liesIn } from "./awaiting.ts";

/** What goes on of a job that has settled, and what takes it back. Pure; times are epoch ms. */

/** `all[3].pay` is of the step `pay`: ids are unique in a plan. */
export const stepIdOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1).replace(/[[#].*$/, "");

/** The path of the step that the step at the path of a cleanup job takes back; undefined: none. */
export function undonePath(path: string): string | undefined {
  const at = path.lastIndexOf(".undo");
  return at > 0 && /^\.undo(\.[^.]+)?$/.test(path.slice(at)) ? path.slice(0, at) : undefined;
}

/** It acts, and nobody has heard how it came out. */
const acts = ({ token, ready }: OpenWork): boolean => token !== undefined && ready === undefined;

/** Actions that may still be acting when the job settles; a run that settles it itself has awaited its own. */
export function stillActing({ run }: Job, outcome: Outcome): Record<string, InFlight> {
  if (outcome.name !== "cancelled" && !(outcome.name === "failed" && outcome.path === null)) return {};
  return Object.fromEntries(
    Object.entries(run.open).flatMap(([path, work]) => {
      const { key_path, expected_by: until } = work;
      return acts(work) ? [[path, { until, ...(key_path && { key_path }) }]] : [];
    }),
  );
}

/** The settled job without the action that has ended. */
export function landed(job: Job, path: string): Job {
  const { [path]: _landed, ...in_flight } = job.run.in_flight ?? {};
  return { ...job, run: { ...job.run, in_flight } };
}

/**
 * When the last action that was in flight is over for sure; null: none is.
 * @param rows only those of rows of the step at this path
 */
export function allLandedBy({ run }: Pick<Job, "run">, rows?: string): number | null {
  const waited = Object.entries(run.in_flight ?? {}).filter(([path]) => rows === undefined || liesIn(path, rows));
  return waited.length === 0 ? null : Math.max(...waited.map(([, { until }]) => until));
}
