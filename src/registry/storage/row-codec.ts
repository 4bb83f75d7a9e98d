import type { ItemCounts, RunState, StepState, StepStatus } from "../../jobs/job.ts";
import type { EventType, JobEvent } from "../../jobs/run/timeline.ts";

/**
 * The JSON fields of a row, short: a settled job keeps its timeline for weeks, and they were the largest part of it.
 * Names are letters, times are ms since the submission. Rows that were written before hold names and epoch ms, and are
 * read as well.
 */

/** PERSISTED: a letter is never given another meaning. */
const EVENT_LETTERS: Record<EventType, string> = {
  accepted: "a",
  dispatched: "d",
  started: "r",
  input_requested: "q",
  answered: "y",
  expired: "x",
  answer_dropped: "v",
  nudged: "n",
  redispatched: "D",
  settled: "e",
  step_retrying: "t",
  step_failed: "f",
  step_started: "b",
  step_waiting: "w",
  child_started: "c",
  step_succeeded: "s",
  step_skipped: "k",
};

/** PERSISTED: a letter is never given another meaning. */
const STATUS_LETTERS: Record<StepStatus, string> = {
  pending: "p",
  running: "r",
  waiting: "w",
  succeeded: "s",
  failed: "f",
  skipped: "k",
  cancelled: "c",
};

/** Reads letters, and names as they are. */
function reader<Name extends string>(letters: Record<Name, string>): (written: string) => Name {
  const names = new Map((Object.keys(letters) as Name[]).map((name) => [letters[name], name]));
  return (written) => names.get(written) ?? (written as Name);
}
const eventType = reader(EVENT_LETTERS);
const stepStatus = reader(STATUS_LETTERS);

/** Above every time since a submission, below every epoch ms: 2001. */
const EPOCH_FROM = 1e12;
const fromMs = (written: number, submittedAt: number): number =>
  written < EPOCH_FROM ? submittedAt + written : written;

/** PERSISTED since 0.1.0; what is null at the end is left out. */
type ShortEvent = [letter: string, ms: number, step?: string | null, message?: string | null];
type ShortStep = [
  letter: string,
  tries: number,
  startedMs: number,
  completedMs?: number | null,
  error?: string | null,
  items?: ItemCounts | null,
];
interface ShortRun {
  /** A cleanup job. */
  $cleanup?: 1;
  $bulk?: NonNullable<RunState["bulk"]>;
  /** It has something to run when it has settled. */
  u?: 1;
  undos?: number;
  in_flight?: NonNullable<RunState["in_flight"]>;
  cleanup_job_id?: string;
  undoing?: string[];
  race?: string;
  steps: Record<string, ShortStep | StepState>;
  open?: RunState["open"];
  answers?: NonNullable<RunState["answers"]>;
  trace?: NonNullable<RunState["trace"]>;
  tree?: number;
  chain?: NonNullable<RunState["chain"]>;
  parent_chain?: string;
  description?: string;
  concurrency?: NonNullable<RunState["concurrency"]>;
  slot?: NonNullable<RunState["slot"]>;
  priority?: number;
  runner?: NonNullable<RunState["runner"]>;
  trigger?: NonNullable<RunState["trigger"]>;
  trigger_depth?: number;
  /** Rows of a map are known by their items. */
  k?: 1;
  interrupted?: number;
  ai_tokens?: number;
  turn_at?: number;
  batch?: string;
  deadlines?: NonNullable<RunState["deadlines"]>;
  origin?: string;
}

function withoutNulls<T extends unknown[]>(fields: T): T {
  while ((fields.at(-1) ?? null) === null) fields.pop();
  return fields;
}

export function eventsJson(events: readonly JobEvent[], submittedAt: number): string {
  const short = events.map(
    ([type, at, step, message]): ShortEvent =>
      withoutNulls([EVENT_LETTERS[type], at - submittedAt, step ?? null, message ?? null]),
  );
  return JSON.stringify(short);
}

export function readEvents(json: string, submittedAt: number): JobEvent[] {
  const events: ShortEvent[] = JSON.parse(json);
  return events.map(([letter, ms, ...rest]) => [eventType(letter), fromMs(ms, submittedAt), ...rest]);
}

function shortStep(
  { status, tries, started_at, completed_at, error, items }: StepState,
  submittedAt: number,
): ShortStep {
  const completed = completed_at === null ? null : completed_at - submittedAt;
  return withoutNulls([STATUS_LETTERS[status], tries, started_at - submittedAt, completed, error, items ?? null]);
}

function readStep(step: ShortStep | StepState, submittedAt: number): StepState {
  if (!Array.isArray(step)) return step;
  const [letter, tries, startedMs, completedMs = null, error = null, items = null] = step;
  return {
    status: stepStatus(letter),
    tries,
    started_at: fromMs(startedMs, submittedAt),
    completed_at: completedMs === null ? null : fromMs(completedMs, submittedAt),
    error,
    ...(items !== null && { items }),
  };
}

/** Keys like `__proto__` stay own fields: step ids are untrusted. */
const mapValues = <From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

const undoJson = ({ cleans_up, undos, in_flight, cleanup_job_id, undoing, race }: RunState): Partial<ShortRun> => ({
  ...(cleans_up && { u: 1 }),
  ...(undos && { undos }),
  ...(in_flight && { in_flight }),
  ...(cleanup_job_id && { cleanup_job_id }),
  ...(undoing && { undoing }),
  ...(race && { race }),
});

/** What was said of the job when it was accepted. */
const acceptedJson = ({ trace, tree, chain, parent_chain, description, ...run }: RunState): Partial<ShortRun> => ({
  ...(trace && { trace }),
  ...(tree && { tree }),
  ...(chain && { chain }),
  ...(parent_chain && { parent_chain }),
  ...(description && { description }),
  ...(run.trigger && { trigger: run.trigger }),
  ...(run.trigger_depth && { trigger_depth: run.trigger_depth }),
  ...(run.rows_by_item && { k: 1 }),
  ...(run.batch && { batch: run.batch }),
  ...(run.origin && { origin: run.origin }),
});

const flowJson = ({ concurrency, slot, priority, turn_at }: RunState): Partial<ShortRun> => ({
  ...(concurrency && { concurrency }),
  ...(slot && { slot }),
  ...(priority && { priority }),
  ...(turn_at && { turn_at }),
});

export function runJson(run: RunState, submittedAt: number): string {
  const { steps, open, answers, runner, interrupted, ai_tokens, cleanup, deadlines, bulk } = run;
  const short: ShortRun = {
    ...(cleanup && { $cleanup: 1 }),
    ...(bulk && { $bulk: bulk }),
    steps: mapValues(steps, (step) => shortStep(step, submittedAt)),
    ...(Object.keys(open).length > 0 && { open }),
    ...(answers && { answers }),
    ...acceptedJson(run),
    ...(runner && { runner }),
    ...undoJson(run),
    ...(interrupted && { interrupted }),
    ...(ai_tokens && { ai_tokens }),
    ...flowJson(run),
    ...(deadlines && { deadlines }),
  };
  return JSON.stringify(short);
}

export function readRun(json: string, submittedAt: number): RunState {
  const { steps, open = {}, k, u, $cleanup, $bulk, ...rest }: ShortRun = JSON.parse(json);
  const read = { steps: mapValues(steps, (step) => readStep(step, submittedAt)), open, ...rest };
  return {
    ...read,
    ...(k && { rows_by_item: true }),
    ...(u && { cleans_up: true }),
    ...($cleanup && { cleanup: true }),
    ...($bulk && { bulk: $bulk }),
  };
}
