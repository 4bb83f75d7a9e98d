import type { EventRecord } from "../../events/event.ts";
import { mergeEvents, positionsAfter, type Taken } from "../../events/merge-events.ts";
import { EvaluationBudget } from "../../expression/evaluation-budget.ts";
import { compileTemplate } from "../../expression/template.ts";
import { isTrue } from "../../expression/truth.ts";
import type { StepError } from "../../jobs/job.ts";
import { OnceMore } from "../../lib/thread/once-more.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { iso } from "../../lib/time.ts";
import {
  EVENT_WAIT_LOOK_MS,
  EVENT_WAITS_AT_ONCE,
  EVENTS_LOOKED_AT,
  MAX_EVENT_NAMES,
  MAX_TRIGGER_EVALUATIONS,
  TRIGGER_PUT_OFF_MS,
} from "../../limits.ts";
import type { EventPage, EventQuery } from "../api/event-calls.ts";
import type { RegistryContext } from "../context.ts";
import { endEventWait } from "../run/event-waits.ts";
import type { EventWait } from "../storage/event-wait-rows.ts";
import type { StoreObserver } from "../storage/job-store.ts";

const FROM_NOW = { names: null, filter: {}, since: null, after: null, limit: 1 };

/** Whether the event answers the step, or why nobody can say. */
async function answers(
  { when, scope }: EventWait,
  { event_id, name, at, data }: EventRecord,
): Promise<boolean | StepError> {
  if (when === null) return true;
  const budget = new EvaluationBudget(yieldTurn, MAX_TRIGGER_EVALUATIONS);
  const compiled = compileTemplate(when);
  const seen = { ...scope, event: { event_id, name, at: iso(at), data } };
  const value = compiled.ok ? await compiled.value.evaluate(seen, budget) : compiled;
  if (value.ok) return isTrue(value.value);
  return { ...value.error, message: `event.when of ${event_id}: ${value.error.message}` };
}

/**
 * Steps that an event answers, of whichever shard: whoever waits here reads all of them, and is told by all of them when
 * there is something to read. The first event that fits answers, in the order in which a reader would have them.
 */
export class EventWaitLooks implements StoreObserver {
  readonly #context: RegistryContext;
  readonly #readOwn: (query: EventQuery) => Promise<EventPage>;
  readonly #looks = new OnceMore(() => this.#look());
  /** Steps that are about to wait: the other shards must go on telling this one. */
  #opening = 0;
  /** The other shards tell this one, as long as anything waits here. */
  #isTold = false;

  constructor(context: RegistryContext, readOwn: (query: EventQuery) => Promise<EventPage>) {
    this.#context = context;
    this.#readOwn = readOwn;
  }

  /** Something happened in this object. */
  onEvents(): void {
    this.wake();
  }

  /** There are new events somewhere. @returns how many steps wait for one */
  wake(): number {
    const { eventWaits, background } = this.#context;
    if (eventWaits.count > 0) background(this.look());
    return eventWaits.count + this.#opening;
  }

  async onAlarm(now: number): Promise<void> {
    const { eventWaits } = this.#context;
    if (eventWaits.count > 0 && eventWaits.isDue(now)) await this.look();
  }

  /**
   * Opens a wait. By then every shard records what happens, and tells this one.
   * @param open is given the last position of each shard
   */
  async opening<T>(open: (from: number[]) => T): Promise<T> {
    this.#opening += 1;
    try {
      await this.#tellOthers();
      const pages = await this.#read(() => FROM_NOW, this.#shards);
      const opened = open(pages.map(({ position }) => position));
      this.wake();
      return opened;
    } finally {
      this.#opening -= 1;
    }
  }

  /** Until there is nothing more to read; the alarm looks again. */
  look(): Promise<void> {
    return this.#looks.ask();
  }

  get #shards(): number {
    return this.#context.siblings?.shards ?? 1;
  }

  async #tellOthers(): Promise<void> {
    const { siblings, eventWaits } = this.#context;
    if (siblings === undefined || (this.#isTold && eventWaits.count > 0)) return;
    const others = Array.from({ length: siblings.shards }, (_, shard) => shard).filter(
      (shard) => shard !== siblings.shard,
    );
    await Promise.all(others.map((shard) => siblings.addSubscriber(shard)));
    this.#isTold = true;
  }

  #read(queryOf: (shard: number) => EventQuery, shards: number): Promise<EventPage[]> {
    const { siblings } = this.#context;
    const readOf = (shard: number) =>
      siblings === undefined || shard === siblings.shard
        ? this.#readOwn(queryOf(shard))
        : siblings.readEvents(shard, queryOf(shard));
    return Promise.all(Array.from({ length: shards }, (_, shard) => readOf(shard)));
  }

  async #look(): Promise<void> {
    const { eventWaits, store, now } = this.#context;
    let restMs = EVENT_WAIT_LOOK_MS;
    try {
      while (await this.#lookOnce());
    } catch (error) {
      console.error(JSON.stringify({ event: "event_wait_error", error: String(error) }));
      restMs = TRIGGER_PUT_OFF_MS;
    }
    const again = now() + restMs;
    eventWaits.rest(again);
    if (eventWaits.count > 0) store.transact(() => store.ringBy(again));
  }

  /** @returns whether there may be more */
  async #lookOnce(): Promise<boolean> {
    const { eventWaits, store } = this.#context;
    if (eventWaits.count === 0) return false;
    const { opened, positions } = eventWaits;
    const names = eventWaits.names(MAX_EVENT_NAMES + 1);
    const query = { names: names.length > MAX_EVENT_NAMES ? null : names, filter: {}, since: null };
    const pages = await this.#read(
      (shard) => ({ ...query, after: positions[shard] ?? 0, limit: EVENTS_LOOKED_AT }),
      Math.max(this.#shards, positions.length),
    );
    // A step that began to wait meanwhile may wait for events that were passed over.
    if (eventWaits.opened !== opened) return true;
    const taken = mergeEvents(pages, EVENTS_LOOKED_AT);
    for (const one of taken) await this.#tellAll(one);
    store.transact(() => eventWaits.pass(positionsAfter(pages, taken)));
    return taken.length > 0 || pages.some(({ has_more }) => has_more);
  }

  async #tellAll({ shard, position, event }: Taken): Promise<void> {
    for (let last = { job_id: "", path: "" }; ; ) {
      const waits = this.#context.eventWaits.named(event.name, last, EVENT_WAITS_AT_ONCE);
      for (const wait of waits) if (position > (wait.from[shard] ?? 0)) await this.#tell(wait, event);
      last = waits.at(-1) ?? last;
      if (waits.length < EVENT_WAITS_AT_ONCE) return;
    }
  }

  async #tell(wait: EventWait, event: EventRecord): Promise<void> {
    const { store, engine, background, now } = this.#context;
    const fits = await answers(wait, event);
    if (fits === false) return;
    const told = store.transact(() => endEventWait(this.#context, wait, fits === true ? event : fits, now()));
    if (told !== undefined) background(engine.send(told.job.job_id, told.job.attempt, told.events));
  }
}
