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

/** Arguments of a submit in place of its blueprint, as in the files of examples/. */
const isArguments = (document: Record<string, unknown>): boolean =>
  document.blueprint !== undefined && document.steps === undefined;

/** A name, or the document in a file (`plan.json`, `@plan`) or on stdin (`-`), which may hold more than the blueprint. */
async function documentOf(invocation: Invocation): Promise<SubmitArgs> {
  const text = argument(invocation, 0, "BLUEPRINT");
  const isFile = text === "-" || text.startsWith("@") || text.endsWith(".json");
  if (!isFile) return { blueprint: text };
  const place = text === "-" || text.startsWith("@") ? text : `@${text}`;
  const document = parseObject(await contentOf(place, invocation), "BLUEPRINT");
  return isArguments(document) ? (document as unknown as SubmitArgs) : { blueprint: document };
}

/** Those that are given. */
const given = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;

export async function submitArgs(invocation: Invocation): Promise<SubmitArgs> {
  const { values } = invocation;
  const flags = {
    input: await objectOf(invocation, "input"),
    name: textOf(values, "name"),
    metadata: await objectOf(invocation, "metadata"),
    idempotency_key: textOf(values, "idempotency-key"),
    run_at: textOf(values, "at"),
    timeout_seconds: numberOf(values, "job-timeout"),
  };
  return { ...(await documentOf(invocation)), ...given(flags) };
}

/** What a shell is told of jobs that somebody waited for. */
export function exitOf(jobs: readonly (Job | WaitedJob)[]): ExitCode {
  if (jobs.some((job) => isSettled(job) && job.status !== "succeeded")) return EXIT.failed;
  if (jobs.some((job) => job.input_requests.length > 0)) return EXIT.failed;
  return jobs.every(isSettled) ? EXIT.succeeded : EXIT.timedOut;
}

/** The names that an answer takes, each with its value left open. */
const contentText = ({ properties = {} }: { properties?: unknown }): string =>
  `{${Object.keys(Object(properties))
    .map((name) => `${JSON.stringify(name)}: ...`)
    .join(", ")}}`;

/** For a shell: names may hold quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What to type for each open question. */
export function tellQuestions(jobs: readonly (Job | WaitedJob)[], { out }: Invocation): void {
  for (const { id, input_requests } of jobs) {
    for (const { request_id, message, schema, job_id = id } of input_requests) {
      out.note(`Job ${job_id} asks: ${safe(message)}`);
      const content = quoted(safe(contentText(schema)));
      out.note(`Answer with: edge-jobs respond ${job_id} ${request_id} accept --content ${content}`);
    }
  }
}
