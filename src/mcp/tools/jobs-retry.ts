import { z } from "zod";
import { jsonObject } from "../../blueprint/kinds/fields.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { MAX_INPUT_BYTES, MAX_JOB_TIMEOUT_MS, MAX_NAME_CHARS, MAX_REFERENCE_CHARS } from "../../limits.ts";
import type { RetryError, RetryRequest } from "../../registry/api/caller.ts";
import { sizeFault } from "../../service/arguments.ts";
import { registryOfJob } from "../../service/context.ts";
import { jobId, jobOutput } from "../../service/fields.ts";
import { planHash } from "../../service/plan-cache.ts";
import { readPlan } from "../../service/submission.ts";
import { jobLink, jobReply } from "../replies/job-reply.ts";
import { call, faultText, quotaText, unknownJob } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

const Input = z.strictObject({
  job_id: jobId,
  from_step: z
    .string()
    .min(1)
    .max(MAX_NAME_CHARS)
    .optional()
    .describe("Top-level step to run again from; the first unfinished one when left out."),
  input: jsonObject.optional().describe("Replaces the input; without from_step all steps run again."),
  blueprint: z
    .union([z.string().min(1).max(MAX_REFERENCE_CHARS), jsonObject])
    .optional()
    .describe("A corrected plan; finished steps before the first one that changed are reused."),
  timeout_seconds: z
    .int()
    .min(1)
    .max(MAX_JOB_TIMEOUT_MS / 1_000)
    .optional()
    .describe("As in jobs_submit_blueprint; as before when left out."),
});
type Input = z.output<typeof Input>;

function errorText(error: RetryError, { job_id, from_step = "" }: Input): string {
  switch (error.code) {
    case "unknown_job":
      return unknownJob(job_id);
    case "not_settled": {
      const next = `Next: ${call("jobs_wait", { job_ids: [job_id] })}, or ${call("jobs_cancel", { job_id })} first.`;
      return `Not retried: job ${job_id} is still ${error.status}.\n${next}`;
    }
    case "from_step_needed": {
      const fix = "Name the step to run again from; the first step runs all of it again.";
      return faultText("Not retried.", [{ path: "from_step", message: "is needed: the job has succeeded", fix }]);
    }
    case "no_such_step": {
      const message = `"${echo(from_step)}" is no step that can be run again from`;
      const fix = error.steps.length > 0 ? `Use one of: ${error.steps.join(", ")}.` : "Leave it out.";
      return faultText("Not retried.", [{ path: "from_step", message, fix }]);
    }
    case "invalid_input":
      return faultText("Not retried: the input does not fit the blueprint.", error.faults);
    case "too_many_active":
    case "too_many_submits":
    case "storage_full":
      return quotaText("Not retried", error);
    default:
      return error satisfies never;
  }
}

export const jobsRetry = defineTool({
  name: "jobs_retry",
  title: "Retry a job",
  description:
    "Run a failed or cancelled job again as a new job that reuses the outputs of its finished steps. Returns the new job. Next: jobs_wait with the new id.",
  input: Input,
  output: jobOutput,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, deps, context) => {
    const { job_id, from_step = null, input = null, blueprint, timeout_seconds } = args;
    const oversize = sizeFault("input", input ?? {}, MAX_INPUT_BYTES);
    if (oversize.length > 0) return err(faultText("Not retried.", oversize));
    const corrected = blueprint === undefined ? undefined : await readPlan({ blueprint }, deps);
    if (corrected?.ok === false) return err(faultText("Not retried.", corrected.error));
    const newPlan = corrected && {
      label: corrected.value.label,
      plan: corrected.value.plan,
      plan_hash: await planHash(corrected.value.plan),
    };
    const request: RetryRequest = {
      from_step,
      input,
      ...(newPlan && { blueprint: newPlan }),
      ...(timeout_seconds !== undefined && { timeout_ms: timeout_seconds * 1_000 }),
    };
    const retried = await registryOfJob(deps, job_id)?.retry(deps.tenant, job_id, request, deps.actor);
    if (retried === undefined) return err(unknownJob(job_id));
    if (!retried.ok) return err(errorText(retried.error, args));
    const reply = jobReply(retried.value, context);
    return ok({ ...reply, text: `A new job runs it again. ${reply.text}`, links: [jobLink(retried.value.id)] });
  },
});
