import type { JobRow } from "../jobs/view.ts";
import { DEFAULT_LIST_ROWS, MAX_LIST_ROWS } from "../limits.ts";
import type { ServiceContext } from "./context.ts";
import { listJobs } from "./shard-routing.ts";

/** The tenant's newest jobs. */
export async function recentJobs(context: ServiceContext, limit = DEFAULT_LIST_ROWS): Promise<JobRow[]> {
  const anything = { statuses: [], blueprint: null, metadata: {}, submitted_after: null, submitted_before: null };
  return (await listJobs({ ...anything, limit, after: null }, context)).jobs;
}

/** Ids of recent jobs that start with `prefix`, newest first. */
export async function completeJobId(prefix: string, context: ServiceContext): Promise<string[]> {
  const jobs = await recentJobs(context, MAX_LIST_ROWS);
  return jobs.map(({ id }) => id).filter((id) => id.startsWith(prefix));
}
