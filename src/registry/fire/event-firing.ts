import type { EventRecord } from "../../events/event.ts";
import { EventFilter, matchesFilter } from "../../events/event-filter.ts";
import { OnceMore } from "../../lib/thread/once-more.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { iso } from "../../lib/time.ts";
import { EVENT_PASSED_OVER, TRIGGER_BATCH, TRIGGER_PUT_OFF_MS } from "../../limits.ts";
import type { Trigger } from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { StoredEvent } from "../storage/event-log.ts";
import type { Place } from "../storage/event-look.ts";
import type { StoreObserver } from "../storage/job-store.ts";
import type { TriggerState } from "../storage/trigger-tables.ts";
import { occur } from "./occur.ts";
import { Turn } from "./turn.ts";
import type { Occasion } from "./verdict.ts";

/** Thrown to leave the rest of the log for later, when nothing of this event was written. */
class NotNow extends Error {
  readonly afterMs: number;

  constructor(afterMs: number) {
    super("not now");
    this.afterMs = afterMs;
  }
}

const occasionOf = ({ event_id, name, at, data, depth = 0 }: EventRecord): Occasion => ({
  occurrence: event_id,
  at,
  event: { event_id, name, at: iso(at), data },
  depth: depth + 1,
});

/**
 * What triggers do about events of this object: one event after the other, in the order of the log, and of each one trigger
 * after the other. How far that went is stored with what each did, so that after a crash none does it again, and none is
 * left out. Others are served between two of them: many triggers may wait for many events, each with a large input.
 */
export class EventFiring implements StoreObserver {
  readonly #context: RegistryContext;
  readonly #looks = new OnceMore(() => this.#look());

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  onEvents(): void {
    if (this.#context.tables.triggers.hasEvents) this.#context.background(this.look());
  }

  /** Until all is done; the alarm comes for what is left. */
  look(): Promise<void> {
    return this.#looks.ask();
  }

  async #look(): Promise<void> {
    const { eventLook, now } = this.#context;
    if (eventLook.restsUntil > now()) return;
    try {
      await this.#lookOnce();
    } catch (error) {
      this.#putOff(error);
    }
  }

  #putOff(error: unknown): void {
    const isRate = error instanceof NotNow;
    if (!isRate) console.error(JSON.stringify({ event: "trigger_error", error: String(error) }));
    const { store, eventLook, now } = this.#context;
    const until = now() + (isRate ? error.afterMs : TRIGGER_PUT_OFF_MS);
    eventLook.rest(until);
    store.transact(() => store.ringBy(until));
  }

  async #lookOnce(): Promise<void> {
    if (!this.#context.tables.triggers.hasEvents) return;
    this.#tellOfGone();
    for (let stored = this.#nextWanted(); stored !== undefined; stored = this.#nextWanted()) {
      await this.#tellAll(stored);
      this.#context.eventLook.pass({ position: stored.position, name: "" });
    }
  }

  /** Passes over what no trigger waits for. */
  #nextWanted(): StoredEvent | undefined {
    const { eventLog, eventLook, tables, store } = this.#context;
    const { position, name } = eventLook.place;
    for (const stored of eventLog.after(position)) {
      if (tables.triggers.onEvent(stored.event.name, "", 1).length > 0) return stored;
      eventLook.pass({ position: stored.position, name: "" });
    }
    const end = { position: Math.max(eventLog.last, position), name: eventLog.last > position ? "" : name };
    eventLook.pass(end);
    if (end.position - eventLook.stored.position >= EVENT_PASSED_OVER) store.transact(() => eventLook.save(end));
    return undefined;
  }

  /** Events that were deleted before they were looked at. */
  #tellOfGone(): void {
    const { eventLog, eventLook, tables, store, now } = this.#context;
    const { goneTo } = eventLog;
    if (eventLook.place.position >= goneTo) return;
    store.transact(() => {
      const reason = "events were deleted before the trigger had looked at them";
      for (let after = ""; ; ) {
        const page = tables.triggers.withEvent(after, TRIGGER_BATCH);
        for (const trigger of page) {
          after = trigger.name;
          const state = tables.triggers.state(trigger.name);
          if (state === undefined || (state.after ?? 0) >= goneTo) continue;
          const turn = new Turn(this.#context, trigger, state, now());
          turn.note({ outcome: "missed", reason });
          turn.save(null);
        }
        if (page.length < TRIGGER_BATCH) break;
      }
      eventLook.save({ position: goneTo, name: "" });
    });
  }

  async #tellAll(stored: StoredEvent): Promise<void> {
    const { eventLook, tables, giveWay = yieldTurn } = this.#context;
    for (;;) {
      // Triggers up to this name have handled the event already, perhaps in an earlier process.
      const { position, name: after } = eventLook.place;
      const from = position === stored.position - 1 ? after : "";
      const names = tables.triggers.onEvent(stored.event.name, from, TRIGGER_BATCH);
      for (const name of names) {
        const place = { position: stored.position - 1, name };
        await giveWay();
        await this.#tell(name, stored, place);
        eventLook.pass(place);
      }
      if (names.length < TRIGGER_BATCH) return;
    }
  }

  async #tell(name: string, stored: StoredEvent, place: Place): Promise<void> {
    const { tables } = this.#context;
    for (;;) {
      const [trigger, state] = [tables.triggers.find(name), tables.triggers.state(name)];
      if (trigger === undefined || state === undefined || !isFor(trigger, state, stored)) return;
      const occasion = occasionOf(stored.event);
      if (trigger.document.paused) return this.#notePaused(trigger, state, occasion, place);
      const occurred = await occur(this.#context, trigger, occasion, () => this.#context.eventLook.save(place));
      if (occurred.outcome === "over_rate") throw new NotNow(occurred.retry_after_ms);
      if (occurred.outcome !== "changed") return;
    }
  }

  /** Consecutive entries of one outcome are merged into one. */
  #notePaused(trigger: Trigger, state: TriggerState, { at }: Occasion, place: Place): void {
    const { store, eventLook, now } = this.#context;
    store.transact(() => {
      const turn = new Turn(this.#context, trigger, state, now());
      turn.note({ outcome: "paused", span: { from: at, to: at, count: 1 } });
      turn.save(null);
      eventLook.save(place);
    });
  }
}

/** Whether the event is one that the trigger waits for, and from its time. */
function isFor({ document }: Trigger, { after = 0 }: TriggerState, { position, event }: StoredEvent): boolean {
  const wanted = document.event;
  if (wanted === undefined || wanted.name !== event.name || position <= after) return false;
  return matchesFilter(event, EventFilter.parse(wanted.filter ?? {}));
}
