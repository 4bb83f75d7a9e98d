import { durationMs } from "../blueprint/duration.ts";
import type { Secrets } from "../egress/secrets.ts";
import type { RateTerms } from "../jobs/flow/turns.ts";
import type { StepError } from "../jobs/job.ts";
import { pollKey } from "../jobs/run/action-keys.ts";
import { backoffMs } from "../jobs/run/backoff.ts";
import { type Json, utf8Bytes } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { asSentence } from "../lib/safe-text.ts";
import { MAX_OUTPUT_BYTES, MIN_TURN_PAUSE_MS, RETRY_SPREAD } from "../limits.ts";
import type { Running } from "../registry/api/caller.ts";
import { answerTurn } from "./answers/answer-turns.ts";
import { type RunContext, rateTerms, SPARE_DELAY_MS, SPARE_TRIES, type StepOf } from "./context.ts";
import { type Done, done, type Ending, failed, HALTED, STOPPED, unkept } from "./ending.ts";

/** A failed try. */
export interface ActionError extends StepError {
  retryable: boolean;
  /** What the other side asked for, in ms. */
  retryAfterMs?: number;
  /** What the other side answered, for a blueprint that goes on. */
  body?: Json;
}

/**
 * @param key idempotency key, the same as long as it is not known how the action came out
 * @param signal aborts when the time is up, or nobody needs the outcome any more
 * @param timeUp aborts when the time is up: for what the other side would go on with although we have left
 */
export type Action = (signal: AbortSignal, key: string, timeUp: AbortSignal) => Promise<Result<Json, ActionError>>;

/**
 * What cannot be done. It is asked for as an action all the same: one that had ended before, when it could be done, has its output.
 */
export const refusing =
  (error: StepError): Action =>
  async () =>
    err({ ...error, retryable: false });

type Policy = Pick<StepOf<"http">, "retry" | "timeout" | "on_error"> & Partial<Pick<StepOf<"http">, "rate">>;

/** One round of a step that polls. */
export interface Poll {
  /** Until the next round, after this output. */
  pauseMs: (output: Json) => number;
  /** Whether the output is what the step waits for. */
  isOver: (output: Json) => Promise<Result<boolean, StepError>>;
  /** Rounds at most. */
  limit: number;
}

/** The poll was answered, but not yet as the step wants it. */
export interface NotYet {
  end: "not_yet";
  pauseMs: number;
}

/** Another try follows. */
interface Again {
  end: "again";
  delayMs: number;
}

/** What the other side asked for, and else what the policy says; @param random 0 to below 1 */
function delayAfter(policy: Policy, failures: number, error: ActionError, random: number): number {
  const { delay, backoff } = policy.retry;
  const own = backoffMs({ delay_ms: durationMs(delay), backoff }, failures);
  return Math.round((error.retryAfterMs ?? own) * (1 + RETRY_SPREAD * random));
}

/** The error with why no other try follows. */
const tooLate = (error: ActionError, delayMs: number): ActionError => {
  const why = `The next try would be in ${Math.ceil(delayMs / 1_000)} s, after the end of the job. Raise timeout_seconds.`;
  return { ...error, message: `${asSentence(error.message)} ${why}` };
};

const plain = ({ code, message, status }: StepError): StepError =>
  status === undefined ? { code, message } : { code, message, status };

function redacted(result: Result<Json, ActionError>, secrets: Secrets): Result<Json, ActionError> {
  if (result.ok) return ok(secrets.redact(result.value));
  return err({ ...result.error, message: secrets.redactText(result.error.message) });
}

/** The output as it will be stored, which is what later steps see, before a crash and after it. */
async function stored(tenant: string, result: Result<Json, ActionError>): Promise<Result<Json, ActionError>> {
  if (!result.ok) return result;
  const text = JSON.stringify(result.value);
  const bytes = utf8Bytes(text);
  if (bytes <= MAX_OUTPUT_BYTES) {
    await answerTurn(tenant, bytes, true);
    return ok(JSON.parse(text));
  }
  const message = `The output has ${bytes} bytes, the most is ${MAX_OUTPUT_BYTES}. Ask for less (max_bytes), or return less.`;
  return err({ code: "output_too_large", message, retryable: false });
}

function noNextPoll(pauseMs: number): StepError {
  const seconds = Math.ceil(pauseMs / 1_000);
  const message = `Not yet what until asks for, and the next poll would be in ${seconds} s, after the end of the job.`;
  return { code: "poll_limit", message: `${message} Raise timeout_seconds.` };
}

const noPollLeft = ({ limit }: Poll): StepError => ({
  code: "poll_limit",
  message: `After ${limit} polls it was still not what until asks for. Raise limit or every, or look at until.`,
});

/**
 * Ends the action when its time is up, also one that does not listen to its signal. When the lane is halted, it is told
 * so and its end is awaited.
 */
async function within(
  action: (signal: AbortSignal, timeUp: AbortSignal) => Promise<Result<Json, ActionError>>,
  timeoutMs: number,
  lane: AbortSignal,
): Promise<Result<Json, ActionError>> {
  const clock = new AbortController();
  const { signal: timeUp } = clock;
  // Not AbortSignal.timeout, which nobody can end: the runtime allows one process 10,000 timers.
  const timer = setTimeout(() => clock.abort(new DOMException("The time is up.", "TimeoutError")), timeoutMs);
  const message = `No end within ${Math.round(timeoutMs / 1000)} s. Raise the step's timeout, or ask for less.`;
  const late = new Promise<Result<Json, ActionError>>((resolve) => {
    timeUp.addEventListener("abort", () => resolve(err({ code: "step_timeout", message, retryable: true })));
  });
  return Promise.race([action(AbortSignal.any([timeUp, lane]), timeUp), late]).finally(() => clearTimeout(timer));
}

/**
 * What the blueprint sees of a failure that it goes on from.
 * @param finished of rows that were stopped: the outputs of those that had finished
 */
export function tolerated(error: StepError & Pick<ActionError, "body">, finished?: Json): Done & { output: Json } {
  const seen = { ...plain(error), ...(error.body !== undefined && { body: error.body }) };
  return done({ error: seen, ...(finished !== undefined && { done: finished }) }, { tolerated: 1 });
}

/**
 * One acting step: opens with `begin`, acts, ends with `finish`. Tries are counted by the registry, so that they survive
 * crashes.
 */
class ActingStep {
  readonly #context: RunContext;
  readonly #path: string;
  readonly #policy: Policy;
  readonly #action: Action;
  readonly #poll: Poll | undefined;
  readonly #timeoutMs: number;
  readonly #rate: RateTerms | undefined;
  /** Tries whose reports did not arrive. */
  #lost = 0;
  /**
   * Whether its end may wait for the next report. Not that of a further try: what comes after the step may be what the
   * process died of, and the step would run again each time.
   */
  #mayRide = false;

  constructor(context: RunContext, path: string, policy: Policy, action: Action, poll: Poll | undefined) {
    this.#poll = poll;
    this.#context = context;
    this.#path = path;
    this.#policy = policy;
    this.#action = action;
    this.#timeoutMs = durationMs(policy.timeout);
    this.#rate = rateTerms(policy.rate);
  }

  async run(): Promise<Ending | NotYet> {
    const { holdings } = this.#context;
    for (;;) {
      if ((await this.#context.turn(this.#path)) === HALTED) return HALTED;
      const ended = await holdings.inTurn(() => this.#oneTry());
      if (ended.end !== "again") return ended;
      if ((await this.#context.wait(this.#path, ended.delayMs)) === HALTED) return HALTED;
    }
  }

  async #oneTry(): Promise<Ending | NotYet | Again> {
    if (this.#context.lane.aborted) return HALTED;
    try {
      return await this.#begin();
    } catch (error) {
      this.#lost += 1;
      if (this.#lost <= SPARE_TRIES) return { end: "again", delayMs: SPARE_DELAY_MS };
      const message = `The step was given up: ${error instanceof Error ? error.message : String(error)}`;
      return failed({ code: "engine_step", message }, this.#path);
    }
  }

  async #begin(): Promise<Ending | NotYet | Again> {
    const { reports, unreported } = this.#context;
    const keyPath = this.#context.keyPath(this.#path);
    const opening = await reports.begin(this.#path, this.#timeoutMs, keyPath, unreported, this.#rate);
    switch (opening.do) {
      case "unkept":
        return unkept(opening);
      case "stop":
        return STOPPED;
      case "halted":
        return HALTED;
      case "later":
        return { end: "again", delayMs: Math.max(opening.after_ms, MIN_TURN_PAUSE_MS) };
      case "reuse":
        return done(opening.output, { storedAt: this.#path, at: opening.at });
      case "fail":
        return this.#giveUp(opening.error);
      case "run":
        return this.#context.lane.aborted ? HALTED : this.#act(opening);
      default:
        return opening satisfies never;
    }
  }

  async #act({ try: tries, failures, key, polls, rounds, turn_ms }: Running): Promise<Ending | NotYet | Again> {
    const { ports, lane, ref } = this.#context;
    if (turn_ms !== undefined) await ports.pause(turn_ms);
    if (lane.aborted) return HALTED;
    // The process died between the last poll and the report of its failure.
    if (this.#poll !== undefined && rounds >= this.#poll.limit) return this.#giveUp(noPollLeft(this.#poll));
    this.#mayRide = tries === 1;
    const own = this.#poll === undefined ? key : pollKey(key, polls);
    const action = (signal: AbortSignal, timeUp: AbortSignal) => this.#action(signal, own, timeUp);
    const done = await within(action, this.#timeoutMs, lane);
    const result = await stored(ref.tenant, redacted(done, ports.secrets));
    if (result.ok) return this.#succeed(result.value, rounds + 1);
    if (lane.aborted) return HALTED;
    if (!result.error.retryable || failures >= this.#policy.retry.limit) return this.#giveUp(result.error);
    return this.#tryAgain(failures, result.error);
  }

  /** @param rounds polls of this job that were answered */
  async #succeed(output: Json, rounds: number): Promise<Ending | NotYet> {
    const over = this.#poll === undefined ? ok(true) : await this.#poll.isOver(output);
    if (!over.ok) return this.#giveUp(over.error);
    if (this.#poll === undefined || over.value) return this.#finish(done(output, { storedAt: this.#path }), null);
    const pauseMs = this.#poll.pauseMs(output);
    if (this.#isTooLate(pauseMs)) return this.#giveUp(noNextPoll(pauseMs));
    const answer = await this.#context.reports.polled(this.#path, pauseMs, this.#timeoutMs);
    if (answer.do === "stop") return STOPPED;
    return rounds < this.#poll.limit ? { end: "not_yet", pauseMs } : this.#giveUp(noPollLeft(this.#poll));
  }

  async #tryAgain(failures: number, error: ActionError): Promise<Ending | Again> {
    const delayMs = delayAfter(this.#policy, failures, error, this.#context.ports.random());
    if (this.#isTooLate(delayMs)) return this.#giveUp(tooLate(error, delayMs));
    const answer = await this.#context.reports.retrying(this.#path, plain(error), delayMs, this.#timeoutMs);
    return answer.do === "stop" ? STOPPED : { end: "again", delayMs };
  }

  /** Whether what comes then would come after the job's end. */
  #isTooLate(delayMs: number): boolean {
    return this.#context.ports.now() + delayMs >= this.#context.endsAt;
  }

  async #giveUp(error: StepError & Pick<ActionError, "body">): Promise<Ending> {
    if (this.#policy.on_error === "fail") return failed(plain(error), this.#path);
    return this.#finish({ ...tolerated(error), storedAt: this.#path }, plain(error));
  }

  async #finish(ending: Done & { output: Json }, error: StepError | null): Promise<Ending> {
    const at = this.#context.ports.now();
    const finished = { path: this.#path, output: ending.output, error, at };
    return (await this.#context.finish(finished, this.#mayRide)) ?? { ...ending, at };
  }
}

export async function act(context: RunContext, path: string, policy: Policy, action: Action): Promise<Ending> {
  const { journal } = context;
  if (journal !== undefined) return journal.action(path, context.keyPath(path));
  const ending = await new ActingStep(context, path, policy, action, undefined).run();
  if (ending.end === "not_yet") throw new Error(`step ${path} does not poll`);
  return ending;
}

/** One round of a step that polls: its tries and its output are the step's own. */
export function actOnce(
  context: RunContext,
  path: string,
  policy: Policy,
  action: Action,
  poll: Poll,
): Promise<Ending | NotYet> {
  return new ActingStep(context, path, policy, action, poll).run();
}
