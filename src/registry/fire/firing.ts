import pMap from "p-map";
import type { Job } from "../../jobs/job.ts";
import { iso } from "../../lib/time.ts";
import { MAX_TRIGGER_TURNS, TRIGGER_BATCH, TRIGGER_PUT_OFF_MS, TRIGGERS_AT_ONCE } from "../../limits.ts";
import type { PlanOfTimes } from "../../triggers/plan-of-times.ts";
import { overlapping, type Tick, tick } from "../../triggers/tick.ts";
import type { Trigger } from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";
import { type Effect, followEffects, settleJob } from "../run/settlements.ts";
import type { TriggerState } from "../storage/trigger-tables.ts";
import { pastOf, quotaReason, Turn, timesOf } from "./turn.ts";
import { type Occasion, type Verdict, verdictOn } from "./verdict.ts";

interface Found {
  trigger: Trigger;
  state: TriggerState;
}

/** What follows once a turn is durable. */
interface Committed {
  /** There may be more to do now. */
  goesOn: boolean;
  jobs: Job[];
  effects: Effect[];
}

/** Too many jobs were submitted: nothing of the turn is written, and the time stays due. */
class OverRate extends Error {
  readonly afterMs: number;

  constructor(afterMs: number) {
    super("over the rate of submits");
    this.afterMs = afterMs;
  }
}

type Verb = ReturnType<typeof overlapping> | "leave";

const LAST_RUN = "it has had the last of its max_runs";
const OVER: Committed = { goesOn: false, jobs: [], effects: [] };

/** A time of a schedule, as an occasion. */
export const scheduled = (due: number): Occasion => ({ occurrence: iso(due), at: due, depth: 0 });

/** When the alarm must look at the trigger again (epoch ms); null: never. */
export function dueOf(trigger: Trigger, state: TriggerState, times: PlanOfTimes | undefined): number | null {
  if (trigger.document.paused || state.next === null || times === undefined) return null;
  return state.next + times.rules.delayMs;
}

function noteSkipped(turn: Turn, { occurrence }: Occasion): void {
  const [running] = turn.active();
  const reason = running === undefined ? "one waits already" : `${running.job_id} has not settled`;
  turn.note({ outcome: "skipped", occurrence, reason });
}

/** What the alarm does about triggers that are due. */
export class Firing {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /** One that fails is put off, and holds up no other. */
  async ring(now: number): Promise<void> {
    const names = this.#context.tables.triggers.due(now, TRIGGER_BATCH);
    await pMap(names, (name) => this.#turns(name).catch((error: unknown) => this.#putOff(name, error)), {
      concurrency: TRIGGERS_AT_ONCE,
    });
  }

  #putOff(name: string, error: unknown): void {
    console.error(JSON.stringify({ event: "trigger_error", trigger: name, error: String(error) }));
    this.#dueAgain(name, this.#context.now() + TRIGGER_PUT_OFF_MS);
  }

  async #turns(name: string): Promise<void> {
    for (let turns = 0; turns < MAX_TRIGGER_TURNS; turns++) {
      const found = this.#find(name);
      if (found === undefined) return;
      const { goesOn, jobs, effects } = await this.#turn(found);
      if (jobs.length > 0) this.#context.background(this.#context.dispatcher.dispatch(jobs));
      if (effects.length > 0) this.#context.background(followEffects(this.#context, effects));
      if (!goesOn) return;
    }
  }

  #find(name: string): Found | undefined {
    const { triggers } = this.#context.tables;
    const [trigger, state] = [triggers.find(name), triggers.state(name)];
    return trigger && state && { trigger, state };
  }

  async #turn(found: Found): Promise<Committed> {
    const now = this.#context.now();
    const times = timesOf(found.trigger);
    const turn = new Turn(this.#context, found.trigger, found.state, now);
    const { next, queued } = found.state;
    if (times === undefined || found.trigger.document.paused) return this.#rest(found, times);
    if (turn.isOver && (next !== null || queued !== undefined)) return this.#end(found);
    if (queued !== undefined && turn.active().length === 0) return this.#runQueued(found, queued, times);
    if (next === null) return this.#rest(found, times);
    const ticked = tick(times.table, times.rules, next, now);
    if (ticked.due === undefined && ticked.missed === undefined) return this.#rest(found, times);
    return this.#runTime(found, ticked, times, now);
  }

  /** Nothing is due. */
  #rest(found: Found, times: PlanOfTimes | undefined): Committed {
    this.#context.store.transact(() => {
      const fresh = this.#unchanged(found);
      if (fresh === undefined) return;
      new Turn(this.#context, fresh.trigger, fresh.state, this.#context.now()).save(
        dueOf(fresh.trigger, fresh.state, times),
      );
    });
    return OVER;
  }

  async #runTime(found: Found, ticked: Tick, times: PlanOfTimes, now: number): Promise<Committed> {
    const { due, missed, next } = ticked;
    const before = new Turn(this.#context, found.trigger, found.state, now);
    const verb = due === undefined ? "leave" : this.#verbFor(before, due, times);
    const occasion = due === undefined ? undefined : scheduled(due);
    const isToRun = occasion !== undefined && (verb === "run" || verb === "cancel");
    const verdict = isToRun ? await verdictOn(this.#context, found.trigger, found.state, occasion) : undefined;
    return this.#commit(found, (turn) => {
      if (missed !== undefined) turn.note({ outcome: "missed", span: missed });
      if (due !== undefined) this.#leave(turn, due, verb);
      const effects = verb === "cancel" && verdict?.do === "run" ? this.#cancelActive(turn) : [];
      const jobs = occasion && verdict ? this.#run(turn, occasion, verdict, times) : [];
      turn.state = { ...turn.state, next: turn.left(next) };
      return { jobs, effects };
    });
  }

  /** `leave`: it was run ahead of its turn, and has its entry. */
  #verbFor(turn: Turn, due: number, { overlap }: PlanOfTimes): Verb {
    if (turn.jobOf(scheduled(due).occurrence) !== undefined) return "leave";
    const isQueued = turn.state.queued !== undefined;
    return overlapping(overlap, { isActive: turn.active().length > 0, isQueued });
  }

  /** A time that does not run now. */
  #leave(turn: Turn, due: number, verb: Verb): void {
    if (verb === "skip") noteSkipped(turn, scheduled(due));
    if (verb === "queue") turn.state = { ...turn.state, queued: due };
  }

  async #runQueued(found: Found, due: number, times: PlanOfTimes): Promise<Committed> {
    const occasion = scheduled(due);
    const verdict = await verdictOn(this.#context, found.trigger, found.state, occasion);
    return this.#commit(found, (turn) => {
      const { queued: _, ...state } = turn.state;
      turn.state = state;
      const jobs = this.#run(turn, occasion, verdict, times);
      turn.state = { ...turn.state, next: turn.left(state.next) };
      return { jobs, effects: [] };
    });
  }

  /** It has had its last run: what was due by then, or waits, does not run. */
  #end(found: Found): Committed {
    return this.#commit(found, (turn) => {
      const { queued, ...state } = turn.state;
      const past = pastOf(turn.trigger, state, this.#context.now());
      turn.state = { ...state, next: null };
      if (past !== undefined) turn.note({ outcome: "missed", span: past, reason: LAST_RUN });
      if (queued !== undefined) turn.note({ outcome: "skipped", occurrence: iso(queued), reason: LAST_RUN });
      return { jobs: [], effects: [] };
    });
  }

  /** The transaction of one turn. The trigger must still be as it was when its expressions were evaluated. */
  #commit(found: Found, act: (turn: Turn) => { jobs: Job[]; effects: Effect[] }): Committed {
    const { store, now } = this.#context;
    try {
      return store.transact(() => {
        const fresh = this.#unchanged(found);
        if (fresh === undefined) return { ...OVER, goesOn: true };
        const turn = new Turn(this.#context, fresh.trigger, fresh.state, now());
        const acted = act(turn);
        const due = dueOf(turn.trigger, turn.state, timesOf(turn.trigger));
        turn.save(due);
        return { ...acted, goesOn: due !== null && due <= now() };
      });
    } catch (error) {
      if (!(error instanceof OverRate)) throw error;
      this.#dueAgain(found.trigger.name, now() + error.afterMs);
      return OVER;
    }
  }

  #dueAgain(name: string, at: number): void {
    const { store, tables } = this.#context;
    store.transact(() => {
      tables.triggers.putOff(name, at);
      store.ringBy(at);
    });
  }

  /** As it was found; undefined: it has been changed, or another turn came first. */
  #unchanged({ trigger, state }: Found): Found | undefined {
    const fresh = this.#find(trigger.name);
    const isSame =
      fresh?.trigger.version === trigger.version &&
      fresh.state.next === state.next &&
      fresh.state.queued === state.queued &&
      fresh.state.runs === state.runs;
    return isSame ? fresh : undefined;
  }

  /** Starts the job, or notes why there is none. */
  #run(turn: Turn, occasion: Occasion, verdict: Verdict, { overlap }: PlanOfTimes): Job[] {
    const { occurrence } = occasion;
    if (verdict.do === "filtered") turn.note({ outcome: "filtered", occurrence });
    if (verdict.do === "refused") turn.note({ outcome: "refused", occurrence, reason: verdict.reason });
    if (verdict.do !== "run") return [];
    const begun = turn.start(occasion, verdict);
    if (!begun.ok) {
      if (begun.error.code === "too_many_submits") throw new OverRate(begun.error.retry_after_ms);
      turn.note({ outcome: "refused", occurrence, reason: quotaReason(begun.error) });
      return [];
    }
    const { job, deduplicated } = begun.value;
    // One that was run ahead of its time has its entry.
    if (!deduplicated) turn.note({ outcome: "ran", occurrence, job_id: job.job_id });
    if (overlap !== "allow") turn.watch(job);
    return deduplicated ? [] : [job];
  }

  #cancelActive(turn: Turn): Effect[] {
    const outcome = { name: "cancelled", reason: `trigger ${turn.trigger.name} was due again` } as const;
    return turn.active().flatMap((job) => {
      const further = settleJob(this.#context, job, job, outcome, this.#context.now()) ?? [];
      return job.dispatched_at === null ? further : [...further, { do: "terminate" as const, job }];
    });
  }
}
