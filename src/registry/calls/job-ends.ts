import type { Job } from "../../jobs/job.ts";
import type { NotSettled } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { notSettled } from "../dispatch/cleanup.ts";
import { type Effect, followEffects, settleJob } from "../run/settlements.ts";

/** How a caller ends a job, and gets rid of it. */

/** Called inside a transaction. @returns what must follow it; undefined: the job had settled before */
export function cancelJob(
  context: RegistryContext,
  job: Job,
  reason: string | null,
  actor: string | null,
  now: number,
): Effect[] | undefined {
  const settled = settleJob(context, job, job, { name: "cancelled", reason }, now);
  if (settled === undefined) return undefined;
  context.store.note({ at: now, action: "job_cancelled", actor, subject: job.job_id });
  return job.dispatched_at === null ? settled : [...settled, { do: "terminate", job }];
}

/** Settles first, then ends the instance, if the engine was given one; one that is created later meets `stop`. */
export function afterCancel(context: RegistryContext, effects: readonly Effect[]): void {
  context.background(followEffects(context, effects));
}

/** Called inside a transaction. @returns why it is not deleted */
export function deleteJob(
  context: RegistryContext,
  job: Job,
  actor: string | null,
  now: number,
): NotSettled | undefined {
  const unsettled = notSettled(context, job);
  if (unsettled !== undefined) return unsettled;
  context.store.delete(job, now);
  context.store.note({ at: now, action: "job_deleted", actor, subject: job.job_id });
  return undefined;
}
