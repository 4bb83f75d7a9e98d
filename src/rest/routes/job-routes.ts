import { CURSOR_FAULT, respondFaults, resultFaults, retryFaults } from "../../service/answers/refusal-faults.ts";
import { submitBatch } from "../../service/batches/submit-batch.ts";
import { waitForBatch } from "../../service/batches/wait-for-batch.ts";
import { ExplainInput, explainForViewer } from "../../service/explanation/explained-job.ts";
import { ListInput, listJobs } from "../../service/job-listing.ts";
import {
  CancelInput,
  cancelJob,
  DeleteInput,
  deleteJob,
  jobStatus,
  RespondInput,
  ResultInput,
  readResult,
  respondToJob,
  StatusInput,
} from "../../service/job-operations.ts";
import { RetryInput, retryJob } from "../../service/retry-job.ts";
import { checkSubmit, submitJob } from "../../service/submit.ts";
import { type SubmitArgs, SubmitInput } from "../../service/submit-draft.ts";
import { WaitInput, waitAsked, waitForJobs } from "../../service/wait-for-jobs.ts";
import { streamJob } from "../job-stream.ts";
import { answer, answering, created, defineRoute, type RestContext, type Route, refuse } from "../route.ts";
import {
  BatchReportView,
  BatchView,
  CancelledView,
  DeletedView,
  DryRunView,
  ExplanationView,
  JobListView,
  JobView,
  ResultView,
  SubmittedView,
  shown,
  WaitView,
} from "./job-views.ts";

const pathOfJob = (id: string): string => `/jobs/${id}`;

const JOB = { 200: { description: "The job.", schema: JobView } };
const NEXT = {
  look: (id: string) => `GET /api/v1/jobs/${id}`,
  answer: ({ job_id }: { job_id: string }) => `POST /api/v1/jobs/${job_id}/respond`,
};

async function dryRun(args: SubmitArgs, context: RestContext) {
  const checked = await checkSubmit(context, args);
  if (!checked.ok) return checked;
  const { blueprint, faults } = checked.value;
  return answer({ valid: faults.length === 0, blueprint, faults });
}

async function submit(args: SubmitArgs, context: RestContext) {
  const submitted = await submitJob(context, args, context.signal);
  if (!submitted.ok) return submitted;
  const job = submitted.value;
  const body = shown(job, context);
  return job.deduplicated ? answer(body) : created(body, pathOfJob(job.id));
}

async function submitMany(args: SubmitArgs, context: RestContext) {
  const submitted = await submitBatch(context, args);
  if (!submitted.ok) return submitted;
  const { batch_id, deduplicated } = submitted.value;
  return deduplicated ? answer(submitted.value) : created(submitted.value, `/jobs?batch_id=${batch_id}`);
}

const submitRoute = defineRoute({
  operation: "jobs_submit_blueprint",
  method: "POST",
  path: "/jobs",
  summary: "Run a blueprint as a durable background job.",
  scope: "jobs:write",
  input: SubmitInput,
  headers: { "Idempotency-Key": "idempotency_key" },
  answers: {
    200: {
      description: "The job that the idempotency key made before, or a dry run.",
      schema: SubmittedView.or(BatchView).or(DryRunView),
    },
    201: { description: "The job is durable, or all of the batch.", schema: SubmittedView.or(BatchView) },
  },
  refusals: ["idempotency_conflict", "too_many_active", "too_many_submits", "storage_full"],
  run: async (args, context) => {
    if (args.dry_run) return dryRun(args, context);
    return args.inputs === undefined ? submit(args, context) : submitMany(args, context);
  },
});

const listRoute = defineRoute({
  operation: "jobs_list",
  method: "GET",
  path: "/jobs",
  summary: "Jobs, newest first, filtered and in pages. A page may be short and still have next_cursor.",
  scope: "jobs:read",
  input: ListInput,
  answers: { 200: { description: "One page.", schema: JobListView } },
  refusals: ["invalid_cursor"],
  run: async (args, context) => {
    const listed = await listJobs(context, args);
    if (!listed.ok) return listed.error.code === "invalid_cursor" ? refuse(listed.error, [CURSOR_FAULT]) : listed;
    const { jobs, next_after, cursorAfter } = listed.value;
    return answer({ jobs, next_cursor: next_after === null ? null : await cursorAfter(next_after) });
  },
});

const waitRoute = defineRoute({
  operation: "jobs_wait",
  method: "POST",
  path: "/jobs/wait",
  summary: "Wait until any or all of these jobs settle or ask for input; a timeout is no error.",
  scope: "jobs:read",
  input: WaitInput,
  answers: { 200: { description: "How the jobs stand.", schema: WaitView.or(BatchReportView) } },
  refusals: ["unknown_job", "unknown_batch"],
  run: async (args, context) => {
    const asked = waitAsked(args);
    if (!asked.ok) return refuse({ code: "invalid_arguments" }, asked.error);
    if ("batchId" in asked.value) {
      const batch = await waitForBatch(context, asked.value, context.signal);
      return batch.ok ? answer(batch.value) : batch;
    }
    const report = await waitForJobs(context, asked.value, { signal: context.signal });
    return report.ok ? answer(report.value) : report;
  },
});

const getRoute = defineRoute({
  operation: "jobs_get_status",
  method: "GET",
  path: "/jobs/{job_id}",
  summary: "Status, progress, questions, error and result of one job, always up to date.",
  scope: "jobs:read",
  input: StatusInput,
  answers: JOB,
  refusals: ["unknown_job"],
  run: answering(jobStatus),
});

const explainRoute = defineRoute({
  operation: "jobs_explain",
  method: "GET",
  path: "/jobs/{job_id}/explanation",
  summary: "What a postmortem is written of: the plan, small inputs and outputs, similar failures.",
  scope: "jobs:read",
  input: ExplainInput,
  answers: {
    200: { description: "Input, outputs and the step without what looks like a credential.", schema: ExplanationView },
  },
  refusals: ["unknown_job"],
  run: answering(explainForViewer),
});

const resultRoute = defineRoute({
  operation: "jobs_get_result",
  method: "GET",
  path: "/jobs/{job_id}/result",
  summary: "The result of a succeeded job, or one value in it, in pages of text.",
  scope: "jobs:read",
  input: ResultInput,
  answers: { 200: { description: "One page.", schema: ResultView } },
  refusals: ["unknown_job", "no_result", "pointer_not_found"],
  run: async (args, context) => {
    const page = await readResult(context, args);
    return page.ok ? answer(page.value) : refuse(page.error, resultFaults(page.error, args));
  },
});

const streamRoute = defineRoute({
  operation: "jobs_stream",
  method: "GET",
  path: "/jobs/{job_id}/stream",
  summary: "Changes of one job until it settles: `job` is how it stands, `status` one that it has left since.",
  scope: "jobs:read",
  input: DeleteInput,
  answers: {
    200: {
      description: "Server-sent events. `Last-Event-ID` goes on where a stream broke.",
      mediaType: "text/event-stream",
    },
    204: { description: "Nothing more can come: the job had settled where the reader was." },
  },
  refusals: ["unknown_job", "too_many_listeners"],
  run: streamJob,
});

const cancelRoute = defineRoute({
  operation: "jobs_cancel",
  method: "POST",
  path: "/jobs/{job_id}/cancel",
  summary: "Stop a job and its child jobs for good; a settled job stays as it is.",
  scope: "jobs:write",
  input: CancelInput,
  answers: { 200: { description: "The job, and whether that changed it.", schema: CancelledView } },
  refusals: ["unknown_job"],
  run: async (args, context) => {
    const cancelled = await cancelJob(context, args);
    return cancelled.ok ? answer(shown(cancelled.value, context)) : cancelled;
  },
});

const retryRoute = defineRoute({
  operation: "jobs_retry",
  method: "POST",
  path: "/jobs/{job_id}/retry",
  summary: "Run a settled job again as a new job that reuses the outputs of its finished steps.",
  scope: "jobs:write",
  input: RetryInput,
  answers: { 201: { description: "The new job.", schema: JobView } },
  refusals: [
    "unknown_job",
    "not_settled",
    "from_step_needed",
    "no_such_step",
    "invalid_input",
    "too_many_active",
    "too_many_submits",
    "storage_full",
  ],
  run: async (args, context) => {
    const retried = await retryJob(context, args);
    if (!retried.ok) return refuse(retried.error, retryFaults(retried.error, args, context));
    return created(shown(retried.value, context), pathOfJob(retried.value.id));
  },
});

const respondRoute = defineRoute({
  operation: "jobs_respond",
  method: "POST",
  path: "/jobs/{job_id}/respond",
  summary: "Answer what a job asks; the first answer stands.",
  scope: "jobs:write",
  input: RespondInput,
  answers: JOB,
  refusals: ["unknown_job", "unknown_request", "awaits_event", "already_answered", "invalid_content", "storage_full"],
  run: async (args, context) => {
    const responded = await respondToJob(context, args);
    if (!responded.ok) return refuse(responded.error, respondFaults(responded.error, args, context, NEXT));
    return answer(shown(responded.value, context));
  },
});

const deleteRoute = defineRoute({
  operation: "jobs_delete",
  method: "DELETE",
  path: "/jobs/{job_id}",
  summary: "Delete a settled job with its result and timeline, for good.",
  scope: "jobs:write",
  input: DeleteInput,
  answers: { 200: { description: "It is deleted.", schema: DeletedView } },
  refusals: ["unknown_job", "not_settled"],
  run: async (args, context) => {
    const removed = await deleteJob(context, args);
    return removed.ok ? answer({ deleted: true }) : removed;
  },
});

/** `wait` stands before the routes of one job. */
export const JOB_ROUTES: readonly Route[] = [
  submitRoute,
  listRoute,
  waitRoute,
  getRoute,
  explainRoute,
  resultRoute,
  streamRoute,
  cancelRoute,
  retryRoute,
  respondRoute,
  deleteRoute,
];
