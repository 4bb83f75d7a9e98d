import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { DeleteInput, deleteJob } from "../../service/job-operations.ts";
import { call, cleansUp, unknownJob } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

export const jobsDelete = defineTool({
  name: "jobs_delete",
  title: "Delete a job",
  description:
    "Delete a settled job with its result and timeline, for good; settled jobs also go by themselves at expires_at. A job that is not settled: jobs_cancel first.",
  input: DeleteInput,
  output: z.looseObject({ deleted: z.literal(true) }),
  scope: "jobs:write",
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  run: async ({ job_id }, deps) => {
    const removed = await deleteJob(deps, { job_id });
    if (removed.ok)
      return ok({ next: "There is nothing to do.", structured: { deleted: true }, text: `Job ${job_id} is deleted.` });
    if (removed.error.code === "unknown_job") return err(unknownJob(job_id));
    const { cleanup_job_id } = removed.error;
    if (cleanup_job_id !== undefined) return err(`Not deleted: ${cleansUp(job_id, cleanup_job_id)}`);
    const next = `Next: ${call("jobs_cancel", { job_id })}, then delete it, or let it go on.`;
    return err(`Not deleted: job ${job_id} is ${removed.error.status}.\n${next}`);
  },
});
