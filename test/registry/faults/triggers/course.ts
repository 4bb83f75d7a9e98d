import { EVENT_KEPT_MS } from "../../../../src/limits.ts";
import type { LedgerEntry } from "../../../../src/triggers/ledger.ts";
import { OVERLAPS } from "../../../../src/triggers/tick.ts";
import type { TriggerDocument } from "../../../../src/triggers/trigger-document.ts";
import { seeded } from "../../../../tooling/random.ts";
import { CALLER, planOf, RETENTION_MS, START, TENANT } from "../../bench.ts";
import { MODES } from "../hazard.ts";
import { type Api, UNKNOWN, type World } from "../world.ts";

/** A trigger of every ten minutes, and what can happen to it and to the object that it lives in. */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
export const STEP = 10 * MINUTE;
const NAME = "report";
const STEPS = 40;
/** Of the operations of a call, one of the first so many goes wrong. */
const POINTS = 15;

const PLAN = {
  label: "report@1",
  plan: planOf([{ id: "one", type: "http", url: "https://example.com" }]),
  plan_hash: "hash-of-report",
  timeout_ms: 3_600_000,
};

export interface Told {
  /** The oldest first. */
  ledger: LedgerEntry[];
  /** Ids of all jobs of the trigger. */
  jobs: string[];
  /**
   * The first time that it was ever due at, and the first that nothing is written of yet (epoch ms). Once its last run is
   * begun: the first after that, of which something may be written.
   */
  first: number;
  next: number;
  isOver: boolean;
  /** By when all that was due must be explained: the clock, without the jitter (epoch ms). */
  until: number;
  /** None of its jobs was so old that it was purged. */
  isAllKept: boolean;
  /** How many times the events of the course say were missed; undefined: it was so long that they are gone. */
  missedByEvents: number | undefined;
  /** Times that were asked for a second time. */
  backfilled: Set<number>;
  steps: Record<string, number>;
}

/** When the last of so many runs was begun (epoch ms). */
function lastRunAt(ledger: readonly LedgerEntry[], maxRuns = Number.POSITIVE_INFINITY): number {
  const ran = ledger.filter(({ outcome }) => outcome === "ran");
  const last = ran[maxRuns - 1];
  if (last === undefined) throw new Error(`has no next time after ${ran.length} runs of ${maxRuns}`);
  return last.at;
}

/** So many times there are in the span: the first at its beginning, the last at its end or before. */
const stepsUntil = (ms: number): number => Math.max(Math.floor(ms / STEP) + 1, 0);

class Course {
  readonly #world: World;
  readonly #random: () => number;
  readonly #steps: Record<string, number> = {};
  readonly #backfilled = new Set<number>();
  #document: TriggerDocument;
  #first = 0;
  #isYearOver = false;
  /** Nothing was earlier, or later (epoch ms). */
  #earliest = START;
  #latest = 0;
  /** Since the last of its `max_runs`, or the run before: what was due by a clock that was then set back is due no more. */
  #sinceRun = { runs: 0, earliest: START };

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = seeded(seed);
    this.#document = {
      name: NAME,
      blueprint: "report",
      paused: false,
      schedule: {
        ...(this.#random() < 0.5 ? { cron: "*/10 * * * *" } : { every: "10 minutes" }),
        timezone: "UTC",
        overlap: this.#oneOf(OVERLAPS),
        missed: this.#oneOf(["last", "all", "none"] as const),
        catch_up: this.#oneOf(["0 seconds", "1 hour", "6 hours"]),
        ...(this.#random() < 0.5 && { jitter: "5 minutes" }),
        ...(this.#random() < 0.3 && { max_runs: 1 + Math.floor(this.#random() * 20) }),
      },
    };
  }

  #oneOf<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.#random() * values.length)];
    if (value === undefined) throw new Error("nothing to choose from");
    return value;
  }

  /** Asks until there is an answer; one point may go wrong meanwhile. */
  async #ask<T>(name: string, act: (api: Api) => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 4; tries++) {
      const reply = await this.#world.call(name, act);
      if (reply !== UNKNOWN) return reply;
    }
    throw new Error(`${name}: no answer`);
  }

  async #save(over: Partial<TriggerDocument> = {}) {
    this.#document = { ...this.#document, ...over };
    const toSave = { document: this.#document, plan: PLAN, isNewest: false, rotate: false };
    const saved = await this.#ask("save", (api) => api.caller.saveTrigger(CALLER, toSave));
    if (!saved.ok) throw new Error(saved.error.code);
    return saved.value;
  }

  async #pass(ms: number): Promise<void> {
    this.#world.clock.now += ms;
    const due = await this.#world.storage.getAlarm();
    if (due !== null && due <= this.#world.clock.now) await this.#world.ring();
  }

  #jobIds(which = ""): string[] {
    const { sql } = this.#world.storage;
    const query = `SELECT job_id FROM jobs WHERE submitted_by = ?${which}`;
    return sql
      .exec<{ job_id: string }>(query, `trigger:${NAME}`)
      .toArray()
      .map(({ job_id }) => job_id);
  }

  /** Jobs that have not settled come to their end. */
  async #finishAll(): Promise<void> {
    for (const job_id of this.#jobIds(" AND settled_at IS NULL")) {
      const ref = { tenant: TENANT, job_id, attempt: 1 };
      await this.#ask("start", (api) => api.runner.start(ref));
      await this.#ask("settle", (api) => api.runner.settle(ref, { name: "succeeded", output: 1 }, []));
    }
  }

  readonly #moves: Record<string, () => Promise<unknown>> = {
    "time passes": () => this.#pass(Math.floor(this.#random() * 35 * MINUTE)),
    "the alarm rings": () => this.#world.ring(),
    "a day passes at once": () => this.#pass(DAY),
    "the clock goes back a day": () => this.#pass(-DAY),
    "a year passes": async () => {
      if (!this.#isYearOver) await this.#pass(365 * DAY);
      this.#isYearOver = true;
    },
    "the object is evicted": () => this.#world.restart(),
    "its alarm is lost": async () => {
      await this.#world.storage.deleteAlarm();
      await this.#world.restart();
    },
    "jobs end": () => this.#finishAll(),
    "it is paused": () => this.#save({ paused: true }),
    "it is resumed": () => this.#save({ paused: false }),
    "it is changed": () => this.#save({ note: `${this.#random()}` }),
    "it is fired": () => this.#ask("fire", (api) => api.caller.fireTrigger(CALLER, NAME, { now: true, span: null })),
    "times are run after the fact": async () => {
      if (this.#isOld) return;
      const to = this.#first + Math.floor(this.#random() * 5) * STEP;
      for (let time = this.#first; time <= to; time += STEP) this.#backfilled.add(time);
      const span = { from: this.#first, to };
      await this.#ask("backfill", (api) => api.caller.fireTrigger(CALLER, NAME, { now: false, span }));
    },
  };

  async #move(): Promise<void> {
    const kind = this.#random() < 0.5 ? "time passes" : this.#oneOf(Object.keys(this.#moves));
    const { hazard } = this.#world;
    const isFaulty = this.#random() < 0.4;
    if (isFaulty) hazard.arm(1 + Math.floor(this.#random() * POINTS), this.#oneOf(MODES));
    await this.#moves[kind]?.();
    await this.#world.rest();
    if (isFaulty && hazard.hit !== undefined) this.#count("went wrong");
    hazard.disarm();
    this.#noteClock(this.#world.clock.now);
    this.#count(kind);
  }

  /** Jobs and their keys are gone by now: nobody knows that a time was run. The alarm that purges them may end a quiet month. */
  get #isOld(): boolean {
    return Math.max(this.#latest, this.#world.clock.now) >= this.#earliest + RETENTION_MS;
  }

  #noteClock(now: number): void {
    this.#earliest = Math.min(this.#earliest, now);
    this.#latest = Math.max(this.#latest, now);
    const { sql } = this.#world.storage;
    const state = sql.exec<{ runs: number }>("SELECT state_json ->> 'runs' AS runs FROM trigger_states").one();
    // By hand it runs on after the last.
    const runs = Math.min(state.runs, this.#document.schedule?.max_runs ?? state.runs);
    this.#sinceRun = { runs, earliest: runs === this.#sinceRun.runs ? Math.min(this.#sinceRun.earliest, now) : now };
  }

  #count(what: string): void {
    this.#steps[what] = (this.#steps[what] ?? 0) + 1;
  }

  async run(): Promise<Told> {
    const listening = { after: null, names: null, filter: {}, since: null, limit: 1 };
    const { position } = await this.#ask("listen", (api) => api.events.readEvents(listening, 0));
    const [due = 0] = (await this.#save()).next_runs;
    const lateBy = due % STEP;
    this.#first = due - lateBy;
    for (let i = 0; i < STEPS; i++) await this.#move();
    // Whatever waits comes to its end.
    await this.#save({ paused: false });
    // A look that was put off by a clock that then went back comes when it is there again.
    await this.#pass(this.#latest - this.#world.clock.now);
    for (let i = 0; i < 4; i++) {
      await this.#finishAll();
      await this.#pass(2 * STEP);
    }
    return this.#told(position, lateBy);
  }

  async #told(position: number, lateBy: number): Promise<Told> {
    const saved = await this.#ask("look", (api) => api.caller.findTrigger(CALLER, NAME));
    const page = await this.#ask("ledger", (api) => api.caller.triggerLedger(CALLER, NAME, null, 1_000));
    if (!page.ok || saved === null) throw new Error("the trigger is gone");
    const ledger = page.value.entries.toReversed();
    const [due] = saved.next_runs;
    const afterLast = () => {
      const at = Math.min(lastRunAt(ledger, this.#document.schedule?.max_runs), this.#sinceRun.earliest);
      return this.#first + stepsUntil(at - lateBy - this.#first) * STEP;
    };
    return {
      ledger,
      jobs: this.#jobIds(),
      first: this.#first,
      next: due === undefined ? afterLast() : due - lateBy,
      isOver: due === undefined,
      until: this.#world.clock.now - lateBy,
      isAllKept: !this.#isOld,
      missedByEvents: this.#missedSince(position),
      backfilled: this.#backfilled,
      steps: this.#steps,
    };
  }

  #missedSince(position: number): number | undefined {
    if (this.#latest > this.#earliest + EVENT_KEPT_MS - DAY) return undefined;
    const { sql } = this.#world.storage;
    const rows = sql.exec<{ data_json: string }>(
      "SELECT data_json FROM events WHERE name = 'trigger.missed' AND position > ?",
      position,
    );
    return rows.toArray().reduce((sum, { data_json }) => sum + Number(JSON.parse(data_json).count), 0);
  }
}

export const runCourse = (world: World, seed: number): Promise<Told> => new Course(world, seed).run();
