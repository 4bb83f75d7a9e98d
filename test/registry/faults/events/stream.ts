import { EVENT_PURGE_BATCH } from "../../../../src/limits.ts";
import type { EventQuery } from "../../../../src/registry/api/event-calls.ts";
import { seeded } from "../../../../tooling/random.ts";
import { CALLER } from "../../bench.ts";
import { MODES } from "../hazard.ts";
import { type Api, UNKNOWN, type World } from "../world.ts";

/** Writers that tell one event after the other and again what got lost, a reader behind them, and a callback. */

const WRITERS = 20;
/** So often something goes wrong, and so often the reader looks. */
const FAULT_SHARE = 0.02;
const READ_EVERY = 40;
const POINTS = 6;
const HOUR = 3_600_000;
const NAME = "tick.made";
const SUBSCRIPTION = "sub_0123456789abcdef0123456789abcdef";
const SECRET = `whsec_${btoa("a".repeat(32))}`;

export interface Figures {
  events: number;
  "told again": number;
  "delivered to a callback": number;
  "posted again": number;
  restarts: number;
  /** Of rows in the log at any time. */
  "most kept": number;
}

export class EventStream {
  readonly faults: string[] = [];
  readonly figures: Figures = {
    ...{ events: 0, "told again": 0, "delivered to a callback": 0, "posted again": 0, restarts: 0, "most kept": 0 },
  };
  readonly #world: World;
  readonly #random: () => number;
  /** What was acknowledged and not read yet: the event's id by writer and number. */
  readonly #acknowledged = new Map<string, string>();
  readonly #written = Array.from({ length: WRITERS }, () => 0);
  readonly #read = Array.from({ length: WRITERS }, () => 0);
  /** Ids in the order of the log that the callback has not had. */
  readonly #owed: string[] = [];
  #lastPosted = "";
  #position = 0;
  readonly #kept: number;
  readonly #isDelivered: boolean;

  constructor(world: World, seed: number, { kept, isDelivered }: { kept: number; isDelivered: boolean }) {
    this.#world = world;
    this.#random = seeded(seed);
    this.#kept = kept;
    this.#isDelivered = isDelivered;
  }

  async #ask<T>(name: string, act: (api: Api) => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 5; tries++) {
      const reply = await this.#world.call(name, act);
      if (reply !== UNKNOWN) return reply;
      this.figures["told again"] += 1;
    }
    throw new Error(`${name}: no answer`);
  }

  #query(after: number | null): EventQuery {
    return { after, names: [NAME], filter: {}, since: null, limit: 1_000 };
  }

  async run(events: number): Promise<void> {
    this.#position = (await this.#ask("listen", (api) => api.events.readEvents(this.#query(null), 0))).position;
    if (this.#isDelivered) await this.#subscribe();
    for (let i = 1; i <= events; i++) {
      await this.#write();
      if (i % READ_EVERY === 0) await this.#look();
      if (i % (10 * READ_EVERY) === 0) await this.#ring();
    }
    for (let i = 0; i < 5; i++) await this.#ring();
    await this.#look();
    if (this.#acknowledged.size > 0) this.faults.push(`${this.#acknowledged.size} acknowledged and never read`);
    if (this.#isDelivered && this.#owed.length > 0) this.faults.push(`${this.#owed.length} not delivered`);
    this.figures.events = events;
    this.figures.restarts = this.#world.restarts;
  }

  async #subscribe(): Promise<void> {
    const request = {
      ...{ subscription_id: SUBSCRIPTION, url: "https://hooks.example/cb", name: NAME, filter: {} },
      ...{ sealed_secret: SECRET, positions: [this.#position], expires_at: null },
    };
    await this.#ask("say who listens", (api) => api.subscriptions.addSubscriber(CALLER, 0));
    await this.#ask("subscribe", (api) => api.subscriptions.subscribe(CALLER, request));
  }

  async #write(): Promise<void> {
    const writer = Math.floor(this.#random() * WRITERS);
    const n = this.#written[writer] ?? 0;
    const key = `${writer}-${n}`;
    const { hazard } = this.#world;
    const mode = MODES[Math.floor(this.#random() * MODES.length)];
    if (mode !== undefined && this.#random() < FAULT_SHARE) hazard.arm(1 + Math.floor(this.#random() * POINTS), mode);
    const event = { job_id: `job-${writer}`, key, name: NAME, data: { writer, n } };
    const told = await this.#ask("emit", (api) => api.events.emitEvent(CALLER, event));
    hazard.disarm();
    if (!told.ok) throw new Error(told.error.code);
    this.#acknowledged.set(key, told.value);
    this.#written[writer] = n + 1;
  }

  /** The reader goes on where it was, and the callback's post is looked at. */
  async #look(): Promise<void> {
    for (let hasMore = true; hasMore; ) {
      const page = await this.#ask("read", (api) => api.events.readEvents(this.#query(this.#position), 0));
      if (page.truncated) this.faults.push(`a reader at ${this.#position} has missed something`);
      for (const { event } of page.events) this.#see(event.event_id, Number(event.data.writer), Number(event.data.n));
      this.#position = page.position;
      hasMore = page.has_more;
    }
    this.#takePosted();
  }

  #see(id: string, writer: number, n: number): void {
    const key = `${writer}-${n}`;
    if (n !== this.#read[writer]) this.faults.push(`${key} after ${this.#read[writer]}`);
    if (this.#acknowledged.get(key) !== id) this.faults.push(`${key} is ${id}, and was ${this.#acknowledged.get(key)}`);
    this.#acknowledged.delete(key);
    this.#read[writer] = n + 1;
    if (this.#isDelivered) this.#owed.push(id);
  }

  #takePosted(): void {
    for (const id of this.#world.callback.received.splice(0)) {
      if (id === this.#owed[0]) {
        this.#lastPosted = this.#owed.shift() ?? "";
        this.figures["delivered to a callback"] += 1;
      } else if (id === this.#lastPosted) this.figures["posted again"] += 1;
      else this.faults.push(`${id} was delivered before ${this.#owed[0]}`);
    }
  }

  /** The alarm: what is too old goes, and what could not be delivered is tried again. */
  async #ring(): Promise<void> {
    const due = await this.#world.storage.getAlarm();
    // One that is farther ahead is that of a week later, when events go because of their age.
    if (due !== null && due < this.#world.clock.now + HOUR) await this.#world.ring();
    await this.#look();
    const count = this.#world.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM events").one().n;
    this.figures["most kept"] = Math.max(this.figures["most kept"], count);
    const most = this.#kept + EVENT_PURGE_BATCH + 10 * READ_EVERY;
    if (count > most) this.faults.push(`${count} events are kept, the most is ${most}`);
  }
}
