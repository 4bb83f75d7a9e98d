import { ACTED_ON } from "../../jobs/bulk.ts";
import type { Job, ListedJob } from "../../jobs/job.ts";
import type { BulkRequest } from "../api/batch-calls.ts";
import { fits } from "../calls/list-jobs.ts";
import type { RegistryContext } from "../context.ts";

/** The job that stands for this one at the end of its chain of retries. */
function newestOf<Looked extends ListedJob>({ actions, tables }: RegistryContext, job: Looked): Looked | Job {
  for (let newest: Looked | Job = job; ; ) {
    const id = actions.lastRetry(newest.job_id);
    const next = id === undefined ? undefined : tables.jobs.find(job.tenant, id);
    if (next === undefined) return newest;
    newest = next;
  }
}

/** Whether the listing that names the first of a chain names its newest job as well. */
function isListed(job: ListedJob, { where }: BulkRequest): boolean {
  // A retry names its batch, which is listed by the moment of its submit.
  if (where.batch_id) return false;
  const { submitted_after: after, submitted_before: before } = where;
  const isInTime = (after === null || job.submitted_at > after) && (before === null || job.submitted_at < before);
  return isInTime && fits(job, job.tenant, where);
}

/**
 * Which job the action is done to where this one is listed, if any. What was retried before is passed over as long as its
 * retry runs or has succeeded; a retry that failed stands for it, once. So the same call again repeats nothing.
 */
export function actedOn<Looked extends ListedJob>(
  context: RegistryContext,
  listed: Looked,
  request: BulkRequest,
): Looked | Job | undefined {
  const canBe = (job: ListedJob) => job.run.bulk === undefined && ACTED_ON[request.action].includes(job.status);
  if (!canBe(listed)) return undefined;
  if (request.action !== "retry") return listed;
  const newest = newestOf(context, listed);
  if (newest.job_id === listed.job_id) return listed;
  return request.where.statuses.includes(newest.status) && canBe(newest) && !isListed(newest, request)
    ? newest
    : undefined;
}
