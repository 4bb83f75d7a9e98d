import type { Blueprint } from "../../blueprint/blueprint.ts";
import type { FormFields } from "../../blueprint/schemas/answer-form.ts";
import type { Concurrency } from "../../jobs/flow/slot.ts";
import type { Answered } from "../../jobs/job.ts";
import type { JobStatusName } from "../../jobs/status.ts";
import type { JobRow, JobStatus } from "../../jobs/view.ts";
import type { Fault } from "../../lib/fault.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { err, type Result } from "../../lib/result.ts";
import type { TextPage } from "../../lib/text/text-page.ts";
import type { TraceContext } from "../../lib/trace-context.ts";
import type { Caller, StorageFull } from "./asking.ts";
import type { SavedBlueprintsApi } from "./blueprint-calls.ts";
import type { Followed, Following, TooManyListeners } from "./followed-changes.ts";
import type { StoreApi } from "./store-calls.ts";

export type * from "./asking.ts";
export type * from "./runner.ts";

/**
 * What the registry answers, for callers and for the runner. Everything crosses RPC, so it is plain data;
 * expected failures are values. Times are epoch ms, durations ms.
 */

export interface SubmitRequest {
  name: string;
  /** `name@version`, or `inline`. */
  blueprint: string;
  plan: Blueprint;
  plan_hash: string;
  input: JsonObject;
  metadata: JsonObject;
  run_at: number | null;
  timeout_ms: number;
  idempotency: Idempotency | null;
  /** Left out: the plan's own. */
  concurrency?: Concurrency | undefined;
  priority?: number | undefined;
  /** The trace that the job belongs to. */
  trace?: TraceContext | undefined;
  /** Under which the caller reached the server; only of a plan whose questions may have links. */
  origin?: string | undefined;
}

export interface Idempotency {
  key: string;
  /** Of all that was asked for: the same key with another request is a conflict. */
  request_hash: string;
}

export type Submitted = JobStatus & { deduplicated: boolean };

/** Quota errors that can also fail a child job. */
export type Full = { code: "too_many_active"; active: number; limit: number } | StorageFull;
export type QuotaError = Full | { code: "too_many_submits"; limit: number; retry_after_ms: number };

export type SubmitError = { code: "idempotency_conflict"; job_id: string } | QuotaError;
export type UnknownJob = { code: "unknown_job" };
/** `cleanup_job_id`: the job has settled, and the job that cleans up after it has not. */
export type NotSettled = { code: "not_settled"; status: JobStatusName; cleanup_job_id?: string };
export const UNKNOWN_JOB: { ok: false; error: UnknownJob } = err({ code: "unknown_job" });

export interface Include {
  steps: boolean;
  events: boolean;
  /** The plan that the job runs; absent: no. */
  blueprint?: boolean;
}

export interface ListQuery {
  /** Empty: any. */
  statuses: JobStatusName[];
  /** `name` (all its versions), `name@version` or `inline`; null: any. */
  blueprint: string | null;
  /** Top-level fields that must be equal. */
  metadata: Record<string, string | number | boolean | null>;
  submitted_after: number | null;
  submitted_before: number | null;
  batch_id?: string | null;
  parent_id?: string | null;
  /** Name of a trigger. */
  trigger?: string | null;
  error_code?: string | null;
  /** In lower case: name, description, metadata or error hold it. */
  text?: string | null;
  limit: number;
  /** Id of the last job that the page before looked at; null: from the newest. */
  after: string | null;
}

/** One page of rows, newest first. It may be short, even empty, and still go on. */
export interface Page<Row> {
  jobs: Row[];
  /** All rows from this id up were looked at; null: all rows that there are. */
  next_after: string | null;
}

export type ListPage = Page<JobRow>;

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

/** A job as those who wait for it see it. */
export type WaitRow = JobRow &
  Pick<JobStatus, "step" | "message" | "input_requests" | "result" | "error_code" | "run_at" | "wakes_at">;

export interface WaitReport {
  /** In the order asked for. */
  jobs: WaitRow[];
  timed_out: boolean;
}

/** As one object answers. */
export interface ShardWaitReport extends WaitReport {
  /** It ended before its time, so that others could wait. */
  cut_short: boolean;
}

export interface ResultPart {
  /** RFC 6901; empty: the whole result. */
  pointer: string;
  /** In bytes of UTF-8. */
  offset: number;
  max_bytes: number;
}

export type ResultError =
  | UnknownJob
  /** The job has no result: it has not succeeded. */
  | { code: "no_result"; status: JobStatusName }
  | { code: "pointer_not_found" };

export interface RetryRequest {
  /** null: the first unfinished step, or the first of all when `input` is given. */
  from_step: string | null;
  /** null: as before. */
  input: JsonObject | null;
  /** Left out: the same. Reused is the unbroken beginning of steps that did not change. */
  blueprint?: NewPlan;
  /** Left out: as before. */
  timeout_ms?: number;
}

export interface NewPlan {
  /** `name@version`, or `inline`. */
  label: string;
  plan: Blueprint;
  plan_hash: string;
}

export type RetryError =
  | UnknownJob
  | QuotaError
  | NotSettled
  /** A succeeded job is run again only from a step that is named. */
  | { code: "from_step_needed" }
  /** `from_step` is none of the steps that could be run again, which are listed. */
  | { code: "no_such_step"; steps: string[] }
  | { code: "invalid_input"; faults: Fault[] };

export interface Answer {
  request_id: string;
  action: "accept" | "decline";
  content: JsonObject | null;
}

export type RespondError =
  | UnknownJob
  /** No question of this id is open. `open` lists those of the job, `children` those of its child jobs, which take their answers themselves. */
  | { code: "unknown_request"; open: string[]; children?: { job_id: string; request_id: string }[] }
  | StorageFull
  /** No person answers it, but an event of this name. */
  | { code: "awaits_event"; event: string }
  | { code: "already_answered"; action: "accept" | "decline" | "expired"; at: number }
  | { code: "invalid_content"; faults: Fault[] };

/** For the Worker, on behalf of a caller. */
export interface CallerApi extends SavedBlueprintsApi, StoreApi {
  submit(caller: Caller, request: SubmitRequest): Promise<Result<Submitted, SubmitError>>;
  /** What a submit with this key would answer without making a job; null: the key is unknown in this shard. */
  findKey(caller: Caller, idempotency: Idempotency): Promise<Result<Submitted, SubmitError> | null>;
  status(caller: Caller, jobId: string, include: Include): Promise<Result<JobStatus, UnknownJob>>;
  /** Resolves when the job settles or asks for input, and after `waitMs` at the latest. `released`: as in `waitFor`. */
  wait(
    caller: Caller,
    jobId: string,
    waitMs: number,
    released?: () => Promise<void>,
  ): Promise<Result<JobStatus, UnknownJob>>;
  /** Every change of these jobs from now on, or from where each was left. Cancel the stream to stop listening. */
  follow(caller: Caller, jobs: Followed[]): Promise<Result<Following, TooManyListeners>>;
  list(caller: Caller, query: ListQuery): Promise<ListPage>;
  explain(caller: Caller, jobId: string): Promise<Result<Explanation, UnknownJob>>;
  /**
   * Resolves when `any` or `all` of the jobs have settled or ask for input, and after `waitMs` at the latest.
   * @param released resolves when the caller needs no answer any more
   */
  waitFor(
    caller: Caller,
    jobIds: string[],
    until: "any" | "all",
    waitMs: number,
    released?: () => Promise<void>,
  ): Promise<Result<ShardWaitReport, UnknownJob & { job_id: string }>>;
  /** `changed` is false when the job had settled before. */
  cancel(
    caller: Caller,
    jobId: string,
    reason: string | null,
  ): Promise<Result<JobStatus & { changed: boolean }, UnknownJob>>;
  /** Deletes a settled job with all that belongs to it. */
  remove(caller: Caller, jobId: string): Promise<Result<null, UnknownJob | NotSettled>>;
  /**
   * How a job stood that was deleted or purged within the last hour: for tasks/get alone, whose clients ask on. To every
   * tool such a job is unknown.
   */
  lastState(caller: Caller, jobId: string): Promise<Result<JobStatus, UnknownJob>>;
  readResult(caller: Caller, jobId: string, part: ResultPart): Promise<Result<TextPage, ResultError>>;
  /** A new job that reuses what the old one finished. The same retry again returns its job while that is unsettled. */
  retry(caller: Caller, jobId: string, request: RetryRequest): Promise<Result<JobStatus, RetryError>>;
  respond(caller: Caller, jobId: string, answer: Answer): Promise<Result<JobStatus, RespondError>>;
}

// Whoever has the link of a question.

/** How the question of a link stands. */
export type LinkState =
  /** The job has ended, or what the question stood in: nobody answers it any more. */
  | { is: "gone"; action: Answered["action"] | null }
  /** `is_kept`: an answer came before it. */
  | { is: "not_asked"; job: string; is_kept: boolean }
  | { is: "open"; job: string; message: string; schema: JsonObject; expires_at: number }
  | { is: "answered"; job: string; action: Answered["action"] };

/** What came by the link. A form is read when the question's schema is known. */
export type LinkAnswer =
  | { action: "decline" }
  | { action: "accept"; content: JsonObject }
  | { action: "accept"; form: FormFields };

export type LinkError =
  | { code: "gone" }
  | { code: "already_answered"; action: Answered["action"] | null }
  | { code: "invalid_content"; faults: Fault[] }
  | StorageFull;

export interface LinkApi {
  openLink(caller: Caller, jobId: string, path: string): Promise<LinkState>;
  /** `kept`: the question is not asked yet, and this is looked at when it is. */
  answerLink(
    caller: Caller,
    jobId: string,
    path: string,
    answer: LinkAnswer,
  ): Promise<Result<{ is: "answered" | "kept" }, LinkError>>;
}
