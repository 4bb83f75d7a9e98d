import { isSettled, type Job, type SubmitArgs, type WaitedJob } from "../../../client/src/index.ts";
import {
  argument,
  contentOf,
  EXIT,
  type ExitCode,
  type Invocation,
  numberOf,
  type OptionText,
  objectOf,
  parseObject,
  textOf,
} from "../command.ts";
import { safe } from "../table.ts";

/** What several commands about jobs share. */

export const SUBMIT_OPTIONS: { readonly [name: string]: OptionText } = {
  input: { type: "string", summary: "JSON object, @FILE, or - for stdin" },
  name: { type: "string", summary: "name of the job" },
  metadata: { type: "string", summary: "JSON object; list filters by it" },
  "idempotency-key": { type: "string", summary: "the same key returns the same job" },
  at: { type: "string", summary: "start no earlier than this time (ISO 8601)" },
  "job-timeout": { type: "string", summary: "seconds after which the job fails" },
};

/** A name, or the document in a file (`plan.json`, `@plan`) or on stdin (`-`). */
async function blueprintOf(invocation: Invocation): Promise<SubmitArgs["blueprint"]> {
  const text = argument(invocation, 0, "BLUEPRINT");
  const isFile = text === "-" || text.startsWith("@") || text.endsWith(".json");
  if (!isFile) return text;
  const place = text === "-" || text.startsWith("@") ? text : `@${text}`;
  return parseObject(await contentOf(place, invocation), "BLUEPRINT");
}

export async function submitArgs(invocation: Invocation): Promise<SubmitArgs> {
  const { values } = invocation;
  return {
    blueprint: await blueprintOf(invocation),
    input: await objectOf(invocation, "input"),
    name: textOf(values, "name"),
    metadata: await objectOf(invocation, "metadata"),
    idempotency_key: textOf(values, "idempotency-key"),
    run_at: textOf(values, "at"),
    timeout_seconds: numberOf(values, "job-timeout"),
  };
}

/** What a shell is told of jobs that somebody waited for. */
export function exitOf(jobs: readonly (Job | WaitedJob)[]): ExitCode {
  if (jobs.some((job) => isSettled(job) && job.status !== "succeeded")) return EXIT.failed;
  if (jobs.some((job) => job.input_requests.length > 0)) return EXIT.failed;
  return jobs.every(isSettled) ? EXIT.succeeded : EXIT.timedOut;
}

/** What to type for each open question. */
export function tellQuestions(jobs: readonly (Job | WaitedJob)[], { out }: Invocation): void {
  for (const { id, input_requests } of jobs) {
    for (const { request_id, message, job_id = id } of input_requests) {
      out.note(`Job ${job_id} asks: ${safe(message)}`);
      out.note(`Answer with: edge-jobs respond ${job_id} ${request_id} accept --content '{}'`);
    }
  }
}
