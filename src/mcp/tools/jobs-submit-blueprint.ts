import { INLINE } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import type { JobStatus } from "../../jobs/view.ts";
import { err, ok } from "../../lib/result.ts";
import { MAX_ECHO_CHARS, MAX_REPLY_BYTES } from "../../limits.ts";
import type { SubmitError } from "../../registry/api/caller.ts";
import { registryOfJob } from "../../service/context.ts";
import { jobOutput } from "../../service/fields.ts";
import { submitToShard } from "../../service/shard-routing.ts";
import { draftOf, type SubmitArgs, SubmitInput, submitRequest } from "../../service/submission.ts";
import type { McpDeps } from "../deps.ts";
import { acceptedReply, jobLink } from "../replies/job-reply.ts";
import { call, faultText, quotaText, shownFaults } from "../replies/text.ts";
import { PROGRESS_APP_URI } from "../resources/progress-app.ts";
import { type CallContext, defineTool, type Outcome, type Reply } from "../tool.ts";

/** How an inline blueprint is called until it has a name of its own. */
const labelGiven = (blueprint: SubmitArgs["blueprint"]): string => (typeof blueprint === "string" ? blueprint : INLINE);

async function dryRun(args: SubmitArgs, deps: McpDeps): Promise<Reply> {
  const draft = await draftOf(args, deps);
  // They are in the reply twice: as fields, and as text.
  const faults = draft.ok ? [] : shownFaults(draft.error, MAX_REPLY_BYTES / 2 - MAX_ECHO_CHARS);
  const blueprint = draft.ok ? draft.value.label : labelGiven(args.blueprint);
  const text = draft.ok
    ? `Dry run of ${blueprint}: valid, nothing is stored.`
    : faultText("Dry run: not valid, nothing is stored.", faults);
  const next = draft.ok ? "The same call without dry_run." : "Mend the faults, then the same call again.";
  return { next, structured: { valid: draft.ok, blueprint, faults }, text };
}

function conflictText(jobId: string): string {
  return [
    `idempotency_key: was already used with other arguments, by job ${jobId}.`,
    `Next: ${call("jobs_get_status", { job_id: jobId })} for that job, or submit with a new idempotency_key for a new one.`,
  ].join("\n");
}

const errorText = (error: SubmitError): string =>
  error.code === "idempotency_conflict" ? conflictText(error.job_id) : quotaText("Not submitted", error);

/**
 * The job's newest status after at most `waitMs`. The job is durable already: whatever happens to the wait,
 * the caller gets its id.
 */
async function afterWait<T extends JobStatus>(job: T, waitMs: number, deps: McpDeps): Promise<T> {
  if (waitMs === 0 || isSettled(job.status)) return job;
  const tries = [
    () => registryOfJob(deps, job.id)?.wait(deps.tenant, job.id, waitMs),
    () => registryOfJob(deps, job.id)?.status(deps.tenant, job.id, { steps: false, events: false }),
  ];
  for (const newest of tries) {
    try {
      const status = await newest();
      if (status?.ok) return { ...job, ...status.value };
    } catch {
      // The object was reset while we waited; the next try has a stub of its own.
    }
  }
  return job;
}

async function submit(args: SubmitArgs, deps: McpDeps, context: CallContext): Promise<Outcome> {
  const draft = await draftOf(args, deps);
  if (!draft.ok) return err(faultText("Not submitted.", draft.error));
  const submitted = await submitToShard(await submitRequest(args, draft.value, deps), deps);
  if (!submitted.ok) return err(errorText(submitted.error));
  const job = await afterWait(submitted.value, args.wait_seconds * 1_000, deps);
  const reply = acceptedReply(job, context);
  const first = job.deduplicated ? "Already submitted with this idempotency_key." : "Submitted; the job is durable.";
  return ok({ ...reply, text: `${first} ${reply.text}`, links: [jobLink(job.id)], submitted: job });
}

export const jobsSubmitBlueprint = defineTool({
  name: "jobs_submit_blueprint",
  title: "Submit a job",
  description:
    "Run a plan of steps as a durable background job; returns its id at once. Keep the id. Next: jobs_wait with it, or set wait_seconds here for short jobs.",
  input: SubmitInput,
  // A dry run has no job.
  output: jobOutput.partial(),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  view: PROGRESS_APP_URI,
  run: async (args, deps, context) => (args.dry_run ? ok(await dryRun(args, deps)) : submit(args, deps, context)),
});
