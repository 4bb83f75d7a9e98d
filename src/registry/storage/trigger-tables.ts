import { type Chunk, type Ledger, NEW_LEDGER } from "../../triggers/ledger.ts";
import type { Trigger } from "../api/trigger-calls.ts";

/** PERSISTED since 0.2.0. Times are epoch ms. */
export interface TriggerState {
  /** The first time of which nothing is written yet; null: there is none. */
  next: number | null;
  /** Jobs that it has started. */
  runs: number;
  /** Those of them that had not settled when it was looked last. */
  active: readonly string[];
  /** A time that waits for the job before it. */
  queued?: number;
  /** Events of this object up to there are none of its business. */
  after?: number;
  /** Why its `changed` could not be compared. */
  watch_error?: string;
  ledger: Ledger;
}

export const NEW_STATE: TriggerState = { next: null, runs: 0, active: [], ledger: NEW_LEDGER };

type TriggerRecord = Omit<Trigger, "document"> & { document_json: string };
type StateRecord = { due_at: number | null; state_json: string };

const COLUMNS =
  "tenant, shard, version, document_json, label, plan_hash, timeout_ms, anchor_at, saved_at, share, hook_id, event_name, home_shard, origin";

export const TRIGGERS_SQL = {
  put: `INSERT OR REPLACE INTO triggers (name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  find: `SELECT name, ${COLUMNS} FROM triggers WHERE name = ?`,
  byHook: `SELECT name, ${COLUMNS} FROM triggers WHERE hook_id = ?`,
  page: `SELECT name, ${COLUMNS} FROM triggers WHERE name > ? ORDER BY name LIMIT ?`,
  onEvent: "SELECT name FROM triggers WHERE event_name = ? AND name > ? ORDER BY name LIMIT ?",
  withEvent: `SELECT name, ${COLUMNS} FROM triggers INDEXED BY event_triggers
    WHERE event_name IS NOT NULL AND name > ? ORDER BY name LIMIT ?`,
  anyWithEvent: "SELECT 1 FROM triggers WHERE event_name IS NOT NULL LIMIT 1",
  copies: "SELECT name FROM triggers WHERE home_shard IS NOT NULL",
  using: "SELECT name FROM triggers WHERE label >= ? AND label <= ? ORDER BY label, name LIMIT ?",
  delete: "DELETE FROM triggers WHERE name = ? RETURNING name",
  putState: `INSERT INTO trigger_states (name, due_at, state_json) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at, state_json = excluded.state_json`,
  changeState: "UPDATE trigger_states SET state_json = ? WHERE name = ?",
  state: "SELECT due_at, state_json FROM trigger_states WHERE name = ?",
  due: "SELECT name FROM trigger_states WHERE due_at <= ? ORDER BY due_at, name LIMIT ?",
  firstDue: "SELECT due_at FROM trigger_states WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
  putOff: "UPDATE trigger_states SET due_at = ? WHERE name = ?",
  deleteState: "DELETE FROM trigger_states WHERE name = ?",
  putChunk: `INSERT INTO trigger_ledger (name, slot, number, entries_json) VALUES (?, ?, ?, ?)
    ON CONFLICT (name, slot) DO UPDATE SET number = excluded.number, entries_json = excluded.entries_json`,
  chunks: "SELECT number, entries_json FROM trigger_ledger WHERE name = ?",
  deleteChunks: "DELETE FROM trigger_ledger WHERE name = ?",
  putValue: `INSERT INTO trigger_values (name, kind, value_json) VALUES (?, ?, ?)
    ON CONFLICT (name, kind) DO UPDATE SET value_json = excluded.value_json`,
  value: "SELECT value_json FROM trigger_values WHERE name = ? AND kind = ?",
  owe: `INSERT INTO trigger_news (name, at, due_at) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET at = excluded.at, due_at = excluded.due_at`,
  owed: "SELECT name, at FROM trigger_news WHERE name = ?",
  owedBy: "SELECT name FROM trigger_news WHERE due_at <= ? ORDER BY due_at LIMIT ?",
  firstOwed: "SELECT due_at FROM trigger_news ORDER BY due_at LIMIT 1",
  told: "DELETE FROM trigger_news WHERE name = ? AND at = ?",
  deleteValues: "DELETE FROM trigger_values WHERE name = ?",
} as const;

function fromRecord({ document_json, ...fields }: TriggerRecord): Trigger {
  return { ...fields, document: JSON.parse(document_json) };
}

/** The tables of triggers. Calls are synchronous; callers open the transactions. */
export class Triggers {
  readonly #sql: SqlStorage;
  /** Whether any waits for an event; undefined: not known. */
  #hasEvents: boolean | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  put({ name, document, ...fields }: Trigger): void {
    const { tenant, shard, version, label, plan_hash, timeout_ms, anchor_at, saved_at, share, hook_id, event_name } =
      fields;
    this.#hasEvents = undefined;
    const document_json = JSON.stringify(document);
    const before = [name, tenant, shard, version, document_json, label, plan_hash, timeout_ms];
    const after = [anchor_at, saved_at, share, hook_id, event_name, fields.home_shard, fields.origin];
    this.#sql.exec(TRIGGERS_SQL.put, ...before, ...after);
  }

  find(name: string): Trigger | undefined {
    return this.#one(TRIGGERS_SQL.find, name);
  }

  byHook(hookId: string): Trigger | undefined {
    return this.#one(TRIGGERS_SQL.byHook, hookId);
  }

  /** Names above `after`, in their order. */
  page(after: string, limit: number): Trigger[] {
    return this.#sql.exec<TriggerRecord>(TRIGGERS_SQL.page, after, limit).toArray().map(fromRecord);
  }

  /** What was read may not be what is stored: a transaction was undone. */
  forgetRead(): void {
    this.#hasEvents = undefined;
  }

  /** Whether any waits for an event. */
  get hasEvents(): boolean {
    this.#hasEvents ??= this.#sql.exec(TRIGGERS_SQL.anyWithEvent).toArray().length > 0;
    return this.#hasEvents;
  }

  wantsEvent(eventName: string): boolean {
    return this.hasEvents && this.onEvent(eventName, "", 1).length > 0;
  }

  /** Names above `after` of those that wait for the event, in their order. */
  onEvent(eventName: string, after: string, limit: number): string[] {
    return this.#names(TRIGGERS_SQL.onEvent, eventName, after, limit);
  }

  /** Those that wait for any event, above `after`, by name. */
  withEvent(after: string, limit: number): Trigger[] {
    return this.#sql.exec<TriggerRecord>(TRIGGERS_SQL.withEvent, after, limit).toArray().map(fromRecord);
  }

  copies(): string[] {
    return this.#names(TRIGGERS_SQL.copies);
  }

  /** Other shards must be told of the trigger, by the alarm when nothing else does it. @param at of the change */
  owe(name: string, at: number, dueAt: number): void {
    this.#sql.exec(TRIGGERS_SQL.owe, name, at, dueAt);
  }

  /** When the trigger was changed, if shards must be told of it. */
  owed(name: string): number | undefined {
    return this.#sql.exec<{ at: number }>(TRIGGERS_SQL.owed, name).toArray()[0]?.at;
  }

  owedBy(now: number, limit: number): string[] {
    return this.#names(TRIGGERS_SQL.owedBy, now, limit);
  }

  /** All shards know of the change. */
  told(name: string, at: number): void {
    this.#sql.exec(TRIGGERS_SQL.told, name, at);
  }

  /** Names of those that run the blueprint. @param version null: any */
  using(blueprint: string, version: number | null, limit: number): string[] {
    const [low, high] =
      version === null ? [`${blueprint}@`, `${blueprint}@~`] : [`${blueprint}@${version}`, `${blueprint}@${version}`];
    return this.#names(TRIGGERS_SQL.using, low, high, limit);
  }

  delete(name: string): boolean {
    this.#hasEvents = undefined;
    this.#sql.exec(TRIGGERS_SQL.deleteState, name);
    this.#sql.exec(TRIGGERS_SQL.deleteChunks, name);
    this.#sql.exec(TRIGGERS_SQL.deleteValues, name);
    return this.#sql.exec(TRIGGERS_SQL.delete, name).toArray().length > 0;
  }

  state(name: string): TriggerState | undefined {
    const row = this.#sql.exec<StateRecord>(TRIGGERS_SQL.state, name).toArray()[0];
    return row && JSON.parse(row.state_json);
  }

  putState(name: string, state: TriggerState, dueAt: number | null): void {
    this.#sql.exec(TRIGGERS_SQL.putState, name, dueAt, JSON.stringify(state));
  }

  putOff(name: string, dueAt: number): void {
    this.#sql.exec(TRIGGERS_SQL.putOff, dueAt, name);
  }

  /** When the alarm looks at it stays as it is. */
  changeState(name: string, state: TriggerState): void {
    this.#sql.exec(TRIGGERS_SQL.changeState, JSON.stringify(state), name);
  }

  due(now: number, limit: number): string[] {
    return this.#names(TRIGGERS_SQL.due, now, limit);
  }

  firstDue(): number | undefined {
    const firsts = [TRIGGERS_SQL.firstDue, TRIGGERS_SQL.firstOwed].flatMap((query) =>
      this.#sql.exec<{ due_at: number }>(query).toArray(),
    );
    return firsts.length === 0 ? undefined : Math.min(...firsts.map(({ due_at }) => due_at));
  }

  putChunk(name: string, { slot, number, entries }: Chunk): void {
    this.#sql.exec(TRIGGERS_SQL.putChunk, name, slot, number, JSON.stringify(entries));
  }

  chunks(name: string): Pick<Chunk, "number" | "entries">[] {
    return this.#sql
      .exec<{ number: number; entries_json: string }>(TRIGGERS_SQL.chunks, name)
      .toArray()
      .map(({ number, entries_json }) => ({ number, entries: JSON.parse(entries_json) }));
  }

  /** JSON text; undefined: there is none yet. */
  value(name: string, kind: "last" | "watched"): string | undefined {
    return this.#sql.exec<{ value_json: string }>(TRIGGERS_SQL.value, name, kind).toArray()[0]?.value_json;
  }

  putValue(name: string, kind: "last" | "watched", json: string): void {
    this.#sql.exec(TRIGGERS_SQL.putValue, name, kind, json);
  }

  #one(query: string, key: string): Trigger | undefined {
    const record = this.#sql.exec<TriggerRecord>(query, key).toArray()[0];
    return record && fromRecord(record);
  }

  #names(query: string, ...bindings: (string | number)[]): string[] {
    return this.#sql
      .exec<{ name: string }>(query, ...bindings)
      .toArray()
      .map(({ name }) => name);
  }
}
