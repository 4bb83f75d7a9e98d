import type { JobStatus } from "../../jobs/view.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { jobStatus, lastStateOfJob } from "../../service/job-operations.ts";
import type { McpDeps } from "../deps.ts";
import { type DetailedTask, detailedTask, goneTask } from "../replies/task.ts";
import { unknownJob } from "../replies/text.ts";

/** What clients of tasks ask most. */
export const GET_TASK = "tasks/get";

/** The job with its events. */
export async function lookAtTask(taskId: string, deps: McpDeps): Promise<Result<JobStatus, string>> {
  const found = await jobStatus(deps, { job_id: taskId, include: ["events"] });
  return found.ok ? found : err(unknownJob(taskId));
}

/** A job that was deleted or purged answers as it stood for a while: a client that hears of no end asks on for ever. */
export async function getTask(taskId: string, deps: McpDeps): Promise<Result<DetailedTask, string>> {
  const found = await lookAtTask(taskId, deps);
  if (found.ok) return ok(detailedTask(found.value, deps));
  const gone = await lastStateOfJob(deps, { job_id: taskId });
  return gone.ok ? ok(goneTask(gone.value, deps)) : found;
}
