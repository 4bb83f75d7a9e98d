import type { JsonObject } from "../lib/json.ts";
import { ownValue } from "../lib/json.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import type { BulkState } from "./bulk-state.ts";
import type { JobConcurrency, Slot } from "./flow/slot.ts";
import type { Chain } from "./run/action-keys.ts";
import type { JobEvent } from "./run/timeline.ts";
import type { JobStatusName } from "./status.ts";

export const STEP_STATUSES = ["pending", "running", "waiting", "succeeded", "failed", "skipped", "cancelled"] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

/**
 * Why a step or a job failed. `code` is one of ERROR_CODES, or a handler's own, and stable; `message` is one line, safe to
 * show to a model.
 */
export interface StepError {
  code: string;
  message: string;
  /** HTTP status, where there was an answer. */
  status?: number;
}

/** How many of a map's items, or of a parallel's branches, have ended. */
export interface ItemCounts {
  total: number;
  done: number;
  failed: number;
}

/** PERSISTED as registry/storage/row-codec.ts writes it. A top-level step that has begun. Times are epoch ms. */
export interface StepState {
  status: StepStatus;
  tries: number;
  started_at: number;
  completed_at: number | null;
  error: string | null;
  items?: ItemCounts;
}

/** PERSISTED since 0001. Something that the engine is doing now, by step path. Times are epoch ms. */
export interface OpenWork {
  tries: number;
  /** Tries that reported their end. Other earlier ones died with their process. */
  ended: number;
  /** Failed tries, since the last good poll where the step polls. */
  failures: number;
  expected_by: number;
  /** Polls that were answered, under this key. */
  polls?: number;
  /** Only inside a map: the path with items in place of their indexes. */
  key_path?: string;
  /** Which run of the engine step holds the try, so that a report sent twice counts once. */
  token?: string;
  /** Under which run of the attempt the try began; absent from tries of 0.1.0. */
  run?: number;
  /** Polls that were answered in this job. */
  rounds?: number;
  /** No try begins before this. */
  again_at?: number;
  /** Only for a rest: when it ends. Kept over attempts, so that a sleep is never slept twice. */
  wake_at?: number;
  /** Only for an `input` step: what is asked. */
  question?: Question;
  /** Only for an `input` step that an event answers. */
  event?: AwaitedEvent;
  /** Only for a `job` step. */
  child_id?: string;
  /** Only for a `worker` step: the queue that it is offered in, and until when. */
  offer?: { queue: string; expires_at: number };
  /** What the step waits for is there, or never will be: the engine must fetch it. */
  ready?: true | StepError;
}

/** PERSISTED since 0001. `expires_at` is epoch ms. */
export interface Question {
  request_id: string;
  message: string;
  schema: JsonObject;
  expires_at: number;
  /** The content that stands when nobody answers; null: the step fails then. */
  fallback: JsonObject | null;
  /** It is answered by link too. */
  link?: true | undefined;
}

/** PERSISTED since 0.2.0. What stands in for a question when no person answers, but an event of the name. */
export interface AwaitedEvent extends Pick<Question, "request_id" | "expires_at" | "fallback"> {
  name: string;
}

/** PERSISTED since 0001. How a question ended; `at` is epoch ms. */
export interface Answered {
  action: "accept" | "decline" | "expired";
  at: number;
}

/** PERSISTED since 0.2.0, while the job is unsettled. Who runs the attempt. */
export interface Runner {
  /** Grows with each process, and each segment, that takes the job over: reports of earlier runs change nothing. */
  run: number;
  /** The run with which the process that has the job took it over. */
  since: number;
  /** Of the process, and of its call. */
  process: string;
  token: string;
  /** The engine was told that something is there, and the run has not asked since. */
  told?: true;
}

/** PERSISTED since 0.2.0. The trigger that started a job. */
export interface StartedBy {
  name: string;
}

/** PERSISTED since 0.2.0. `until` is epoch ms: then it is over, whatever came of it. */
export interface InFlight {
  until: number;
  /** Only inside a map: the path with items in place of their indexes. */
  key_path?: string;
  /** Of a `job` step: the child, after which a cleanup job runs. */
  child_id?: string;
}

/** PERSISTED since 0001. */
export interface RunState {
  /** By step id, in order of their start. */
  steps: Record<string, StepState>;
  /** By step path. */
  open: Record<string, OpenWork>;
  /** By request id; absent while nothing was answered. */
  answers?: Record<string, Answered>;
  /** Of whoever submitted the job. */
  trace?: TraceContext;
  /** Of a job without a parent: how many jobs its tree has had, itself counted; absent while it is alone. */
  tree?: number;
  /** Only of a retry. */
  chain?: Chain;
  /** Of a child: the first job of its parent's chain, where that is not the parent. */
  parent_chain?: string;
  /** The beginning of the plan's, where it has one; absent from jobs before 0.2.0. */
  description?: string;
  /** The limit of how many such jobs run at once, and the slot of it. */
  concurrency?: JobConcurrency;
  slot?: Slot;
  /** Above 0: before others that wait for a place; absent: 0. */
  priority?: number;
  runner?: Runner;
  /** Absent from jobs that a caller asked for. */
  trigger?: StartedBy;
  /** How many jobs of event triggers led to it, itself counted; absent: none. Of children and retries too. */
  trigger_depth?: number;
  /** Absent from jobs before 0.2.0, and retries of them: rows of a map are known by their index alone. */
  rows_by_item?: true;
  /** The batch that the job was submitted in. */
  batch?: string;
  /** Its plan has something to run when the job has settled; absent from cleanup jobs. */
  cleans_up?: true;
  /** How many steps with `undo` have finished: each has its number. */
  undos?: number;
  /** Of a job that settled while actions ran: those whose end nobody has reported, by path. */
  in_flight?: Record<string, InFlight>;
  /** The last job that cleaned up after this one. */
  cleanup_job_id?: string;
  /** Jobs that take back what branches did of which another was first, as long as they run; absent: none. */
  undoing?: string[];
  /** It cleans up after its parent. Stands first in its row, where SQL looks for it. */
  cleanup?: true;
  /** It only takes back what branches of the step at this path did of which another was first, also while its parent runs. */
  race?: string;
  /** Until when steps with others inside may run, by path, in epoch ms: those that have begun, and not ended. */
  deadlines?: Record<string, number>;
  /** Where it was submitted, if its plan has links: they begin there. */
  origin?: string;
  /** It does something to many other jobs, without an engine. Stands first in its row as well. */
  bulk?: BulkState;
  /** How often the attempt began again without a report in between; absent: never. */
  interrupted?: number;
  /** When the first step asks again that waits for a turn of its rate (epoch ms); it may be over. */
  turn_at?: number;
  /** Tokens that its `ai` steps have used; absent: none. */
  ai_tokens?: number;
}

/** The blueprint label of a job whose plan came with its submission. */
export const INLINE = "inline";

/** A job as the registry keeps it. Times are epoch ms. */
export interface Job {
  job_id: string;
  tenant: string;
  name: string;
  status: JobStatusName;
  /** `name@version`, or `inline`. */
  blueprint: string;
  plan_hash: string;
  submitted_at: number;
  run_at: number | null;
  dispatched_at: number | null;
  started_at: number | null;
  settled_at: number | null;
  timeout_ms: number;
  attempt: number;
  nudges: number;
  /** When the next report must have come; after this the engine is asked. */
  expected_by: number;
  /** When the alarm must look at the job. Never later than {@link nextDue}; may be earlier, which costs one look. */
  due_at: number;
  step_count: number;
  step: string | null;
  message: string | null;
  /** Path of the stored value that is the result, if there is one and {@link result_json} does not hold it. */
  result_path: string | null;
  error: string | null;
  error_code: string | null;
  parent_id: string | null;
  retried_from: string | null;
  idempotency_key: string | null;
  /** Who asked for it, as auth/principal.ts names callers; null: this machine, or a version that did not note it. */
  submitted_by: string | null;
  /** A small input, and a small result that no step stored: they need no rows of their own. */
  input_json: string | null;
  result_json: string | null;
  /** Small outputs of its steps, by path: run/small-outputs.ts. */
  outputs_json: string | null;
  metadata: JsonObject;
  run: RunState;
  events: JobEvent[];
}

/** What listings show of a job, and look at to find it. */
export type ListedJob = Pick<
  Job,
  | "job_id"
  | "tenant"
  | "name"
  | "status"
  | "blueprint"
  | "plan_hash"
  | "submitted_at"
  | "run_at"
  | "dispatched_at"
  | "started_at"
  | "settled_at"
  | "attempt"
  | "step_count"
  | "step"
  | "error"
  | "error_code"
  | "parent_id"
  | "metadata"
  | "run"
>;

/** The engine's name of the event that something is there that the attempt waits for. */
export const WAKE_EVENT = "wake";

/** The same for runners of 0.1.0, which wait for each step at `path` apart: at most 100 of its characters. */
export const wakeEvent = (path: string): string => `wake-${path.replace(/[^a-z0-9_]/g, "-").slice(-90)}`;

/** The id of one attempt at the engine. Deterministic, so that handing a job over twice starts it once. */
export const instanceId = (jobId: string, attempt: number): string => `${jobId}-${attempt}`;

/** A step id may be `constructor`: only own properties are states. */
export const stepState = (run: RunState, id: string): StepState | undefined => ownValue(run.steps, id);
export const openWork = (run: RunState, path: string): OpenWork | undefined => ownValue(run.open, path);
