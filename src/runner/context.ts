import type { Blueprint } from "../blueprint/blueprint.ts";
import { durationMs } from "../blueprint/duration.ts";
import { linkedQuestions, linkPathAt } from "../blueprint/links.ts";
import type { Ready } from "../blueprint/terms.ts";
import type { Scope } from "../expression/template.ts";
import type { RateTerms } from "../jobs/flow/turns.ts";
import type { StepError } from "../jobs/job.ts";
import { type Json, type JsonObject, ownValue } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import { CROWDED_PAUSE_MS, MAX_INLINE_WAIT_MS, MAX_INTERRUPTED_TRIES } from "../limits.ts";
import type { Finished, RunPlan, RunRef, StepFailure, StoredFailure } from "../registry/api/caller.ts";
import type { Journal } from "./cleanup/settled-journal.ts";
import { type Ending, type Failed, failed, HALTED, STOPPED, type Unkept, unkept } from "./ending.ts";
import { Evaluator } from "./evaluator.ts";
import { CROWDED, type Holdings, holdingsOf } from "./holdings.ts";
import type { RunnerPorts } from "./ports.ts";
import { QuestionPlaces } from "./question-places.ts";
import type { Reporter } from "./reports/reporter.ts";
import { Unreported } from "./reports/unreported.ts";
import { Segments } from "./segments.ts";
import { TokenBudget } from "./token-budget.ts";

export type Step = Blueprint["steps"][number];
/** A step whose numbers and durations are known. */
export type StepOf<Type extends Step["type"]> = Ready<Extract<Step, { type: Type }>>;

/** The rate as the registry is asked for a turn of it. */
export const rateTerms = (rate: StepOf<"http">["rate"]): RateTerms | undefined =>
  rate && { key: String(rate.key), limit: rate.limit, per_ms: durationMs(rate.per) };

/** Tries beyond the blueprint's own, for reports that do not arrive. */
export const SPARE_TRIES = MAX_INTERRUPTED_TRIES + 7;
export const SPARE_DELAY_MS = 1_000;

type RunTerms = Pick<RunPlan, "trace" | "ends_at" | "rows_by_item" | "ai_tokens" | "origin" | "cleanup" | "failed"> & {
  plan: Pick<Blueprint, "budget" | "steps" | "finally">;
};

const NO_LINK_BASE: StepError = {
  code: "expression",
  message: "$link has no address to begin with: nobody submitted the job by a URL. The operator sets PUBLIC_URL.",
};

/** Where the steps run: a row's path with its dot, and the same with items in place of the indexes of maps. */
interface RowNames {
  path: string;
  key: string;
}

interface Shared {
  reports: Reporter;
  journal: Journal | undefined;
  lane: AbortSignal;
  evaluator: Evaluator;
  holdings: Holdings;
  segments: Segments;
  tokens: TokenBudget;
  places: QuestionPlaces;
  row: RowNames;
  unreported: Unreported;
}

/** What one attempt shares between its steps. Rows that run beside others have one of their own, with their lane. */
export class RunContext {
  readonly ports: RunnerPorts;
  readonly reports: Reporter;
  readonly ref: RunRef;
  readonly trace: TraceContext | undefined;
  /** When the job must have settled, in epoch ms. */
  readonly endsAt: number;
  readonly kinds: StepRuns;
  /** Aborts when a row beside this one failed: what runs in here is ended, and nothing more begins. */
  readonly lane: AbortSignal;
  /** Else by their indexes: the job is from before 0.2.0. */
  readonly knowsRowsByItem: boolean;
  readonly #evaluator: Evaluator;
  readonly holdings: Holdings;
  readonly segments: Segments;
  readonly unreported: Unreported;
  readonly tokens: TokenBudget;
  readonly places: QuestionPlaces;
  /** Of a job that has settled, whose plan is run once more without acting. */
  readonly journal: Journal | undefined;
  readonly #row: RowNames;
  readonly #terms: RunTerms;

  constructor(
    ports: RunnerPorts,
    reports: Reporter,
    ref: RunRef,
    kinds: StepRuns,
    terms: RunTerms,
    { lane, evaluator, holdings, segments, tokens, places, row, unreported, journal }: Omit<Shared, "reports"> = {
      journal: undefined,
      lane: new AbortController().signal,
      evaluator: new Evaluator(() => ports.pause(0)),
      holdings: holdingsOf(ref.tenant),
      segments: new Segments(ports.now),
      tokens: new TokenBudget(terms.plan.budget?.ai_tokens, terms.ai_tokens ?? 0),
      places: new QuestionPlaces(),
      row: { path: "", key: "" },
      unreported: new Unreported(),
    },
  ) {
    this.kinds = kinds;
    this.ports = ports;
    this.reports = reports;
    this.ref = ref;
    this.trace = terms.trace;
    this.endsAt = terms.ends_at;
    this.knowsRowsByItem = terms.rows_by_item === true;
    this.#terms = terms;
    this.lane = lane;
    this.#evaluator = evaluator;
    this.holdings = holdings;
    this.segments = segments;
    this.tokens = tokens;
    this.places = places;
    this.#row = row;
    this.unreported = unreported;
    this.journal = journal;
  }

  /** The same for steps that run one after the other. */
  inSequence(): RunContext {
    return this.#with({ unreported: new Unreported() });
  }

  /** The same for steps that run beside others. */
  inLane(lane: AbortSignal): RunContext {
    return this.#with({ lane });
  }

  /** The same for a plan that has run before. */
  replaying(journal: Journal, reports: Reporter): RunContext {
    return this.#with({ journal, reports });
  }

  /** The same for a row. */
  inRow(path: string, key: string): RunContext {
    return this.#with({ row: { path, key } });
  }

  /** The path with items in place of the indexes of maps: what the action there is known by, wherever its item stands. */
  keyPath(path: string): string {
    const { path: row, key } = this.#row;
    return path.startsWith(row) ? `${key}${path.slice(row.length)}` : path;
  }

  #with(change: Partial<Shared>): RunContext {
    const { ports, ref, kinds, lane, holdings, segments, tokens, places, unreported, journal } = this;
    const own = { evaluator: this.#evaluator, row: this.#row };
    const shared = { lane, holdings, segments, tokens, places, unreported, journal, ...own, ...change };
    return new RunContext(ports, change.reports ?? this.reports, ref, kinds, this.#terms, shared);
  }

  /** What the work yields, or at once {@link HALTED} when the lane is: the work is then left to itself. */
  async unlessHalted<T>(work: Promise<T>): Promise<T | typeof HALTED> {
    const { promise, resolve } = Promise.withResolvers<typeof HALTED>();
    const halt = () => resolve(HALTED);
    if (this.lane.aborted) halt();
    this.lane.addEventListener("abort", halt);
    try {
      return await Promise.race([promise, work]);
    } finally {
      this.lane.removeEventListener("abort", halt);
    }
  }

  /** Before an action of the step at the path. */
  async turn(path: string): Promise<typeof HALTED | undefined> {
    await this.segments.turn(path, this.lane);
    return this.lane.aborted ? HALTED : undefined;
  }

  /** Waits inside the segment when that is short, else by the engine. */
  async wait(path: string, ms: number): Promise<typeof HALTED | undefined> {
    if (ms > MAX_INLINE_WAIT_MS) {
      await this.segments.park({ path, until: this.ports.now() + ms, wakeable: false }, this.lane);
    } else if (ms > 0) {
      await this.unlessHalted(this.ports.pause(ms));
    }
    return this.lane.aborted ? HALTED : undefined;
  }

  /** Waits by the engine until the registry has what the step waits for, or so much time has passed. */
  async waitForOutcome(path: string, ms: number): Promise<typeof HALTED | undefined> {
    await this.segments.park({ path, until: this.ports.now() + ms, wakeable: true }, this.lane);
    return this.lane.aborted ? HALTED : undefined;
  }

  /** Waits by the engine until another question of the job has ended. @param seen places that were free before */
  async waitForPlace(path: string, seen: number): Promise<typeof HALTED | undefined> {
    const turn = AbortSignal.any([this.lane, this.places.turn(seen)]);
    await this.segments.park({ path, until: this.endsAt, wakeable: false }, turn);
    if (!this.lane.aborted) return undefined;
    // Its turn, had it come, is another's.
    this.places.freeAll();
    return HALTED;
  }

  /** How the row at the path failed in an earlier run, or the undo of the step there, while something else went on. */
  failedBefore(path: string): StoredFailure | undefined {
    return ownValue(this.#terms.failed, path);
  }

  /** It has failed now. */
  async rowFailed(path: string, failure: StepFailure): Promise<typeof STOPPED | undefined> {
    const answer = await this.reports.rowFailed(path, failure);
    this.places.freeAll();
    return answer.do === "stop" ? STOPPED : undefined;
  }

  /** What is decided of the rows of the step at the path, which are over. */
  async halt(path: string, error: StepError | "won" | null, finished: number[]) {
    const kept = this.journal?.halted(path) ?? (await this.reports.halt(path, error, finished));
    // Their questions are closed.
    this.places.freeAll();
    return kept;
  }

  /**
   * The action at the path has ended, or the step that consists of several.
   * @param mayRide it is told with the next report, not at once
   * @returns undefined when it is kept, as far as that is known
   */
  async finish(finished: Finished, mayRide: boolean): Promise<Unkept | typeof STOPPED | undefined> {
    // It was told when the plan ran first.
    if (this.journal !== undefined) return undefined;
    const before = await this.report();
    if (before !== undefined) return before;
    this.unreported.put(finished);
    return mayRide && this.reports.joins ? undefined : this.report();
  }

  /**
   * Tells the registry how the sequence's last action ended, if it has not heard. As often as it takes: the action is
   * not done again for a report that did not arrive.
   * @returns undefined when it is kept
   */
  async report(): Promise<Unkept | typeof STOPPED | undefined> {
    const { finished } = this.unreported;
    if (finished === undefined) return undefined;
    for (let lost = 0; ; lost++) {
      try {
        const answer = await this.reports.finish(finished);
        this.unreported.clear();
        if (answer.do === "fail") return unkept({ ...finished, error: answer.error });
        return answer.do === "stop" ? STOPPED : undefined;
      } catch (error) {
        if (lost === SPARE_TRIES) throw error;
        await this.ports.pause(SPARE_DELAY_MS);
      }
    }
  }

  /** An output of so many bytes of memory is held, and waits until there is room. @returns why it cannot be */
  async hold(bytes: number, path: string): Promise<Failed | undefined> {
    const { holdings } = this;
    const error = holdings.keep(bytes);
    if (error !== undefined) return failed(error, path);
    if (!holdings.isCrowded || (await holdings.untilRoom(() => this.ports.pause(CROWDED_PAUSE_MS)))) return undefined;
    holdings.drop(bytes);
    return { ...failed(CROWDED, path), fatal: true };
  }

  /** What the step at the path sees as `$link`. */
  async #links(path: string): Promise<Result<Scope["link"], StepError>> {
    const { plan, origin, cleanup } = this.#terms;
    const base = this.ports.publicOrigin ?? origin;
    if (base === undefined) return err(NO_LINK_BASE);
    // A plan that is run once more computes what it did the first time.
    const isReplay = this.journal !== undefined;
    const jobId = (isReplay && cleanup?.of.job_id) || this.ref.job_id;
    const isCleanup = cleanup !== undefined && !isReplay;
    const known = linkedQuestions(plan as unknown as JsonObject).flatMap((question) => {
      const at = question.isCleanup === isCleanup ? linkPathAt(question, path) : undefined;
      return at === undefined ? [] : [[question.id, at] as const];
    });
    const urls = known.map(async ([id, at]) => [id, `${base}/a/${await this.ports.linkToken(jobId, at)}`] as const);
    return ok(Object.fromEntries(await Promise.all(urls)));
  }

  /** The value with its expressions replaced; undefined for nothing. */
  evaluate(value: Json, scope: Scope): Promise<Result<Json | undefined, StepError>> {
    return this.#evaluator.evaluate(value, scope, this.lane, this.holdings, () => this.#links(scope.path ?? ""));
  }
}

/** Runs a step of one kind. `path` is unique in the job and stable over attempts. */
export type StepRun<Type extends Step["type"]> = (
  context: RunContext,
  step: StepOf<Type>,
  scope: Scope,
  path: string,
) => Promise<Ending>;

/** One run function a kind. */
export type StepRuns = { readonly [Type in Step["type"]]: StepRun<Type> };
