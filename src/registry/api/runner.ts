import type { Blueprint } from "../../blueprint/blueprint.ts";
import type { RateTerms } from "../../jobs/flow/turns.ts";
import type { StepError } from "../../jobs/job.ts";
import type { Mark } from "../../jobs/run/reports.ts";
import type { Rounds } from "../../jobs/run/rounds.ts";
import type { Taker } from "../../jobs/run/takeover.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import type { TraceContext } from "../../lib/trace-context.ts";
import type { CleanupPlan, ParentPage } from "./cleanup-calls.ts";
import type { EventRequest } from "./event-calls.ts";
import type { SealedSecret } from "./store-calls.ts";
import type { OfferRequest } from "./worker-api.ts";

/** What the registry answers to the runner: reports of one attempt, fenced by it. */

/** One attempt of a job. Its reports are fenced by it. */
export interface RunRef {
  tenant: string;
  job_id: string;
  attempt: number;
  /** The run that `start` gave; absent from runners of 0.1.0. Reports of earlier runs change nothing. */
  run?: number;
}

/** The job was cancelled, has settled, or another attempt took over: return quietly, without acting. */
export type Stop = { do: "stop" };

/** A rate, of the tenant or of the step, leaves no room now: ask again after this. */
export type Later = { do: "later"; after_ms: number };

/** So many questions of the job are open that this one must wait until another has ended. */
export type NoPlace = { do: "no_place" };

/** A row beside this one failed, and that is decided: nothing of this row begins any more. */
export type Halted = { do: "halted" };

/** The end of an action that rides along with the next report of its run. */
export interface Finished {
  path: string;
  output: Json;
  /** When it ended, epoch ms: what `$now()` gives from then on. Left out by runners of 0.1.0. */
  at?: number;
  /** The failure that the blueprint goes on from; `output` is then what the step yields instead. */
  error: StepError | null;
}

/** What rode along could not be kept: nothing of the report was done, and the action at `path` failed. */
export type Unkept = { do: "unkept"; path: string; error: StepError };

/** A step that failed for good. `path`: its own, wherever in a row it lies. `at`: when that was stored, epoch ms. */
export type StepFailure = { path: string; error: StepError };
export type StoredFailure = StepFailure & { at: number };

/** How rows ended of which one failed, as it was decided first. */
export interface HaltedRows {
  /** null: one of them had won, and the others were not needed. */
  error: StepError | null;
  /** Places of the rows that had finished. */
  finished: number[];
}

export interface RunPlan {
  do: "run";
  /** Of this runner, for its further reports; absent when it did not say who it is. */
  run?: number | undefined;
  plan: Blueprint;
  input: JsonObject;
  submitted_at: number;
  started_at: number;
  /** When the job must have settled. */
  ends_at: number;
  /** Rows of a map are known by their items; absent: by their index, in jobs from before 0.2.0. */
  rows_by_item?: true | undefined;
  /** Tokens that the job's `ai` steps have used; absent: none. */
  ai_tokens?: number | undefined;
  /** An expression over the result, whose value the trigger compares. */
  changed?: string | undefined;
  trace?: TraceContext | undefined;
  /** What is finished already; absent from a registry of 0.1.0. */
  journal?: JournalPage | undefined;
  /** What has failed for good while something else went on, by the path of the row, or of the step whose undo it was. */
  failed?: Record<string, StoredFailure> | undefined;
  /** The first step has begun with the start, as one call of `begin` with the taker's token. */
  opening?: { path: string; begun: Running } | undefined;
  /** Where the job was submitted; absent: by nobody's call. */
  origin?: string | undefined;
  /** Only of a cleanup job, whose plan is that of its parent. */
  cleanup?: CleanupPlan | undefined;
  /** What the tenant set for itself, of the object that keeps it; absent: that is another one, or of 0.1.0. */
  secrets?: SealedSecret[] | undefined;
}

/** Outputs of finished top-level steps, in the order of the plan. */
export interface JournalPage {
  outputs: [path: string, output: Json, at?: number][];
  /** The step with which the next page begins; null: this is the last. */
  next: string | null;
}

/** An output that is stored. `at`: when that was, epoch ms; undefined: of a version that did not note it. */
export interface Recorded {
  output: Json;
  at?: number | undefined;
}

/** The action may run. */
export interface Running {
  do: "run";
  try: number;
  failures: number;
  /** Idempotency key of the action, the same as long as its outcome is unknown. */
  key: string;
  /** Polls under this key that were answered. */
  polls: number;
  /** The same of this job alone. */
  rounds: number;
  /** ms until the turn that its rate gave it; absent: now. */
  turn_ms?: number;
}

export type Begun = Running | ({ do: "reuse" } & Recorded) | { do: "fail"; error: StepError };

export interface AskRequest {
  request_id: string;
  message: string;
  schema: JsonObject;
  timeout_ms: number;
  /** The content that stands when nobody answers; null: the step fails then. */
  fallback: JsonObject | null;
  /** It is answered by link too. */
  link?: true | undefined;
}

export interface SpawnRequest {
  name: string;
  /** `name@version`, or `inline`. */
  blueprint: string;
  plan: Blueprint;
  input: JsonObject;
  /** Nobody waits for it: the step is done when it is accepted. */
  detached?: true;
}

/** Where something that a step waits for stands. */
export type Awaited =
  /** Wait for the engine's event of this step, at most so long, then collect. */
  { do: "wait"; timeout_ms: number } | ({ do: "done" } & Recorded) | { do: "fail"; error: StepError };

/** Where a `repeat` goes on, or why it does not: its failure was passed over before. */
export type Repeating =
  | ({ do: "go" } & Pick<Rounds, "round" | "state" | "over" | "since" | "at">)
  | { do: "fail"; error: StepError };

/** A round that is over, and when; no state: nothing. */
export type RoundEnd = Pick<Rounds, "round" | "state" | "over" | "at">;

/** What `changed` of the trigger that started the job came out as. */
export type Watched = { value: Json | undefined } | { error: string };

export type RunOutcome =
  /** `early`: the plan ended before its last step, perhaps with a word why. */
  | { name: "succeeded"; output: Json; early?: { message: string | null } }
  /** The result is the output that the step at this path already stored. */
  | { name: "succeeded"; output_path: string }
  | { name: "failed"; error: StepError; path: string | null };

export interface Awake {
  do: "awake";
  waiting: string[];
}

/**
 * For the runner, over the object binding only. Each is idempotent; `marks` ride along. `keyPath` is the path with items in
 * place of the indexes of a map; left out: the path itself. `finished` comes first, as a call of `finish` would.
 */
export interface RunnerApi {
  /** `taker`: who runs the attempt from now on; reports of whoever ran it before change nothing. */
  start(ref: RunRef, taker?: Taker): Promise<RunPlan | Stop>;
  /** A further page of what was finished. @param from the step that it begins with */
  journal(ref: RunRef, from: string): Promise<({ do: "journal" } & JournalPage) | Stop>;
  /**
   * The run goes on after a wait. `waiting`: paths of the steps that go on waiting. One that waits in the run and is not among
   * them has its outcome, or had it, and the answer that said so was lost.
   */
  awake(ref: RunRef): Promise<Awake | Stop>;
  /** `token`: new for each run of the engine step, the same when the report is sent again. */
  begin(
    ref: RunRef,
    path: string,
    token: string,
    withinMs: number,
    marks: Mark[],
    keyPath?: string,
    finished?: Finished,
    rate?: RateTerms,
  ): Promise<Begun | Later | Halted | Stop | Unkept>;
  retrying(
    ref: RunRef,
    path: string,
    error: StepError,
    delayMs: number,
    withinMs: number,
  ): Promise<Stop | { do: "go" }>;
  polled(ref: RunRef, path: string, everyMs: number, withinMs: number): Promise<Stop | { do: "go" }>;
  /** `error`: the failure that the blueprint goes on from; `output` is then what the step yields instead. */
  finish(
    ref: RunRef,
    path: string,
    output: Json,
    error: StepError | null,
    at?: number,
  ): Promise<Stop | { do: "go" } | { do: "fail"; error: StepError }>;
  rest(
    ref: RunRef,
    path: string,
    wakeAt: number,
    marks: Mark[],
    keyPath?: string,
    finished?: Finished,
  ): Promise<Stop | Halted | Unkept | { do: "rest"; wake_at: number }>;
  /** Asks a question; asked again, it says how that stands. */
  ask(
    ref: RunRef,
    path: string,
    request: AskRequest,
    marks: Mark[],
    keyPath?: string,
    finished?: Finished,
  ): Promise<Awaited | NoPlace | Halted | Unkept | Stop>;
  /** Waits for an event of the tenant from now on; called again, it says how that stands. */
  awaitEvent(
    ref: RunRef,
    path: string,
    request: EventRequest,
    marks: Mark[],
    keyPath?: string,
  ): Promise<Awaited | Halted | Stop>;
  /** Starts a child job; called again, it says how that stands. */
  spawn(
    ref: RunRef,
    path: string,
    request: SpawnRequest,
    marks: Mark[],
    keyPath?: string,
    finished?: Finished,
  ): Promise<Awaited | Later | Halted | Unkept | Stop>;
  /** Offers the step's input to workers; called again, it says how that stands. */
  offer(
    ref: RunRef,
    path: string,
    request: OfferRequest,
    marks: Mark[],
    keyPath?: string,
    rate?: RateTerms,
    finished?: Finished,
  ): Promise<Awaited | Later | Halted | Unkept | Stop>;
  /**
   * The rows of the step at `path` are over, because one failed, and the blueprint goes on: nothing below it begins any
   * more, in no attempt. The first report decides, and a later one is told how.
   * @param error null: this run met no failure, only rows that were halted; `won`: the row that finished decides
   */
  halt(
    ref: RunRef,
    path: string,
    error: StepError | "won" | null,
    finished: number[],
    marks: Mark[],
  ): Promise<({ do: "kept" } & HaltedRows) | Halted | Stop>;
  /** The row of this step is halted: a child that it waits for is cancelled, and no worker may claim it. */
  abandon(ref: RunRef, path: string): Promise<Stop | { do: "go" }>;
  /** The row at `path` has failed for good, or the undo of the step there, and others go on: no later run acts there again. */
  rowFailed(ref: RunRef, path: string, failure: StepFailure, marks: Mark[]): Promise<Stop | Halted | { do: "go" }>;
  /** The rows or rounds of the step at `path` begin, or go on: until when they may. The first report decides. */
  within(ref: RunRef, path: string, until: number, marks: Mark[]): Promise<{ do: "within"; until: number } | Stop>;
  /** The `repeat` at `path` begins, or goes on. */
  repeating(ref: RunRef, path: string, marks: Mark[], keyPath?: string): Promise<Repeating | Halted | Stop>;
  /** A round is over: its state is kept, and all else of it goes. */
  roundEnded(
    ref: RunRef,
    path: string,
    end: RoundEnd,
    marks: Mark[],
    keyPath?: string,
  ): Promise<{ do: "go" } | { do: "fail"; error: StepError } | Halted | Stop>;
  collect(ref: RunRef, path: string): Promise<Awaited | Stop>;
  /** For a cleanup job: what its parent stored, behind this path. */
  parentJournal(ref: RunRef, after: string): Promise<ParentPage | Stop>;
  /** For a cleanup job: the effect of the parent's step at `path` was taken back. */
  undone(ref: RunRef, path: string, keyPath: string): Promise<Stop | { do: "go" }>;
  mark(ref: RunRef, marks: Mark[]): Promise<Stop | { do: "go" }>;
  settle(
    ref: RunRef,
    outcome: RunOutcome,
    marks: Mark[],
    finished?: Finished,
    watched?: Watched,
  ): Promise<Unkept | undefined>;
}
