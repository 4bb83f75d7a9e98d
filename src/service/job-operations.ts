import * as z from "zod";
import { jsonObject } from "../blueprint/kinds/fields.ts";
import type { RefusalCode } from "../jobs/error-codes.ts";
import type { JobStatus } from "../jobs/view.ts";
import { ok, type Result } from "../lib/result.ts";
import { oneLine } from "../lib/safe-text.ts";
import type { TextPage } from "../lib/text/text-page.ts";
import {
  DEFAULT_PAGE_BYTES,
  MAX_ECHO_CHARS,
  MAX_ERROR_CHARS,
  MAX_INPUT_BYTES,
  MAX_OUTPUT_BYTES,
  MAX_PAGE_BYTES,
  MAX_POINTER_CHARS,
} from "../limits.ts";
import {
  type Caller,
  type NotSettled,
  type RespondError,
  type ResultError,
  UNKNOWN_JOB,
  type UnknownJob,
} from "../registry/api/caller.ts";
import type { GuardedApi } from "../registry/api/client.ts";
import type { KeyRefusal } from "../registry/api/keys.ts";
import { type InvalidArguments, invalidArguments, sizeFault } from "./arguments.ts";
import { type Answer, type ServiceContext, shardOfJob } from "./context.ts";
import { jobId } from "./fields.ts";
import { withLinks } from "./links/with-links.ts";

/** What a caller does with one job, by its id. */

interface OfJob {
  job_id: string;
}

/** Asks the object that owns the job. An id that no job can have is answered as one that no job has. */
export async function askOwner<T, Refusal extends { code: RefusalCode }>(
  context: ServiceContext,
  { job_id }: OfJob,
  ask: (registry: GuardedApi, caller: Caller) => Promise<Result<Result<T, Refusal>, KeyRefusal>>,
): Answer<T, Refusal | UnknownJob> {
  const shard = shardOfJob(job_id);
  return shard === undefined ? UNKNOWN_JOB : context.ask(shard, ask);
}

const Part = z.enum(["steps", "events", "blueprint"]);

export const StatusInput = z.strictObject({
  job_id: jobId,
  include: z
    .array(Part)
    .max(Part.options.length)
    .default([])
    .describe("Also each step's state, the timeline of events, the blueprint that it runs (field plan)."),
});

export async function jobStatus(
  context: ServiceContext,
  { job_id, include }: z.output<typeof StatusInput>,
): Answer<JobStatus, UnknownJob> {
  const parts = {
    steps: include.includes("steps"),
    events: include.includes("events"),
    blueprint: include.includes("blueprint"),
  };
  const found = await askOwner(context, { job_id }, (registry, caller) => registry.status(caller, job_id, parts));
  return found.ok ? ok(await withLinks(context, found.value)) : found;
}

/** How a job stood that was deleted or purged within the last hour. */
export const lastStateOfJob = (context: ServiceContext, args: OfJob): Answer<JobStatus, UnknownJob> =>
  askOwner(context, args, (registry, caller) => registry.lastState(caller, args.job_id));

const isPointer = (text: string): boolean => /^(\/([^~/]|~[01])*)*$/.test(text);

export const ResultInput = z.strictObject({
  job_id: jobId,
  pointer: z
    .string()
    .max(MAX_POINTER_CHARS)
    .refine(isPointer, {
      error: "is not a JSON pointer",
      params: { fix: "Write it like /pages/0/title; empty for the whole result." },
    })
    .default("")
    .describe("JSON pointer (RFC 6901), such as /pages/0/title; empty: all."),
  offset: z.int().min(0).max(MAX_OUTPUT_BYTES).default(0).describe("First byte; next_offset of the page before."),
  max_bytes: z.int().min(1).max(MAX_PAGE_BYTES).default(DEFAULT_PAGE_BYTES).describe("Size of the page."),
});
export type ResultArgs = z.output<typeof ResultInput>;

/** One page of the result, or of a value in it, as text. */
export const readResult = (context: ServiceContext, args: ResultArgs): Answer<TextPage, ResultError> =>
  askOwner(context, args, (registry, caller) => {
    const { job_id, ...part } = args;
    return registry.readResult(caller, job_id, part);
  });

export const CancelInput = z.strictObject({
  job_id: jobId,
  reason: z.string().max(MAX_ERROR_CHARS).optional().describe("Why; kept with the job."),
});

export function cancelJob(
  context: ServiceContext,
  args: z.output<typeof CancelInput>,
): Answer<JobStatus & { changed: boolean }, UnknownJob> {
  const reason = oneLine(args.reason ?? "", MAX_ERROR_CHARS) || null;
  return askOwner(context, args, (registry, caller) => registry.cancel(caller, args.job_id, reason));
}

export const DeleteInput = z.strictObject({ job_id: jobId });

/** Deletes a settled job with all that belongs to it. */
export const deleteJob = (context: ServiceContext, args: OfJob): Answer<null, UnknownJob | NotSettled> =>
  askOwner(context, args, (registry, caller) => registry.remove(caller, args.job_id));

export const RespondInput = z.strictObject({
  job_id: jobId,
  request_id: z.string().min(1).max(MAX_ECHO_CHARS).describe("Of the question, from input_requests."),
  action: z.enum(["accept", "decline"]).describe("accept: answer with content; decline: refuse to answer."),
  content: jsonObject.optional().describe("The answer; fits the question's schema."),
});
export type RespondArgs = z.output<typeof RespondInput>;

/** Answers a question of the job; the first answer stands. */
export async function respondToJob(
  context: ServiceContext,
  { job_id, request_id, action, content = {} }: RespondArgs,
): Answer<JobStatus, InvalidArguments | RespondError> {
  const oversize = sizeFault("content", content, MAX_INPUT_BYTES);
  if (oversize.length > 0) return invalidArguments(oversize);
  const answer = { request_id, action, content: action === "accept" ? content : null };
  return askOwner(context, { job_id }, (registry, caller) => registry.respond(caller, job_id, answer));
}
