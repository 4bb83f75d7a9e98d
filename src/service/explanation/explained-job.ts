import * as z from "zod";
import { redacted } from "../../jobs/credentials.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { ok } from "../../lib/result.ts";
import { MAX_NAME_CHARS } from "../../limits.ts";
import type { Explanation, UnknownJob } from "../../registry/api/caller.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { jobId } from "../fields.ts";
import { askOwner } from "../job-operations.ts";
import { type FilledStep, filledStep } from "./filled-step.ts";

/** Everything known about one job, for whoever wants to understand it. */

export const ExplainInput = z.strictObject({
  job_id: jobId,
  step: z
    .string()
    .min(1)
    .max(MAX_NAME_CHARS)
    .optional()
    .describe("Also this top-level step with its expressions replaced."),
});

export interface ExplainedJob extends Explanation {
  filled?: FilledStep;
}

export const explainJob = (context: ServiceContext, { job_id }: { job_id: string }): Answer<Explanation, UnknownJob> =>
  askOwner(context, { job_id }, (registry, caller) => registry.explain(caller, job_id));

const redactedFields = (fields: JsonObject): JsonObject => {
  const shown: Json = redacted(fields);
  return isJsonObject(shown) ? shown : {};
};

const redactedStep = (step: FilledStep): FilledStep => ("value" in step ? { value: redacted(step.value) } : step);

/**
 * What looks like a credential is taken out of all that the job was given and worked on, as it is for a model. The plan and
 * the status stand as `jobStatus` shows them.
 */
export async function explainForViewer(
  context: ServiceContext,
  { job_id, step }: z.output<typeof ExplainInput>,
): Answer<ExplainedJob, UnknownJob> {
  const found = await explainJob(context, { job_id });
  if (!found.ok) return found;
  const { input, outputs, ...known } = found.value;
  return ok({
    ...known,
    input: redacted(input),
    outputs: redactedFields(outputs),
    ...(step !== undefined && { filled: redactedStep(await filledStep(found.value, step)) }),
  });
}
