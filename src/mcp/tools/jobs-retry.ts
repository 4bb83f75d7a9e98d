import { err, ok } from "../../lib/result.ts";
import type { RetryError } from "../../registry/api/caller.ts";
import { retryFaults } from "../../service/answers/refusal-faults.ts";
import type { InvalidArguments } from "../../service/arguments.ts";
import { jobOutput } from "../../service/fields.ts";
import { type RetryArgs, RetryInput, retryJob } from "../../service/retry-job.ts";
import type { McpDeps } from "../deps.ts";
import { jobLink, jobReply } from "../replies/job-reply.ts";
import { call, cleansUp, faultText, quotaText, unknownJob } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

function errorText(error: InvalidArguments | RetryError, args: RetryArgs, deps: McpDeps): string {
  const { job_id } = args;
  switch (error.code) {
    case "unknown_job":
      return unknownJob(job_id);
    case "not_settled": {
      const { cleanup_job_id } = error;
      if (cleanup_job_id !== undefined) return `Not retried: ${cleansUp(job_id, cleanup_job_id)}`;
      const next = `Next: ${call("jobs_wait", { job_ids: [job_id] })}, or ${call("jobs_cancel", { job_id })} first.`;
      return `Not retried: job ${job_id} is still ${error.status}.
${next}`;
    }
    case "invalid_input":
      return faultText("Not retried: the input does not fit the blueprint.", retryFaults(error, args, deps));
    case "too_many_active":
    case "too_many_submits":
    case "storage_full":
      return quotaText("Not retried", error);
    default:
      return faultText("Not retried.", retryFaults(error, args, deps));
  }
}

export const jobsRetry = defineTool({
  name: "jobs_retry",
  title: "Retry a job",
  description:
    "Run a failed or cancelled job again as a new job that reuses the outputs of its finished steps. Next: jobs_wait with its id.",
  input: RetryInput,
  output: jobOutput,
  scope: "jobs:write",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, deps, context) => {
    const retried = await retryJob(deps, args);
    if (!retried.ok) return err(errorText(retried.error, args, deps));
    const reply = jobReply(retried.value, context);
    return ok({ ...reply, text: `A new job runs it again. ${reply.text}`, links: [jobLink(retried.value.id)] });
  },
});
