import { firstAction } from "../../blueprint/acting.ts";
import type { Blueprint } from "../../blueprint/blueprint.ts";
import { isCounted } from "../../jobs/dispatch.ts";
import type { RateTerms } from "../../jobs/flow/turns.ts";
import { type Job, openWork, type StepError, stepState } from "../../jobs/job.ts";
import { withoutQuestions } from "../../jobs/run/awaiting.ts";
import { undonePath } from "../../jobs/run/in-flight.ts";
import { interruption } from "../../jobs/run/interruption.ts";
import { begin, heard, inRow, type Mark, mayBeginAt, polled, rest, retrying, start } from "../../jobs/run/reports.ts";
import { asked, canWait, type Taker, waitingPaths } from "../../jobs/run/takeover.ts";
import { type Outcome, resultTooLarge } from "../../jobs/settle.ts";
import { type Json, jsonBytes } from "../../lib/json.ts";
import { ok } from "../../lib/result.ts";
import { MAX_ROW_VALUE_BYTES } from "../../limits.ts";
import type {
  Awake,
  Begun,
  Finished,
  Halted,
  JournalPage,
  Later,
  RunnerApi,
  RunOutcome,
  RunPlan,
  RunRef,
  Stop,
  Unkept,
  Watched,
} from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { notKept } from "../dispatch/admission.ts";
import { RESULT_PATH } from "../storage/values.ts";
import type { AwaitReports } from "./await-reports.ts";
import { type CleanupReports, noteLate } from "./cleanup-reports.ts";
import { applyJoined, noteLateEnd, withFinished } from "./ended-actions.ts";
import { applyReport, findFenced, isHalted, withMarks } from "./fenced-reports.ts";
import { journalPage, recorded, runPlan } from "./journal.ts";
import { notYet, turnOf } from "./rate-turns.ts";
import type { RowReports } from "./row-reports.ts";
import { followEffects, settleJob } from "./settlements.ts";

/** A try that asks to begin. */
interface Try {
  path: string;
  token: string;
  withinMs: number;
  keyPath: string;
  /** ms that it waits for its turn when it has begun. */
  turn_ms?: number;
}

const GO = { do: "go" } as const;
const HALTED = { do: "halted" } as const;

/** The attempt may not begin once more. */
type Interrupted = { do: "interrupted"; error: StepError };

/** The engine's reports. Fenced by attempt, idempotent, safe out of order: a stale one changes nothing. */
export class StepReports implements Omit<RunnerApi, keyof AwaitReports | keyof CleanupReports | keyof RowReports> {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async start(ref: RunRef, taker?: Taker): Promise<RunPlan | Stop> {
    // Who takes over has no number yet.
    const whoever = { ...ref, run: Number.POSITIVE_INFINITY };
    const begun = applyReport<RunPlan | Interrupted>(this.#context, whoever, (job, now) => {
      const next = start(job, now, taker);
      const error = interruption(next);
      if (error !== undefined) return { next, reply: { do: "interrupted", error } };
      const plan: Blueprint = JSON.parse(this.#context.tables.plans.json(job.plan_hash));
      const opened = job.run.cleanup === undefined ? this.#openFirst(next, plan, now) : undefined;
      const reply = { ...runPlan(this.#context, next, plan, now), opening: opened?.opening };
      return { next: opened?.next ?? next, reply };
    });
    if (begun.do !== "interrupted") return begun;
    await this.settle(whoever, { name: "failed", error: begun.error, path: null }, []);
    return { do: "stop" };
  }

  async journal(ref: RunRef, from: string) {
    return applyReport<{ do: "journal" } & JournalPage>(this.#context, ref, (job, now) => {
      const page = journalPage(this.#context.tables.values, job, from);
      return { next: heard(job, now), reply: { do: "journal", ...page } };
    });
  }

  async awake(ref: RunRef) {
    return applyReport<Awake>(this.#context, ref, (job, now) => {
      return { next: heard(asked(job), now), reply: { do: "awake", waiting: waitingPaths(job) } };
    });
  }

  async begin(
    ref: RunRef,
    path: string,
    token: string,
    withinMs: number,
    marks: Mark[],
    keyPath = path,
    finished?: Finished,
    rate?: RateTerms,
  ) {
    const turn = await turnOf(this.#context, ref, path, rate, { keyPath, token });
    return applyJoined<Begun | Later | Halted>(this.#context, ref, { finished, marks }, (job, now) => {
      if (turn.pause_ms > 0) return notYet(job, turn.pause_ms, now);
      return this.#begin(job, { path, token, withinMs, keyPath, turn_ms: turn.wait_ms }, now);
    });
  }

  #begin(job: Job, asked: Try, now: number): { next: Job; reply: Begun | Later | Halted } {
    const { path, token, withinMs, keyPath, turn_ms = 0 } = asked;
    const stored = this.#context.tables.values.stored(job, path, keyPath);
    if (stored !== undefined) return { next: job, reply: { do: "reuse", ...recorded(stored) } };
    if (isHalted(this.#context, job, path, now)) return { next: job, reply: HALTED };
    const wait = openWork(job.run, path)?.token === token ? 0 : this.#waitMs(job, path, now);
    if (wait > 0) return { next: heard(job, now), reply: { do: "later", after_ms: wait } };
    const { key, polls } = this.#context.actions.keyOf(job, keyPath);
    const known = { ...(polls > 0 && { polls }), ...inRow(path, keyPath) };
    const { job: next, opening } = begin(job, path, token, withinMs, now, known);
    if (opening.do === "fail") return { next, reply: opening };
    this.#markUndo(job, path, keyPath);
    const { polls: answered = 0, rounds = 0 } = openWork(next.run, path) ?? {};
    return { next, reply: { ...opening, key, polls: answered, rounds, ...(turn_ms > 0 && { turn_ms }) } };
  }

  /** The job with the first action begun, if it is one that has not begun before. Its token is that of the start. */
  #openFirst(job: Job, plan: Blueprint, now: number) {
    const token = job.run.runner?.token;
    const first = firstAction(plan);
    if (token === undefined || first === undefined) return undefined;
    const { path } = first;
    const isSentAgain = openWork(job.run, path)?.token === token;
    if (stepState(job.run, path) !== undefined && !isSentAgain) return undefined;
    const { next, reply } = this.#begin(job, { ...first, token, keyPath: path }, now);
    return reply.do === "run" ? { next, opening: { path, begun: reply } } : undefined;
  }

  /** What a cleanup job takes back is not reused by a retry, whatever comes of it. */
  #markUndo({ run, parent_id }: Job, path: string, keyPath: string): void {
    const undone = run.cleanup && undonePath(path);
    if (undone === undefined || parent_id === null) return;
    this.#context.tables.values.markUndo(parent_id, undone, undonePath(keyPath) ?? undone, "begun");
  }

  /** How long no try of the step may begin. */
  #waitMs(job: Job, path: string, now: number): number {
    if (!canWait(job)) return 0;
    const wait = mayBeginAt(job, path, now) - now;
    return wait > 0 || !isCounted(job) ? wait : this.#context.admission.admitAction(now);
  }

  async retrying(ref: RunRef, path: string, error: StepError, delayMs: number, withinMs: number) {
    noteLate(this.#context, ref, path, { error });
    return applyReport<typeof GO>(this.#context, ref, (job, now) => {
      return { next: retrying(job, path, error, delayMs, withinMs, now), reply: GO };
    });
  }

  async polled(ref: RunRef, path: string, everyMs: number, withinMs: number) {
    return applyReport<typeof GO>(this.#context, ref, (job, now) => {
      return { next: polled(job, path, everyMs, withinMs, now), reply: GO };
    });
  }

  async finish(ref: RunRef, path: string, output: Json, error: StepError | null, at?: number) {
    const finished = { path, output, error, ...(at !== undefined && { at }) };
    noteLateEnd(this.#context, ref, finished);
    return applyReport<typeof GO | { do: "fail"; error: StepError }>(this.#context, ref, (job, now) => {
      const ended = withFinished(this.#context, job, finished, now);
      return ended.ok
        ? { next: ended.value, reply: GO }
        : { next: job, reply: { do: "fail", error: ended.error.error } };
    });
  }

  async rest(ref: RunRef, path: string, wakeAt: number, marks: Mark[], keyPath = path, finished?: Finished) {
    return applyJoined<{ do: "rest"; wake_at: number } | Halted>(
      this.#context,
      ref,
      { finished, marks },
      (job, now) => {
        const over = this.#context.tables.values.stored(job, path, keyPath);
        if (over !== undefined) return { next: job, reply: { do: "rest", wake_at: over.at ?? now } };
        const isResting = openWork(job.run, path) !== undefined;
        if (!isResting && isHalted(this.#context, job, path, now)) return { next: job, reply: HALTED };
        const resting = rest(job, path, wakeAt, now, keyPath);
        return { next: resting.job, reply: { do: "rest", wake_at: resting.wakeAt } };
      },
    );
  }

  async mark(ref: RunRef, marks: Mark[]) {
    return applyReport<typeof GO>(this.#context, ref, (job, now) => ({
      next: withMarks(this.#context, job, marks, now),
      reply: GO,
    }));
  }

  async settle(
    ref: RunRef,
    outcome: RunOutcome,
    marks: Mark[],
    finished?: Finished,
    watched?: Watched,
  ): Promise<Unkept | undefined> {
    const { store, now, background } = this.#context;
    noteLateEnd(this.#context, ref, finished);
    const settled = store.transact(() => {
      const job = findFenced(this.#context, ref);
      if (job === undefined) return ok([]);
      const unasked = outcome.name === "succeeded" ? withoutQuestions(job, now()) : job;
      const ended = withFinished(this.#context, unasked, finished, now());
      if (!ended.ok) return ended;
      store.save(job, unasked);
      const marked = withMarks(this.#context, ended.value, marks, now());
      return ok(settleJob(this.#context, unasked, marked, this.#keepResult(unasked, outcome), now(), watched) ?? []);
    });
    if (!settled.ok) return settled.error;
    if (settled.value.length > 0) background(followEffects(this.#context, settled.value));
    return undefined;
  }

  /** Store a result that no step stored, and say where it is. */
  #keepResult(job: Job, outcome: RunOutcome): Outcome {
    if (outcome.name === "failed") return outcome;
    if ("output_path" in outcome) return { name: "succeeded", result_path: outcome.output_path, result_json: null };
    const { early } = outcome;
    const bytes = jsonBytes(outcome.output);
    const tooLarge = resultTooLarge(bytes);
    if (tooLarge !== undefined) return { name: "failed", error: tooLarge, path: null };
    if (bytes <= MAX_ROW_VALUE_BYTES) {
      return { name: "succeeded", early, result_path: null, result_json: JSON.stringify(outcome.output) };
    }
    const full = isCounted(job) ? this.#context.admission.storageRefusal(bytes) : undefined;
    if (full !== undefined) return { name: "failed", error: notKept(full, bytes), path: null };
    this.#context.tables.values.insert(job.job_id, RESULT_PATH, outcome.output);
    return { name: "succeeded", early, result_path: RESULT_PATH, result_json: null };
  }
}
