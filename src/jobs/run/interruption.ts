import { MAX_INTERRUPTED_TRIES } from "../../limits.ts";
import type { Job, OpenWork, StepError } from "../job.ts";

/**
 * An attempt begins again from the top whenever its process died, and would do so for ever when it is what kills it. A
 * try of an acting step counts its own deaths; here is what dies outside of them: in an expression. Pure.
 */

/** It counts itself, or is nothing that could kill: a try, and a wait or rest that is not over. */
const goesOn = ({ wake_at, ready }: OpenWork, now: number): boolean =>
  wake_at === undefined ? ready === undefined : wake_at > now;

/** The attempt began again, and has reported nothing since it began before. */
export function startedAgain(job: Job, now: number): Job {
  if (Object.values(job.run.open).some((work) => goesOn(work, now))) return job;
  return { ...job, run: { ...job.run, interrupted: (job.run.interrupted ?? 0) + 1 } };
}

/** The attempt got further than ever before, or has asked for something that it must wait for. */
export function gotFurther(job: Job): Job {
  const { interrupted, ...run } = job.run;
  return interrupted === undefined ? job : { ...job, run };
}

/** Why the attempt must not go on. */
export function interruption({ run: { interrupted = 0 } }: Job): StepError | undefined {
  if (interrupted <= MAX_INTERRUPTED_TRIES) return undefined;
  const message = `The job died with its process ${interrupted} times at the same place. Look at the expressions behind its last step: give them less to hold, or split the work.`;
  return { code: "job_interrupted", message };
}
