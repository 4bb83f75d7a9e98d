import * as z from "zod";
import { isJsonObject, type Json, type JsonObject, utf8Bytes } from "../lib/json.ts";
import { escapeInvisible } from "../lib/safe-text.ts";
import { iso, isoOrNull } from "../lib/time.ts";
import { MAX_INLINE_RESULT_BYTES } from "../limits.ts";
import { BlockedBy } from "./flow/blocked-by.ts";
import { type Job, type ListedJob, STEP_STATUSES, stepState } from "./job.ts";
import { openQuestions } from "./run/awaiting.ts";
import { pollAfterMs, progressOf } from "./run/progress.ts";
import { EVENT_TYPES } from "./run/timeline.ts";
import { isSettled, JOB_STATUSES } from "./status.ts";

/** A job as callers see it. Times are ISO 8601 in UTC with milliseconds. */

const ItemCountsView = z.strictObject({ total: z.int(), done: z.int(), failed: z.int() });

const StepView = z.strictObject({
  id: z.string(),
  type: z.string(),
  status: z.enum(STEP_STATUSES),
  tries: z.int(),
  started_at: z.string().nullable(),
  completed_at: z.string().nullable(),
  error: z.string().nullable(),
  items: ItemCountsView.optional(),
});
export type StepView = z.infer<typeof StepView>;

const EventView = z.strictObject({
  seq: z.int().describe("Counts from 1 without gaps"),
  at: z.string(),
  type: z.enum(EVENT_TYPES),
  step: z.string().nullable(),
  message: z.string().nullable(),
});
export type EventView = z.infer<typeof EventView>;

const InputRequestView = z.strictObject({
  request_id: z.string(),
  step: z.string(),
  message: z.string(),
  schema: z.record(z.string(), z.json()),
  expires_at: z.string(),
  link: z.literal(true).optional().describe("It can be answered by link too"),
  url: z.string().optional().describe("That link, for who may answer"),
  job_id: z.string().optional().describe("Only of a question that a child asks: the child, which takes the answer"),
});

export const JobStatus = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(JOB_STATUSES),
  submitted_at: z.string(),
  started_at: z.string().nullable(),
  completed_at: z.string().nullable(),
  progress: z.number().min(0).max(1).describe("Never falls; 1 exactly when succeeded"),
  metadata: z.record(z.string(), z.json()),
  result: z.record(z.string(), z.json()).nullable().describe("A non-object output is {value: ...}"),
  error: z.string().nullable(),
  error_code: z.string().nullable(),
  blueprint: z.string(),
  step: z.string().nullable(),
  message: z.string().nullable(),
  steps: z.array(StepView).optional(),
  events: z.array(EventView).optional(),
  input_requests: z.array(InputRequestView),
  parent_id: z.string().nullable(),
  retried_from: z.string().nullable(),
  expires_at: z.string().nullable().describe("When a settled job is purged"),
  poll_after_ms: z.int().describe("When asking again makes sense; 0 when settled"),
  run_at: z.string().optional().describe("When a job that has not started may start, if it was submitted for later"),
  wakes_at: z.string().optional().describe("When the first sleep, question or wait for an event ends by itself"),
  submitted_by: z.string().optional().describe("The key that submitted it, with `/` and the OAuth client when one did"),
  trigger: z.string().optional().describe("The trigger that started it"),
  batch_id: z.string().optional().describe("Of a job that was submitted with others, by `inputs`"),
  description: z.string().optional().describe("The beginning of the blueprint's, if it has one"),
  cleanup_job_id: z.string().optional().describe("The job that runs undo and finally of this one"),
  blocked_by: BlockedBy.nullable().optional().describe("What a queued job waits for; null: nothing but its turn"),
  plan: z.record(z.string(), z.json()).optional().describe("The blueprint that the job runs, defaults filled in"),
});
export type JobStatus = z.infer<typeof JobStatus>;

export const JobRow = JobStatus.pick({
  id: true,
  name: true,
  status: true,
  blueprint: true,
  progress: true,
  submitted_at: true,
  completed_at: true,
  error: true,
  parent_id: true,
  blocked_by: true,
});
/** A job in a listing. */
export type JobRow = z.infer<typeof JobRow>;

/** Id and type of a top-level step, in the plan's order. */
export interface StepOutline {
  id: string;
  type: string;
}

export interface ViewParts {
  /** JSON text of the stored result; undefined while there is none. */
  resultJson?: string | undefined;
  /** The plan's top-level steps, when the caller asked for steps. */
  outline?: readonly StepOutline[] | undefined;
  events?: boolean | undefined;
  /** What the job runs, when the caller asked for it. */
  plan?: JsonObject | undefined;
  /** Its children, and theirs, of which some may ask. */
  children?: readonly Job[] | undefined;
}

/** An output as callers see it: always an object. */
export const asResult = (output: Json): JsonObject => (isJsonObject(output) ? output : { value: output });

function resultView(resultJson: string): JsonObject {
  const bytes = utf8Bytes(resultJson);
  if (bytes > MAX_INLINE_RESULT_BYTES) {
    const preview = resultJson.slice(0, MAX_INLINE_RESULT_BYTES / 8).replace(/[\ud800-\udbff]$/, "");
    return { truncated: true, total_bytes: bytes, preview: escapeInvisible(preview) };
  }
  return asResult(JSON.parse(resultJson));
}

const stepViews = (job: Job, outline: readonly StepOutline[]): StepView[] =>
  outline.map(({ id, type }) => {
    const state = stepState(job.run, id);
    if (state === undefined) {
      return { id, type, status: "pending", tries: 0, started_at: null, completed_at: null, error: null };
    }
    const { items, ...fields } = state;
    const times = { started_at: iso(state.started_at), completed_at: isoOrNull(state.completed_at) };
    return { id, type, ...fields, ...times, ...(items && { items }) };
  });

const inputRequests = (job: Job): JobStatus["input_requests"] =>
  openQuestions(job).map(([step, { request_id, message, schema, expires_at, link }]) => {
    return { request_id, step, message, schema, expires_at: iso(expires_at), ...(link && { link }) };
  });

const requestsOfChild = (child: Job): JobStatus["input_requests"] =>
  inputRequests(child).map((request) => ({ ...request, job_id: child.job_id }));

export const eventViews = (job: Job): EventView[] =>
  job.events.map(([type, at, step, message], i) => {
    return { seq: i + 1, at: iso(at), type, step: step ?? null, message: message ?? null };
  });

function wakesAt({ run }: Job): { wakes_at?: string } {
  const ends = Object.values(run.open).flatMap(({ wake_at, question, event, ready }) => {
    const end = wake_at ?? (question ?? event)?.expires_at;
    return end === undefined || ready !== undefined ? [] : [end];
  });
  return ends.length === 0 ? {} : { wakes_at: iso(Math.min(...ends)) };
}

/** @param now epoch ms, from the registry's clock */
export function toJobStatus(job: Job, parts: ViewParts, now: number): JobStatus {
  return {
    id: job.job_id,
    name: job.name,
    status: job.status,
    submitted_at: iso(job.submitted_at),
    started_at: isoOrNull(job.started_at),
    completed_at: isoOrNull(job.settled_at),
    progress: progressOf(job),
    metadata: job.metadata,
    result: parts.resultJson === undefined ? null : resultView(parts.resultJson),
    error: job.error,
    error_code: job.error_code,
    blueprint: job.blueprint,
    step: job.step,
    message: job.message,
    ...(parts.outline && { steps: stepViews(job, parts.outline) }),
    ...(parts.events && { events: eventViews(job) }),
    input_requests: [...inputRequests(job), ...(parts.children ?? []).flatMap(requestsOfChild)],
    parent_id: job.parent_id,
    retried_from: job.retried_from,
    expires_at: isSettled(job.status) ? iso(job.due_at) : null,
    poll_after_ms: pollAfterMs(job, now),
    ...(job.run_at !== null && job.started_at === null && { run_at: iso(job.run_at) }),
    ...wakesAt(job),
    ...(job.submitted_by !== null && { submitted_by: job.submitted_by }),
    ...(job.run.trigger !== undefined && { trigger: job.run.trigger.name }),
    ...(job.run.batch !== undefined && { batch_id: job.run.batch }),
    ...(job.run.description !== undefined && { description: job.run.description }),
    ...(job.run.cleanup_job_id !== undefined && { cleanup_job_id: job.run.cleanup_job_id }),
    ...(parts.plan && { plan: parts.plan }),
  };
}

export function toJobRow(job: ListedJob): JobRow {
  return {
    id: job.job_id,
    name: job.name,
    status: job.status,
    blueprint: job.blueprint,
    progress: progressOf(job),
    submitted_at: iso(job.submitted_at),
    completed_at: isoOrNull(job.settled_at),
    error: job.error,
    parent_id: job.parent_id,
  };
}
