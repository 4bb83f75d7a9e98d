import { type Job, type OpenWork, openWork } from "../../jobs/job.ts";
import { enclosing } from "../../jobs/run/awaiting.ts";
import { isPastDeadline } from "../../jobs/run/deadlines.ts";
import { applyMarks, type Mark } from "../../jobs/run/reports.ts";
import { isFenced } from "../../jobs/run/takeover.ts";
import { isTopLevel } from "../../jobs/run/work.ts";
import type { Json } from "../../lib/json.ts";
import type { RunRef, Stop } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { failedPath, haltedPath, roundsPath } from "../storage/values.ts";

/** What must be stored of a step that its mark says is over; undefined: nothing, or it was stored before. */
function outcomeOf({ tables }: RegistryContext, job: Job, mark: Mark): Json | undefined {
  const work = openWork(job.run, mark.path);
  // A top-level rest has a state, which says the same.
  if (mark.status === "succeeded") return work?.wake_at === undefined || isTopLevel(mark.path) ? undefined : {};
  // The blueprint went on from it, whatever it failed of. Of rows that were stopped that is stored already.
  const isPassedOver = mark.status === "failed" && tables.values.json(job, haltedPath(mark.path)) === undefined;
  return isPassedOver ? { error: { ...mark.error } } : undefined;
}

/** A rest ended when it was to end. */
const endOf = (work: OpenWork | undefined) => work && { ...work, at: work.wake_at };

/** The job, if the run may still change it. */
export function findFenced({ tables }: RegistryContext, ref: RunRef): Job | undefined {
  const job = tables.jobs.find(ref.tenant, ref.job_id);
  return job === undefined || isFenced(job, ref) ? undefined : job;
}

/** The job with its marks. What a step waited for is stored like an output, so that no later run waits for it again. */
export function withMarks(context: RegistryContext, job: Job, marks: readonly Mark[], now: number): Job {
  let kept = job;
  for (const mark of marks) {
    const output = outcomeOf(context, job, mark);
    if (output !== undefined)
      kept = context.tables.values.keep(kept, mark.path, output, endOf(openWork(job.run, mark.path))).job;
  }
  return applyMarks(kept, marks, now);
}

/** Whether the step at `path` lies in a round that is over: a report that came late may ask for it to begin. */
const isInEndedRound = ({ tables }: RegistryContext, job: Job, path: string): boolean =>
  [...path.matchAll(/#(\d+)\./g)].some(({ index, 1: round }) => {
    const known = tables.values.json(job, roundsPath(path.slice(0, index)));
    return known !== undefined && JSON.parse(known).round >= Number(round);
  });

/** Whether the step at `path` lies in a row, or a round, that is over, or whose time is: nothing of it begins any more. */
export const isHalted = (context: RegistryContext, job: Job, path: string, now: number): boolean =>
  isPastDeadline(job, enclosing(path), now) ||
  isInEndedRound(context, job, path) ||
  enclosing(path).some((around) =>
    [haltedPath(around), failedPath(around)].some((each) => context.tables.values.json(job, each) !== undefined),
  );

/** Applies one report of the run that has the job, as one transaction; one of any other changes nothing. */
export function applyReport<Reply>(
  context: RegistryContext,
  ref: RunRef,
  report: (job: Job, now: number) => { next: Job; reply: Reply },
): Reply | Stop {
  return context.store.transact(() => {
    const job = findFenced(context, ref);
    if (job === undefined) return { do: "stop" };
    const { next, reply } = report(job, context.now());
    return context.store.save(job, next) ? reply : { do: "stop" };
  });
}
