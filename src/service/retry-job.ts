import * as z from "zod";
import { jsonObject } from "../blueprint/kinds/fields.ts";
import type { JobStatus } from "../jobs/view.ts";
import type { Fault } from "../lib/fault.ts";
import { ok, type Result } from "../lib/result.ts";
import { MAX_INPUT_BYTES, MAX_JOB_TIMEOUT_MS, MAX_NAME_CHARS, MAX_REFERENCE_CHARS } from "../limits.ts";
import type { RetryError, RetryRequest } from "../registry/api/caller.ts";
import { type InvalidArguments, invalidArguments, sizeFault } from "./arguments.ts";
import { planHash } from "./blueprints/plan-cache.ts";
import type { Answer, ServiceContext } from "./context.ts";
import { jobId } from "./fields.ts";
import { askOwner } from "./job-operations.ts";
import { readPlan } from "./submit-draft.ts";

export const RetryInput = z.strictObject({
  job_id: jobId,
  from_step: z
    .string()
    .min(1)
    .max(MAX_NAME_CHARS)
    .optional()
    .describe("Top-level step to go on from; else the first unfinished one."),
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
    .describe("As before when left out."),
});
export type RetryArgs = z.output<typeof RetryInput>;

/** The corrected plan, if there is one. */
export async function correctionOf(
  context: ServiceContext,
  { blueprint }: Pick<RetryArgs, "blueprint">,
): Promise<Result<Pick<RetryRequest, "blueprint">, Fault[]>> {
  if (blueprint === undefined) return ok({});
  const corrected = await readPlan(context, { blueprint });
  if (!corrected.ok) return corrected;
  const { label, plan } = corrected.value;
  return ok({ blueprint: { label, plan, plan_hash: await planHash(plan) } });
}

/** A new job that goes on where the settled one ended. The same retry again returns its job while that is unsettled. */
export async function retryJob(
  context: ServiceContext,
  args: RetryArgs,
): Answer<JobStatus, InvalidArguments | RetryError> {
  const { job_id, from_step = null, input = null, timeout_seconds } = args;
  const oversize = sizeFault("input", input ?? {}, MAX_INPUT_BYTES);
  if (oversize.length > 0) return invalidArguments(oversize);
  const correction = await correctionOf(context, args);
  if (!correction.ok) return invalidArguments(correction.error);
  const request: RetryRequest = {
    from_step,
    input,
    ...correction.value,
    ...(timeout_seconds !== undefined && { timeout_ms: timeout_seconds * 1_000 }),
  };
  return askOwner(context, args, (registry, caller) => registry.retry(caller, job_id, request));
}
