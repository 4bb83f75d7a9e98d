import { durationMs } from "../../blueprint/duration.ts";
import type { Scope } from "../../expression/template.ts";
import { isTrue } from "../../expression/truth.ts";
import type { StepError } from "../../jobs/job.ts";
import { roundPrefix } from "../../jobs/run/rounds.ts";
import { type Json, jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_OUTPUT_BYTES } from "../../limits.ts";
import type { Repeating, RoundEnd } from "../../registry/api/caller.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { done, type Ending, failed, HALTED, STOPPED } from "../ending.ts";
import { heldBytes } from "../holdings.ts";
import { runSteps } from "../run-steps.ts";
import { deadlineOf, tooLate, withDeadline } from "../waits/deadline.ts";
import { restUntil } from "../waits/rest-until.ts";

type Place = Extract<Repeating, { do: "go" }>;
type Step = StepOf<"repeat">;

/** Whether another round follows, after this state. */
async function goesOn(context: RunContext, step: Step, scope: Scope): Promise<Result<boolean, StepError>> {
  const condition = step.while ?? step.until;
  if (condition === undefined) return ok(true);
  const value = await context.evaluate(condition, scope);
  return value.ok ? ok(isTrue(value.value) === (step.until === undefined)) : value;
}

function beyondLimit(step: Step): StepError {
  const wanted = step.until === undefined ? "while is still true" : "until is not true yet";
  const message = `After ${step.limit} rounds ${wanted}. Raise limit, or set "on_limit": "stop".`;
  return { code: "repeat_limit", message };
}

/** The state as it is kept, which is what the next round sees, before a crash and after it. */
function kept(state: Json | undefined): Result<Json | undefined, StepError> {
  if (state === undefined) return ok(undefined);
  const bytes = jsonBytes(state);
  if (bytes <= MAX_OUTPUT_BYTES) return ok(state);
  const message = `The state has ${bytes} bytes, the most is ${MAX_OUTPUT_BYTES}. Keep less in it with next.`;
  return err({ code: "output_too_large", message });
}

/** Runs the steps again and again. The registry keeps the last round and its state, where every run goes on. */
class Repeat {
  readonly #context: RunContext;
  /** Of the rounds, whose lane ends when their time is up. */
  #inner: RunContext;
  readonly #step: Step;
  readonly #scope: Scope;
  readonly #path: string;
  /** Of the state, in memory. */
  #held = 0;
  /** When the last thing before the next round was recorded, epoch ms. */
  #now = 0;

  constructor(context: RunContext, step: Step, scope: Scope, path: string) {
    this.#context = context;
    this.#inner = context;
    this.#step = step;
    this.#scope = scope;
    this.#path = path;
  }

  async run(): Promise<Ending> {
    const { journal, reports } = this.#context;
    const keyPath = this.#context.keyPath(this.#path);
    const place = journal?.repeating(this.#path, keyPath) ?? (await reports.repeating(this.#path, keyPath));
    switch (place.do) {
      case "stop":
        return STOPPED;
      case "halted":
        return HALTED;
      case "fail":
        return failed(place.error, this.#path);
      case "go":
        return this.#ending(await this.#within(place));
      default:
        return place satisfies never;
    }
  }

  /** The first run that comes here decides that the blueprint goes on from the failure: a later one might not meet it. */
  async #ending(ending: Ending): Promise<Ending> {
    this.#context.holdings.drop(this.#held);
    if (ending.end !== "failed" || this.#step.on_error === "fail") return ending;
    if (ending.fatal || this.#context.lane.aborted) return ending;
    const kept = await this.#context.halt(this.#path, ending.error, []);
    if (kept.do === "kept") return failed(kept.error ?? ending.error, this.#path);
    return kept.do === "stop" ? STOPPED : HALTED;
  }

  async #within(place: Place): Promise<Ending> {
    const until = place.over ? undefined : await deadlineOf(this.#context, this.#step, this.#path);
    if (typeof until === "object") return until;
    const late = new AbortController();
    this.#inner = this.#context.inLane(AbortSignal.any([this.#context.lane, late.signal]));
    let ending: Ending = HALTED;
    const work = async () => {
      ending = await this.#goOn(place);
    };
    await withDeadline(this.#context, this.#path, until, work, () => late.abort());
    // By its own clock the registry lets nothing begin any more.
    const isLate = until !== undefined && !this.#context.lane.aborted && ending === HALTED;
    return isLate ? tooLate(this.#step, this.#path) : ending;
  }

  async #goOn(place: Place): Promise<Ending> {
    const first = place.round === 0 ? await this.#context.evaluate(this.#step.state, this.#scope) : ok(place.state);
    if (!first.ok) return failed(first.error, this.#path);
    let state = first.value;
    let { over } = place;
    this.#now = Math.max(this.#scope.now, place.at ?? 0);
    for (let { round } = place; !over; ) {
      if (round - place.since >= this.#step.limit) return failed(beyondLimit(this.#step), this.#path);
      round += 1;
      const stopped = round - 1 > place.since ? await this.#pause(round) : undefined;
      if (stopped !== undefined) return stopped;
      const ended = await this.#round(state, round, round - place.since >= this.#step.limit);
      if (ended.end !== "round") return ended;
      ({ state, over } = ended);
    }
    this.#context.reports.add({ path: this.#path, status: "succeeded" });
    return done(state, { at: this.#now });
  }

  /** What `$now()` gives from here on. */
  #passed(at: number | undefined): void {
    if (this.#context.knowsRowsByItem) this.#now = Math.max(this.#now, at ?? 0);
  }

  /** Before the round. */
  async #pause(round: number): Promise<Ending | undefined> {
    if (this.#step.pause === undefined || this.#context.journal !== undefined) return undefined;
    const until = this.#context.ports.now() + durationMs(this.#step.pause);
    const rested = await restUntil(this.#inner, `${roundPrefix(this.#path, round)}$pause`, until);
    if (rested.end === "done") this.#passed(rested.at);
    return rested.end === "done" ? undefined : rested;
  }

  /** @param isLast whether the limit allows no further round */
  async #round(
    before: Json | undefined,
    round: number,
    isLast: boolean,
  ): Promise<Ending | { end: "round"; state: Json | undefined; over: boolean }> {
    if ((await this.#inner.turn(this.#path)) === HALTED) return HALTED;
    const scope = { ...this.#scope, now: this.#now, state: before, round, steps: { ...this.#scope.steps } };
    const ran = await runSteps(this.#inner, this.#step.steps, scope, roundPrefix(this.#path, round));
    if (ran.end !== "done") return ran;
    this.#passed(ran.at);
    const ended = await this.#next(scope, ran.output, isLast);
    if (!ended.ok) return failed(ended.error, this.#path);
    const { state, over } = ended.value;
    const refused = await this.#hold(state);
    if (refused !== undefined) return refused;
    const end = { round, over, at: this.#now, ...(state !== undefined && { state }) };
    const refusedEnd = await this.#report(end);
    if (refusedEnd !== undefined) return refusedEnd;
    // Rounds without engine steps would keep a local server's only thread for themselves.
    await this.#context.ports.pause(0);
    return { end: "round", state, over };
  }

  /** In a plan that is run once more, the rounds have ended before. */
  async #report(end: RoundEnd): Promise<Ending | undefined> {
    const { journal } = this.#context;
    if (journal !== undefined) return journal.hasOneRound(this.#path) ? HALTED : undefined;
    const answer = await this.#context.reports.roundEnded(this.#path, end, this.#context.keyPath(this.#path));
    if (answer.do === "fail") return failed(answer.error, this.#path);
    if (answer.do === "go") return undefined;
    return answer.do === "stop" ? STOPPED : HALTED;
  }

  async #next(
    scope: Scope,
    output: Json | undefined,
    isLast: boolean,
  ): Promise<Result<{ state: Json | undefined; over: boolean }, StepError>> {
    const { next, on_limit, until } = this.#step;
    const came = next === undefined ? ok(output) : await this.#context.evaluate(next, scope);
    const state = came.ok ? kept(came.value) : came;
    if (!state.ok) return state;
    const more = await goesOn(this.#context, this.#step, { ...scope, state: state.value });
    if (!more.ok) return more;
    const isCounted = this.#step.while === undefined && until === undefined;
    return ok({ state: state.value, over: !more.value || (isLast && (isCounted || on_limit === "stop")) });
  }

  async #hold(state: Json | undefined): Promise<Ending | undefined> {
    const value = state ?? null;
    const bytes = heldBytes(value);
    const refused = await this.#context.hold(bytes, this.#path);
    if (refused !== undefined) return refused;
    this.#context.holdings.drop(this.#held);
    this.#held = bytes;
    return undefined;
  }
}

export const runRepeat: StepRun<"repeat"> = async (context, step, scope, path) => {
  const tooMany = context.holdings.openRows(1);
  if (tooMany !== undefined) return failed(tooMany, path);
  try {
    return await new Repeat(context, step, scope, path).run();
  } finally {
    context.holdings.closeRows(1);
  }
};
