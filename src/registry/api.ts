import type { Blueprint } from "../blueprint/blueprint.ts";
import type { StepError } from "../jobs/job.ts";
import type { Json, JsonObject } from "../jobs/json.ts";
import type { Mark } from "../jobs/reports.ts";
import type { Result } from "../jobs/result.ts";
import type { JobStatusName } from "../jobs/status.ts";
import type { JobRow, JobStatus } from "../jobs/view.ts";

/**
 * What the registry answers, for callers and for the runner. Everything crosses RPC, so it is plain data;
 * expected failures are values. Times are epoch ms, durations ms.
 */

export interface SubmitRequest {
  tenant: string;
  shard: number;
  name: string;
  /** `name@version`, or `inline`. */
  blueprint: string;
  plan: Blueprint;
  plan_hash: string;
  input: JsonObject;
  metadata: JsonObject;
  run_at: number | null;
  timeout_ms: number;
  idempotency: { key: string; request_hash: string } | null;
}

export type Submitted = JobStatus & { deduplicated: boolean };

export type SubmitError = { code: "idempotency_conflict"; job_id: string };
export type UnknownJob = { code: "unknown_job" };

export interface Include {
  steps: boolean;
  events: boolean;
}

export interface ListQuery {
  tenant: string;
  /** Empty: any. */
  statuses: JobStatusName[];
  /** `name` (all its versions), `name@version` or `inline`; null: any. */
  blueprint: string | null;
  /** Top-level fields that must be equal. */
  metadata: Record<string, string | number | boolean | null>;
  submitted_after: number | null;
  submitted_before: number | null;
  limit: number;
  /** Id of the last job that the page before looked at; null: from the newest. */
  after: string | null;
}

export interface ListPage {
  jobs: JobRow[];
  /** Where the next page goes on; null at the end. A page may be short, even empty, and still go on. */
  next_after: string | null;
}

/** Everything known about one job, for a person or a model who must explain it. */
export interface Explanation {
  status: JobStatus;
  plan: Blueprint;
  input: Json;
  /** Stored step outputs by step path, in path order; large ones are left out. */
  outputs: Record<string, Json>;
  /** Newest failed jobs of the same blueprint with the same error code, without this one. */
  similar: JobRow[];
}

/** For the Worker, on behalf of a verified tenant. */
export interface CallerApi {
  submit(request: SubmitRequest): Promise<Result<Submitted, SubmitError>>;
  status(tenant: string, jobId: string, include: Include): Promise<Result<JobStatus, UnknownJob>>;
  /** Resolves when the job settles or asks for input, and after `waitMs` at the latest. */
  wait(tenant: string, jobId: string, waitMs: number): Promise<Result<JobStatus, UnknownJob>>;
  list(query: ListQuery): Promise<ListPage>;
  explain(tenant: string, jobId: string): Promise<Result<Explanation, UnknownJob>>;
}

/** One attempt of a job. Its reports are fenced by it. */
export interface RunRef {
  tenant: string;
  job_id: string;
  attempt: number;
}

/** The job was cancelled, has settled, or another attempt took over: return quietly, without acting. */
export type Stop = { do: "stop" };

export interface RunPlan {
  do: "run";
  plan: Blueprint;
  input: JsonObject;
  submitted_at: number;
  started_at: number;
}

export type Begun =
  | { do: "run"; try: number; failures: number }
  | { do: "reuse"; output: Json }
  | { do: "fail"; error: StepError };

export type RunOutcome =
  | { name: "succeeded"; output: Json }
  /** The result is the output that the step at this path already stored. */
  | { name: "succeeded"; output_path: string }
  | { name: "failed"; error: StepError; path: string | null };

/** For the runner, over the object binding only. Each is idempotent; `marks` ride along. */
export interface RunnerApi {
  start(ref: RunRef): Promise<RunPlan | Stop>;
  /** `token`: new for each run of the engine step, the same when the report is sent again. */
  begin(ref: RunRef, path: string, token: string, withinMs: number, marks: Mark[]): Promise<Begun | Stop>;
  retrying(
    ref: RunRef,
    path: string,
    error: StepError,
    delayMs: number,
    withinMs: number,
  ): Promise<Stop | { do: "go" }>;
  /** `error`: the failure that the blueprint goes on from; `output` is then what the step yields instead. */
  finish(ref: RunRef, path: string, output: Json, error: StepError | null): Promise<Stop | { do: "go" }>;
  rest(ref: RunRef, path: string, wakeAt: number, marks: Mark[]): Promise<Stop | { do: "rest"; wake_at: number }>;
  mark(ref: RunRef, marks: Mark[]): Promise<Stop | { do: "go" }>;
  settle(ref: RunRef, outcome: RunOutcome, marks: Mark[]): Promise<void>;
}

export type RegistryApi = CallerApi & RunnerApi;

/** The object that owns the tenant's jobs of this shard. A stub is broken after an exception: get a new one per try. */
export function registryOf(namespace: DurableObjectNamespace, tenant: string, shard: number): RegistryApi {
  // The generated RPC types cannot express recursive JSON; JobRegistry implements RegistryApi, which its class declares.
  return namespace.getByName(`${tenant}/${shard}`) as unknown as RegistryApi;
}
