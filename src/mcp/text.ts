import type { Fault } from "../jobs/fault.ts";
import { type JsonObject, utf8Bytes } from "../jobs/json.ts";
import { isSettled } from "../jobs/status.ts";
import { oneLine, stripInvisible } from "../jobs/text.ts";
import type { JobRow, JobStatus } from "../jobs/view.ts";
import { MAX_ECHO_CHARS, MAX_ERROR_CHARS, MAX_TEXT_RESULT_BYTES } from "../limits.ts";

/** What replies say to a model: a verdict line, compact fields, and the next call to make. */

/** One text for malformed, unknown, foreign and purged ids, so that nobody learns which it was. */
export const unknownJob = (jobId: string): string => `Unknown job: ${stripInvisible(jobId).slice(0, MAX_ECHO_CHARS)}`;

/** A caller's own text, as it may be repeated to a model. */
export const echo = (text: string): string => oneLine(text, MAX_ECHO_CHARS);

const faultLine = ({ path, message, fix }: Fault): string => `${path}: ${message.replace(/\.$/, "")}. ${fix}`;

export const faultText = (verdict: string, faults: readonly Fault[]): string =>
  [verdict, ...faults.map(faultLine)].join("\n");

/** The text's first `maxBytes` bytes of UTF-8, never cut inside a character; says so when it cuts. */
export function clip(text: string, maxBytes: number): string {
  const bytes = utf8Bytes(text);
  if (bytes <= maxBytes) return text;
  const head = new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, maxBytes), { stream: true });
  return `${head}… (cut: ${bytes} bytes in all)`;
}

/** A call that the model can make as it stands. */
export const call = (tool: string, args: JsonObject): string => `${tool} ${JSON.stringify(args)}`;

const percent = (progress: number): string => `${Math.round(progress * 100)} %`;

const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1_000))} s`;

function verdict(job: JobStatus): string {
  const where = job.status === "succeeded" || job.step === null ? "" : `, at step ${job.step}`;
  return `Job ${job.id}: ${job.status}, ${percent(job.progress)}${where}.`;
}

function nextCall(job: JobStatus): string {
  const args = { job_id: job.id };
  if (!isSettled(job.status)) {
    return `Next: ${call("jobs_get_status", args)} in about ${seconds(job.poll_after_ms)}; the job goes on without you.`;
  }
  if (job.status === "succeeded") return "Next: use the result. The job is settled; asking again changes nothing.";
  return `Next: ${call("jobs_get_status", { ...args, include: ["steps", "events"] })}, or the prompt jobs_postmortem.`;
}

export function jobText(job: JobStatus): string {
  const lines = [
    verdict(job),
    `Name: ${job.name}. Blueprint: ${job.blueprint}. Submitted: ${job.submitted_at}.`,
    ...(job.message === null ? [] : [`Message: ${job.message}`]),
    ...(job.error === null ? [] : [`Error (${job.error_code}): ${oneLine(job.error, MAX_ERROR_CHARS)}`]),
    ...(job.result === null ? [] : [`Result: ${clip(JSON.stringify(job.result), MAX_TEXT_RESULT_BYTES)}`]),
    nextCall(job),
  ];
  return lines.join("\n");
}

export function rowText(row: JobRow): string {
  const error = row.error === null ? "" : ` | ${echo(row.error)}`;
  return `${row.id} | ${row.status} ${percent(row.progress)} | ${echo(row.name)} | ${row.blueprint} | ${row.submitted_at}${error}`;
}
