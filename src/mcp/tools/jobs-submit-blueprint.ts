import { err, ok } from "../../lib/result.ts";
import { plural } from "../../lib/text/plural.ts";
import { MAX_ECHO_CHARS, MAX_REPLY_BYTES } from "../../limits.ts";
import type { SubmitError } from "../../registry/api/caller.ts";
import type { InvalidArguments } from "../../service/arguments.ts";
import { submitBatch } from "../../service/batches/submit-batch.ts";
import { jobOutput } from "../../service/fields.ts";
import { checkSubmit, submitJob } from "../../service/submit.ts";
import { type SubmitArgs, SubmitInput } from "../../service/submit-draft.ts";
import type { McpDeps } from "../deps.ts";
import { acceptedReply, jobLink } from "../replies/job-reply.ts";
import { call, faultText, quotaText, shownFaults } from "../replies/text.ts";
import { PROGRESS_APP_URI } from "../resources/progress-app.ts";
import { type CallContext, defineTool, type Outcome } from "../tool.ts";

async function dryRun(args: SubmitArgs, deps: McpDeps): Promise<Outcome> {
  const checked = await checkSubmit(deps, args);
  if (!checked.ok) return err(quotaText("Not checked", checked.error));
  const { blueprint, faults: all } = checked.value;
  // They are in the reply twice: as fields, and as text.
  const faults = shownFaults(all, MAX_REPLY_BYTES / 2 - MAX_ECHO_CHARS);
  const valid = all.length === 0;
  const text = valid
    ? `Dry run of ${blueprint}: valid, nothing is stored.`
    : faultText("Dry run: not valid, nothing is stored.", faults);
  const next = valid ? "The same call without dry_run." : "Mend the faults, then the same call again.";
  return ok({ next, structured: { valid, blueprint, faults }, text });
}

function conflictText(jobId: string): string {
  return [
    `idempotency_key: was already used with other arguments, by job ${jobId}.`,
    `Next: ${call("jobs_get_status", { job_id: jobId })} for that job, or submit with a new idempotency_key for a new one.`,
  ].join("\n");
}

function errorText(error: InvalidArguments | SubmitError): string {
  switch (error.code) {
    case "invalid_arguments":
      return faultText("Not submitted.", error.faults);
    case "idempotency_conflict":
      return conflictText(error.job_id);
    default:
      return quotaText("Not submitted", error);
  }
}

async function submit(args: SubmitArgs, deps: McpDeps, context: CallContext): Promise<Outcome> {
  const submitted = await submitJob(deps, args, context.signal);
  if (!submitted.ok) return err(errorText(submitted.error));
  const job = submitted.value;
  const reply = acceptedReply(job, context);
  const first = job.deduplicated ? "Already submitted with this idempotency_key." : "Submitted; the job is durable.";
  return ok({ ...reply, text: `${first} ${reply.text}`, links: [jobLink(job.id)], submitted: job });
}

async function submitMany(args: SubmitArgs, deps: McpDeps): Promise<Outcome> {
  const submitted = await submitBatch(deps, args);
  if (!submitted.ok) return err(errorText(submitted.error));
  const { batch_id, count, deduplicated } = submitted.value;
  const first = deduplicated ? "Already submitted with this idempotency_key" : "Submitted, and durable";
  return ok({
    next: `${call("jobs_wait", { batch_id })} waits for all of them.`,
    structured: { ...submitted.value },
    text: `${first}: ${plural(count, "job")} of ${batch_id}.`,
  });
}

export const jobsSubmitBlueprint = defineTool({
  name: "jobs_submit_blueprint",
  title: "Submit a job",
  description:
    "Run a plan of steps as a durable background job; returns its id at once. Keep the id. Next: jobs_wait with it, or set wait_seconds here for short jobs.",
  input: SubmitInput,
  // A dry run has no job.
  output: jobOutput.partial(),
  scope: "jobs:write",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  view: PROGRESS_APP_URI,
  run: async (args, deps, context) => {
    if (args.dry_run) return dryRun(args, deps);
    return args.inputs === undefined ? submit(args, deps, context) : submitMany(args, deps);
  },
});
