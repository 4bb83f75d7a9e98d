import { exampleAnswer } from "../../blueprint/schemas/example-answer.ts";
import { isSettled } from "../../jobs/status.ts";
import type { EventView, JobStatus, StepView } from "../../jobs/view.ts";
import { jsonBytes } from "../../lib/json.ts";
import { echo, oneLine } from "../../lib/safe-text.ts";
import { MAX_ERROR_CHARS, MAX_TEXT_RESULT_BYTES } from "../../limits.ts";
import type { WaitRow } from "../../registry/api/caller.ts";
import { percent, rowText } from "./row-text.ts";
import { call, clip, shownJson } from "./text.ts";

/** A job in words for a model: a verdict line and compact fields. What to do next is said beside it. */

/** A child's question, shown in its parent, says of which job it is. */
export type Question = JobStatus["input_requests"][number] & { job_id?: string | undefined };

function verdict(job: JobStatus): string {
  const where = job.status === "succeeded" || job.step === null ? "" : `, at step ${job.step}`;
  return `Job ${job.id}: ${job.status}, ${percent(job.progress)}${where}.`;
}

function askedText({ job_id, step, message, schema, expires_at }: Question): string {
  const whose = job_id === undefined ? "" : ` of child ${job_id}`;
  const asked = `Question of step ${step}${whose}, open until ${expires_at}: ${oneLine(message, MAX_ERROR_CHARS)}`;
  return `${asked}\nSchema of the answer: ${clip(shownJson(schema), MAX_ERROR_CHARS)}`;
}

/** What is asked, and of which form an answer is. How to answer the first is what to do next, and is said there. */
const questionLines = (jobId: string, questions: readonly Question[]): string[] =>
  questions.map((question, i) => (i === 0 ? askedText(question) : questionText(jobId, question)));

/** What is asked, and the call that answers it. */
export const questionText = (jobId: string, question: Question): string =>
  `${askedText(question)}\nAnswer: ${answerCall(jobId, question)}`;

/** The call that answers, with content that its schema takes. */
export function answerCall(jobId: string, { job_id = jobId, request_id, schema }: Question): string {
  const example = exampleAnswer(schema);
  const content = jsonBytes(example) > MAX_ERROR_CHARS ? {} : example;
  const answer = { job_id, request_id, action: "accept", content };
  return `${call("jobs_respond", answer)} with your content, or "action":"decline"; ask your user when the decision is theirs.`;
}

/** Of a result that was too large for the reply. */
export const isCut = (result: JobStatus["result"]): boolean =>
  result?.truncated === true && typeof result.preview === "string";

export const resultCall = (jobId: string): string =>
  `${call("jobs_get_result", { job_id: jobId })} gives the whole result in pages.`;

/** What follows a failure, once it was looked at. */
const retryCall = (job_id: string): string =>
  `${call("jobs_retry", { job_id })} goes on from the failed step as a new job; a corrected "blueprint" or "input" can be sent with it.`;

export const whyFailed = (job_id: string): string =>
  `${call("jobs_get_status", { job_id, include: ["steps", "events"] })} for the reason (the prompt jobs_postmortem has it in full), then ${retryCall(job_id)}`;

/** @param isTold the caller hears of the end by itself when the job is a task of its own */
export function nextOf(job: JobStatus, isTold: boolean): string {
  const [question] = job.input_requests;
  if (question !== undefined) return answerCall(job.id, question);
  const again = `${call("jobs_wait", { job_ids: [job.id] })}, again while timed_out`;
  switch (job.status) {
    case "queued":
    case "running":
    case "input_required":
      return isTold ? `You are told when it ends if you submitted it; else ${again}.` : `${again}; do not poll.`;
    case "succeeded":
      return isCut(job.result)
        ? resultCall(job.id)
        : "Use the result; the job is settled, asking again changes nothing.";
    case "cancelled":
      return `${call("jobs_retry", { job_id: job.id })} would go on where it ended, as a new job.`;
    case "failed":
      return job.steps === undefined ? whyFailed(job.id) : retryCall(job.id);
    default:
      return job.status satisfies never;
  }
}

/** A cancelled job has no error: what stands there is why it was cancelled. */
const errorLabel = (code: string | null): string => (code === null ? "Reason" : `Error (${code})`);

const errorLine = ({ error, error_code }: Pick<JobStatus, "error" | "error_code">): string[] =>
  error === null ? [] : [`${errorLabel(error_code)}: ${oneLine(error, MAX_ERROR_CHARS)}`];

/** What stands before a queued job; its time is said beside it. */
function blockedText(blocked: JobStatus["blocked_by"]): string[] {
  if (!blocked || blocked.limit === "run_at") return [];
  const { limit, key, running, position } = blocked;
  const place = position === null ? "" : `, number ${position} in line`;
  const before = running === null ? "" : `, ${running} running`;
  return [`for ${limit}${key === null ? "" : ` of ${echo(key)}`}${before}${place}`];
}

/** When something is due, of a job that waits. */
const dueText = ({ run_at, wakes_at, blocked_by }: Pick<JobStatus, "run_at" | "wakes_at" | "blocked_by">): string[] => [
  ...blockedText(blocked_by),
  ...(run_at === undefined ? [] : [`starts at ${run_at}`]),
  ...(wakes_at === undefined ? [] : [`wakes at ${wakes_at}`]),
];

const dueLine = (job: JobStatus): string[] => dueText(job).map((due) => `Waiting: ${due}.`);

export function jobText(job: JobStatus): string {
  const by = job.submitted_by === undefined ? "" : ` by ${job.submitted_by}`;
  const lines = [
    verdict(job),
    `Name: ${job.name}. Blueprint: ${job.blueprint}. Submitted: ${job.submitted_at}${by}.`,
    ...dueLine(job),
    ...(job.message === null ? [] : [`Message: ${job.message}`]),
    ...errorLine(job),
    ...(job.result === null ? [] : [`Result: ${clip(shownJson(job.result), MAX_TEXT_RESULT_BYTES)}`]),
    ...questionLines(job.id, job.input_requests),
  ];
  return lines.join("\n");
}

/** One step of those that were asked for. */
export function stepText({ id, type, status, tries, started_at, completed_at, error, items }: StepView): string {
  const parts = [
    `${id} (${type}): ${status}`,
    tries > 1 ? `${tries} tries` : null,
    items && `${items.done} of ${items.total} done, ${items.failed} failed`,
    started_at && `${started_at} to ${completed_at ?? "now"}`,
    error === null ? null : oneLine(error, MAX_ERROR_CHARS),
  ];
  return parts.filter((part) => typeof part === "string").join(" | ");
}

export const eventText = ({ seq, at, type, step, message }: EventView): string =>
  [`${seq}. ${at} ${type}`, step, message].filter((part) => part !== null).join(" | ");

/** A row with where the job is, what came of it, and what it asks. */
export function waitRowText(row: WaitRow): string {
  const at = [row.step, row.message].filter((part) => part !== null).map(echo);
  const place = isSettled(row.status) ? [] : [...at, ...dueText(row)];
  const result = row.result === null ? [] : [`Result: ${clip(shownJson(row.result), MAX_TEXT_RESULT_BYTES)}`];
  return [[rowText(row), ...place].join(" | "), ...result, ...questionLines(row.id, row.input_requests)].join("\n");
}

/** The least of a row, and what it asks. */
export const briefRowText = (row: WaitRow): string =>
  [`${row.id} | ${row.status} ${percent(row.progress)}`, ...questionLines(row.id, row.input_requests)].join("\n");
