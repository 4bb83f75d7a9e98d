/** What the server takes and answers. A test of the repository compares these with its schemas. */

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export type JobStatusName = "queued" | "running" | "input_required" | "succeeded" | "failed" | "cancelled";

export interface Fault {
  /** JSON path of the argument. */
  path: string;
  message: string;
  fix: string;
}

export interface JobRow {
  id: string;
  name: string;
  status: JobStatusName;
  blueprint: string;
  progress: number;
  submitted_at: string;
  completed_at: string | null;
  error: string | null;
  parent_id: string | null;
  /** Of a queued job: what it waits for; null: nothing but its turn. */
  blocked_by?: BlockedBy | null | undefined;
}

export interface BlockedBy {
  limit: "run_at" | "running_jobs" | "concurrency" | "engine";
  key: string | null;
  running: number | null;
  position: number | null;
}

export interface InputRequest {
  request_id: string;
  step: string;
  message: string;
  schema: JsonObject;
  expires_at: string;
  /** Only of a question that a child asks: the child, which takes the answer. */
  job_id?: string | undefined;
}

export interface Job extends JobRow {
  started_at: string | null;
  metadata: JsonObject;
  /** Above 8 KiB `{truncated, total_bytes, preview}`: `result()` reads it whole. */
  result: JsonObject | null;
  error_code: string | null;
  step: string | null;
  message: string | null;
  input_requests: InputRequest[];
  retried_from: string | null;
  expires_at: string | null;
  poll_after_ms: number;
  run_at?: string | undefined;
  wakes_at?: string | undefined;
  submitted_by?: string | undefined;
  /** The trigger that started it. */
  trigger?: string | undefined;
  batch_id?: string | undefined;
  cleanup_job_id?: string | undefined;
  description?: string | undefined;
  plan?: JsonObject | undefined;
  steps?: Step[] | undefined;
  events?: TimelineEvent[] | undefined;
}

export interface Step {
  id: string;
  type: string;
  status: string;
  tries: number;
  started_at: string | null;
  completed_at: string | null;
  error: string | null;
  items?: { total: number; done: number; failed: number } | undefined;
}

export interface TimelineEvent {
  seq: number;
  at: string;
  type: string;
  step: string | null;
  message: string | null;
}

export interface SubmitArgs {
  /** `name`, `name@version`, or an inline blueprint. */
  blueprint: string | JsonObject;
  input?: JsonObject | undefined;
  name?: string | undefined;
  metadata?: JsonObject | undefined;
  /** One is made when it is left out. */
  idempotency_key?: string | undefined;
  run_at?: string | undefined;
  /** In place of the blueprint's: how many of its jobs with one key run at once. */
  concurrency?: Concurrency | undefined;
  timeout_seconds?: number | undefined;
  wait_seconds?: number | undefined;
}

export interface Concurrency {
  limit: number;
  /** May be an expression over `$input`. */
  key?: string | number | undefined;
  when_full?: "queue" | "skip" | "cancel_running" | undefined;
}

export interface DryRun {
  valid: boolean;
  blueprint: string;
  faults: Fault[];
}

export interface ListArgs {
  status?: JobStatusName | JobStatusName[] | undefined;
  blueprint?: string | undefined;
  metadata?: { [name: string]: string | number | boolean | null } | undefined;
  submitted_after?: string | undefined;
  submitted_before?: string | undefined;
  /** Rows a page. */
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface BulkArgs {
  action: "cancel" | "retry" | "delete";
  /** Filters of a listing; `{}`: all jobs that the action can be done to. */
  where: Omit<ListArgs, "limit" | "cursor">;
  /** Of a retry: what each gets in place of what it had. */
  patch?: Omit<RetryArgs, "from_step"> | undefined;
  per_minute?: number | undefined;
  /** True when left out. */
  dry_run?: boolean | undefined;
}

/** Failures of one cause. */
export interface Failures {
  blueprint: string;
  step: string | null;
  code: string;
  message: string;
  count: number;
  sample: string;
}

export interface BulkReport {
  matched: number;
  /** There are more than were counted. */
  truncated: boolean;
  sample: (JobRow | Pick<JobRow, "id" | "status">)[];
  by_error: Failures[];
  /** The job that does it; null: nothing is done. */
  bulk_id: string | null;
  /** Of several shards: the job of each. */
  bulk_ids?: string[] | undefined;
}

export type WaitedJob = JobRow &
  Pick<Job, "step" | "message" | "input_requests" | "result" | "error_code" | "run_at" | "wakes_at">;

export interface WaitReport {
  jobs: WaitedJob[];
  timed_out: boolean;
}

export interface RetryArgs {
  from_step?: string | undefined;
  input?: JsonObject | undefined;
  blueprint?: string | JsonObject | undefined;
  timeout_seconds?: number | undefined;
}

export interface Answer {
  request_id: string;
  action: "accept" | "decline";
  content?: JsonObject | undefined;
}

export interface BlueprintRow {
  name: string;
  version: number;
  description: string;
  source: "catalog" | "saved";
}

export interface Blueprint {
  name: string;
  version: number;
  blueprint: JsonObject;
  source: "catalog" | "saved";
}

export interface EventArgs {
  names?: string[] | undefined;
  job_id?: string | undefined;
  blueprint?: string | undefined;
  name?: string | undefined;
  trigger?: string | undefined;
  status?: JobStatusName | undefined;
  batch_id?: string | undefined;
  /** Where a reader was; without it: from now on. */
  cursor?: string | undefined;
}

export interface Event {
  event_id: string;
  name: string;
  at: string;
  data: JsonObject;
}

/** An event, and the cursor with which a reader goes on behind it. */
export type EventAt = Event & { cursor: string };

export interface Claim {
  claim: string;
  job_id: string;
  step: string;
  queue: string;
  input: Json;
  try: number;
  lease_expires_at: string;
  deadline: string;
}

export interface Reported {
  accepted: boolean;
  lease_expires_at: string | null;
  /** The job no longer wants it. */
  cancel: boolean;
}

export interface WorkProgress {
  done?: number | undefined;
  total?: number | undefined;
  message?: string | undefined;
}

/** `job`: how it stands now. `status`: one that it has left since. */
export type Change =
  | { type: "job"; job: Job }
  | { type: "status"; status: JobStatusName; at: string; step: string | null; message: string | null };
