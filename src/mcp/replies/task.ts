import type { CallToolResult } from "@modelcontextprotocol/server";
import { isElicitable } from "../../blueprint/schemas/check-answer.ts";
import type { PastStatus } from "../../jobs/changes.ts";
import type { JobStatus } from "../../jobs/view.ts";
import type { JsonObject } from "../../lib/json.ts";
import { MAX_JOB_TIMEOUT_MS, MAX_RUN_AT_AHEAD_MS } from "../../limits.ts";
import type { McpDeps } from "../deps.ts";
import { resultOf } from "../tool.ts";
import { CLASSIC_FIELDS, jobReply } from "./job-reply.ts";

/** A job in the words of the Tasks extension: its id is the task's, its row the task's state. */

type Task = {
  taskId: string;
  status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  statusMessage: string;
  /** ISO 8601, as all times here. */
  createdAt: string;
  lastUpdatedAt: string;
  /** From `createdAt`. */
  ttlMs: number;
  pollIntervalMs?: number;
};

/** What only clients of the extension may be answered, in place of a plain result of a tool. */
export type CreateTaskResult = Task & { resultType: "task" };

interface ElicitationRequest {
  method: "elicitation/create";
  params:
    | { message: string; requestedSchema: JsonObject }
    | { mode: "url"; message: string; url: string; elicitationId: string };
}

/** A task with what its status brings. */
export type DetailedTask = Task & {
  inputRequests?: { [requestId: string]: ElicitationRequest };
  result?: CallToolResult & { resultType: "complete" };
  error?: { code: number; message: string; data: JsonObject };
};

/** The engine broke, not the work: in the protocol's terms the call itself failed. */
const failedByEngine = ({ status, error_code }: JobStatus): boolean =>
  status === "failed" && error_code !== null && error_code.startsWith("engine_");

function taskStatus(job: JobStatus): Task["status"] {
  switch (job.status) {
    case "queued":
      return "working";
    case "running":
      // A child asks.
      return job.input_requests.length > 0 ? "input_required" : "working";
    case "succeeded":
      return "completed";
    case "failed":
      return failedByEngine(job) ? "failed" : "completed";
    case "input_required":
    case "cancelled":
      return job.status;
    default:
      return job.status satisfies never;
  }
}

function statusMessage({ progress, step, message, error }: JobStatus): string {
  if (error !== null) return error;
  return [`${Math.round(progress * 100)} %`, step, message].filter((part) => part !== null).join(" | ");
}

/** What says how long a task will be there. */
export type Keeping = Pick<McpDeps, "retentionMs">;

/** The same at each look: the longest that a job can be there. Settling makes the end exact, and not later. */
function ttlMs(submittedAt: string, expiresAt: string | null, { retentionMs }: Keeping): number {
  if (expiresAt === null) return MAX_RUN_AT_AHEAD_MS + MAX_JOB_TIMEOUT_MS + retentionMs;
  return Date.parse(expiresAt) - Date.parse(submittedAt);
}

/** @param job with its events, when the exact time of its last change matters */
function taskOf(job: JobStatus, keeping: Keeping): Task {
  const { id, submitted_at, started_at, completed_at, events, expires_at, poll_after_ms } = job;
  return {
    taskId: id,
    status: taskStatus(job),
    statusMessage: statusMessage(job),
    createdAt: submitted_at,
    lastUpdatedAt: completed_at ?? events?.at(-1)?.at ?? started_at ?? submitted_at,
    ttlMs: ttlMs(submitted_at, expires_at, keeping),
    ...(poll_after_ms > 0 && { pollIntervalMs: poll_after_ms }),
  };
}

export const createTaskResult = (job: JobStatus, keeping: Keeping): CreateTaskResult => ({
  resultType: "task",
  ...taskOf(job, keeping),
});

/** Children may ask under the same request id. */
export const requestKey = ({ job_id, request_id }: JobStatus["input_requests"][number]): string =>
  job_id === undefined ? request_id : `${job_id}/${request_id}`;

/** What clients cannot show as a form is answered at its link, or there is a message alone. */
function elicitation(job: JobStatus, request: JobStatus["input_requests"][number]): ElicitationRequest["params"] {
  const { message, schema, url, job_id = job.id } = request;
  if (isElicitable(schema)) return { message, requestedSchema: schema };
  const elicitationId = `${job_id}/${request.step}`;
  if (url !== undefined) return { mode: "url", message, url, elicitationId };
  return { message, requestedSchema: { type: "object", properties: {} } };
}

const inputRequests = (job: JobStatus): { [requestId: string]: ElicitationRequest } =>
  Object.fromEntries(
    job.input_requests.map((request) => [
      requestKey(request),
      { method: "elicitation/create", params: elicitation(job, request) },
    ]),
  );

/** What jobs_get_status would reply; clients check it as a whole result, so it says what it is. */
function inlinedResult({ events: _, ...job }: JobStatus): CallToolResult & { resultType: "complete" } {
  const isError = job.status === "failed";
  return {
    resultType: "complete",
    ...resultOf(jobReply(job, { isTold: true, always: CLASSIC_FIELDS })),
    ...(isError && { isError }),
  };
}

const INTERNAL_ERROR = -32_603;

/** @param job with its events */
export function detailedTask(job: JobStatus, keeping: Keeping): DetailedTask {
  const task = taskOf(job, keeping);
  switch (task.status) {
    case "input_required":
      return { ...task, inputRequests: inputRequests(job) };
    case "completed":
      return { ...task, result: inlinedResult(job) };
    case "failed": {
      const data = { error_code: job.error_code };
      return { ...task, error: { code: INTERNAL_ERROR, message: job.error ?? task.statusMessage, data } };
    }
    case "working":
    case "cancelled":
      return task;
    default:
      return task.status satisfies never;
  }
}

/** A job that was deleted, as it stood then. Whoever asks for its result hears that it is gone. */
export function goneTask(job: JobStatus, keeping: Keeping): DetailedTask {
  const task = detailedTask(job, keeping);
  if (task.result === undefined) return task;
  const reply = jobReply(job, { isTold: true, always: CLASSIC_FIELDS });
  const next = "There is nothing to do: the job was deleted, and its result with it.";
  return { ...task, result: { ...task.result, ...resultOf({ ...reply, next }) } };
}

/** A job as a task of a moment that has passed. What was asked then is not asked any more. */
export function pastTask(
  taskId: string,
  { status, submitted_at, at, step, message }: PastStatus,
  keeping: Keeping,
): DetailedTask {
  const statusMessage = [status, step, message].filter((part) => part !== null).join(" | ");
  const task = {
    taskId,
    statusMessage,
    createdAt: submitted_at,
    lastUpdatedAt: at,
    ttlMs: ttlMs(submitted_at, null, keeping),
  };
  return status === "input_required" ? { ...task, status, inputRequests: {} } : { ...task, status: "working" };
}
