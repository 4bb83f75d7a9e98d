import type { Job } from "./job.ts";
import { isSettled } from "./status.ts";

/** True for an accepted job, or a new attempt of one, that the engine has not been given yet. */
export const isUndispatched = (job: Job): boolean => job.dispatched_at === null && !isSettled(job.status);

/** When a job that has started must have settled, in epoch ms; undefined before it starts. */
export const deadline = (job: Job): number | undefined =>
  job.started_at === null ? undefined : job.started_at + job.timeout_ms;

/** When the first question expires that nobody has answered, no event either: it is closed then, however silent the engine is. */
const firstExpiry = (job: Job): number =>
  Object.values(job.run.open).reduce(
    (first, { question, event, ready }) =>
      ready === undefined ? Math.min(first, (question ?? event)?.expires_at ?? first) : first,
    Number.POSITIVE_INFINITY,
  );

/** When the registry must look at the job next, in epoch ms. A settled job's is its purge, fixed when it settled. */
export function nextDue(job: Job): number {
  if (isSettled(job.status)) return job.due_at;
  return Math.min(job.expected_by, deadline(job) ?? Number.POSITIVE_INFINITY, firstExpiry(job));
}

/**
 * The job with its due time moved only when it must be earlier, or has passed: `due_at` is indexed, and a look that
 * comes early costs less than an index row for every report.
 */
export function withDue(job: Job, now: number): Job {
  const due = nextDue(job);
  return due < job.due_at || job.due_at <= now ? { ...job, due_at: due } : job;
}
