import { EVENT_ENTROPY_BYTES, type EventRecord, type NewEvent, newEventId } from "../../events/event.ts";
import {
  EVENT_KEPT_MS,
  EVENT_PURGE_BATCH,
  LISTENING_MS,
  LISTENING_RENEWED_MS,
  MAX_EMITTED_NAMES,
} from "../../limits.ts";

export const EVENTS_SQL = {
  state: "SELECT listening_until, gone_to, gap FROM event_log",
  setState: "INSERT OR REPLACE INTO event_log (one, listening_until, gone_to, gap) VALUES (1, ?, ?, ?)",
  last: "SELECT position FROM events ORDER BY position DESC LIMIT 1",
  first: "SELECT position, at FROM events ORDER BY position LIMIT 1",
  from: "SELECT position, at FROM events WHERE position >= ? ORDER BY position LIMIT 1",
  add: "INSERT INTO events (position, event_id, name, at, depth, data_json) VALUES (?, ?, ?, ?, ?, ?)",
  after:
    "SELECT position, event_id, name, at, depth, data_json FROM events WHERE position > ? ORDER BY position LIMIT ?",
  emitted: `SELECT 1 FROM events WHERE event_id = ? AND name NOT GLOB 'job.*' AND name NOT GLOB 'trigger.*'`,
  noteName: `INSERT OR IGNORE INTO emitted_names (name) SELECT ? WHERE (SELECT count(*) FROM emitted_names) < ?`,
  names: "SELECT name FROM emitted_names ORDER BY name",
  purge: "DELETE FROM events WHERE position <= ?",
} as const;

/** Rows that are read at once: between two reads no cursor stays open. */
const READ_ROWS = 100;

/** As migration 0010 says it. */
type StoredState = { listening_until: number; gone_to: number; gap: number };

interface State extends StoredState {
  /** Position of the last event, or of the gap after it. */
  last: number;
}

/** An event with its place, and the length of its data. */
export interface StoredEvent {
  position: number;
  event: EventRecord;
  bytes: number;
}

type Row = { position: number; event_id: string; name: string; at: number; depth: number; data_json: string };

interface LogParts {
  sql: SqlStorage;
  entropy: (bytes: number) => Uint8Array;
  /** 0: no limit but the time. */
  kept: number;
  /** Whether something in the object waits for the event, whoever listens. */
  isWanted: (name: string) => boolean;
}

/**
 * The events of one object, in the order in which they became true. The object is the only writer, so how far the log goes
 * is kept in memory too. Calls that write are made inside a transaction.
 */
export class EventLog {
  readonly #sql: SqlStorage;
  readonly #entropy: (bytes: number) => Uint8Array;
  readonly #kept: number;
  readonly #isWanted: (name: string) => boolean;
  #known: State | undefined;
  #isIntroduced = false;
  /** Names that are stored, or that there is no room for. */
  readonly #names = new Set<string>();

  constructor({ sql, entropy, kept, isWanted }: LogParts) {
    this.#sql = sql;
    this.#entropy = entropy;
    this.#kept = kept;
    this.#isWanted = isWanted;
  }

  /** What was read may not be what is stored: a transaction was undone. */
  forgetRead(): void {
    this.#known = undefined;
    this.#isIntroduced = false;
    this.#names.clear();
  }

  /** Whether the object knows if its tenant listens; one that is new must ask the tenant's first. */
  get isIntroduced(): boolean {
    this.#isIntroduced ||= this.#rows(EVENTS_SQL.state).length > 0;
    return this.#isIntroduced;
  }

  get listeningUntil(): number {
    return this.#state().listening_until;
  }

  /** Position of the last event. */
  get last(): number {
    return this.#state().last;
  }

  /** Who reads across this position has missed events that nobody recorded. */
  get gap(): number {
    return this.#state().gap;
  }

  /** Events up to this position cannot be read any more. */
  get goneTo(): number {
    const { gone_to, last } = this.#state();
    return this.#kept === 0 ? gone_to : Math.max(gone_to, last - this.#kept);
  }

  /** The first thing that the object hears of listeners. For what waits in it the log may have events already. */
  introduce(listeningUntil: number): void {
    if (!this.isIntroduced) this.#save({ ...this.#state(), listening_until: listeningUntil });
  }

  /**
   * Somebody listens from now on. Whoever listened before and let it lapse finds a gap. @param now epoch ms
   * @returns until when (epoch ms)
   */
  listen(now: number): number {
    if (!this.isIntroduced) this.introduce(now + LISTENING_MS);
    const state = this.#state();
    const until = now + LISTENING_MS;
    if (state.listening_until <= now) {
      const gap = state.last + 1;
      this.#save({ ...state, listening_until: until, gap, last: gap });
    } else if (state.listening_until <= until - LISTENING_RENEWED_MS) this.#save({ ...state, listening_until: until });
    return this.#state().listening_until;
  }

  /** Whether what happens is recorded. @param at epoch ms */
  isOpenTo(name: string, at: number): boolean {
    return this.#state().listening_until > at || this.#isWanted(name);
  }

  /** @returns when the alarm must look at the log; undefined: nobody listens, and nothing was written */
  append({ name, at, data, event_id, depth = 0 }: NewEvent): number | undefined {
    if (!this.isOpenTo(name, at)) return undefined;
    const state = this.#state();
    const position = state.last + 1;
    const id = event_id ?? newEventId(this.#entropy(EVENT_ENTROPY_BYTES));
    this.#sql.exec(EVENTS_SQL.add, position, id, name, at, depth, JSON.stringify(data));
    this.#known = { ...state, last: position };
    return this.#isOverfull() ? at : at + EVENT_KEPT_MS;
  }

  /** A plan tells something under the name: those who look for it find it, also when nobody listened. */
  noteName(name: string): void {
    if (this.#names.has(name)) return;
    if (this.#names.size >= MAX_EMITTED_NAMES) this.#names.clear();
    this.#sql.exec(EVENTS_SQL.noteName, name, MAX_EMITTED_NAMES);
    this.#names.add(name);
  }

  names(): string[] {
    return this.#rows<{ name: string }>(EVENTS_SQL.names).map(({ name }) => name);
  }

  /** Whether a plan has told this event before. */
  hasEmitted(eventId: string): boolean {
    return this.#rows(EVENTS_SQL.emitted, eventId).length > 0;
  }

  /** Events after the position, as far as they are asked for. */
  *after(position: number): Generator<StoredEvent> {
    for (let from = position; ; ) {
      const rows = this.#rows<Row>(EVENTS_SQL.after, from, READ_ROWS);
      for (const { position: place, depth, data_json, ...rest } of rows) {
        from = place;
        const event = { ...rest, ...(depth > 0 && { depth }), data: JSON.parse(data_json) };
        yield { position: place, event, bytes: data_json.length };
      }
      if (rows.length < READ_ROWS) return;
    }
  }

  /** The last position before everything that happened at `time` (epoch ms) or later. */
  positionAt(time: number): number {
    let [low, high] = [this.goneTo, this.last];
    while (low < high) {
      const middle = Math.floor((low + high) / 2) + 1;
      const row = this.#rows<{ position: number; at: number }>(EVENTS_SQL.from, middle)[0];
      if (row === undefined || row.at >= time) high = middle - 1;
      else low = row.position;
    }
    return low;
  }

  /** Deletes a batch of what is too old or too much; the alarm comes again for more. */
  purge(now: number): void {
    const first = this.#first();
    if (first === undefined) return;
    const isPast = first.at + EVENT_KEPT_MS <= now;
    const end = first.position + EVENT_PURGE_BATCH - 1;
    const aged = isPast ? this.positionAt(now - EVENT_KEPT_MS + 1) : 0;
    const upTo = Math.min(end, Math.max(aged, this.goneTo));
    if (upTo < first.position) return;
    this.#sql.exec(EVENTS_SQL.purge, upTo);
    const state = this.#state();
    this.#save({ ...state, gone_to: Math.max(state.gone_to, upTo) });
  }

  /** When the alarm must look at the log; undefined: never. */
  firstDue(): number | undefined {
    const first = this.#first();
    return first && (this.#isOverfull() ? first.at : first.at + EVENT_KEPT_MS);
  }

  #isOverfull(): boolean {
    const { gone_to, last } = this.#state();
    return this.#kept > 0 && last - gone_to >= this.#kept + EVENT_PURGE_BATCH;
  }

  #first(): { position: number; at: number } | undefined {
    return this.#rows<{ position: number; at: number }>(EVENTS_SQL.first)[0];
  }

  #state(): State {
    this.#known ??= this.#read();
    return this.#known;
  }

  #read(): State {
    const [stored = { listening_until: 0, gone_to: 0, gap: 0 }] = this.#rows<StoredState>(EVENTS_SQL.state);
    const [end] = this.#rows<{ position: number }>(EVENTS_SQL.last);
    return { ...stored, last: Math.max(end?.position ?? 0, stored.gone_to, stored.gap) };
  }

  #save(state: State): void {
    this.#sql.exec(EVENTS_SQL.setState, state.listening_until, state.gone_to, state.gap);
    this.#known = state;
  }

  #rows<T extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }
}
