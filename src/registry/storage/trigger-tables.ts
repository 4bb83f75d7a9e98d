import type { Chunk, Ledger } from "../../triggers/ledger.ts";
import type { TriggerDocument } from "../../triggers/trigger-document.ts";

/** What was saved. Times are epoch ms. */
export interface Trigger {
  name: string;
  tenant: string;
  shard: number;
  version: number;
  document: TriggerDocument;
  /** `name@version`, `name@latest` or `inline`. */
  label: string;
  /** null: the newest version is looked up for each run. */
  plan_hash: string | null;
  timeout_ms: number;
  /** From when an interval counts. */
  anchor_at: number;
  saved_at: number;
  share: number;
  /** Only of a webhook. */
  hook_id: string | null;
  event_name: string | null;
}

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
  /** Why its `changed` could not be compared. */
  watch_error?: string;
  ledger: Ledger;
}

type TriggerRecord = Omit<Trigger, "document"> & { document_json: string };
type StateRecord = { due_at: number | null; state_json: string };

const COLUMNS =
  "tenant, shard, version, document_json, label, plan_hash, timeout_ms, anchor_at, saved_at, share, hook_id, event_name";

export const TRIGGERS_SQL = {
  put: `INSERT OR REPLACE INTO triggers (name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  find: `SELECT name, ${COLUMNS} FROM triggers WHERE name = ?`,
  byHook: `SELECT name, ${COLUMNS} FROM triggers WHERE hook_id = ?`,
  page: `SELECT name, ${COLUMNS} FROM triggers WHERE name > ? ORDER BY name LIMIT ?`,
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
  deleteValues: "DELETE FROM trigger_values WHERE name = ?",
} as const;

function fromRecord({ document_json, ...fields }: TriggerRecord): Trigger {
  return { ...fields, document: JSON.parse(document_json) };
}

/** The tables of triggers. Calls are synchronous; callers open the transactions. */
export class Triggers {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  put({ name, document, ...fields }: Trigger): void {
    const { tenant, shard, version, label, plan_hash, timeout_ms, anchor_at, saved_at, share, hook_id, event_name } =
      fields;
    const document_json = JSON.stringify(document);
    const before = [name, tenant, shard, version, document_json, label, plan_hash, timeout_ms];
    this.#sql.exec(TRIGGERS_SQL.put, ...before, anchor_at, saved_at, share, hook_id, event_name);
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

  /** Names of those that run the blueprint. @param version null: any */
  using(blueprint: string, version: number | null, limit: number): string[] {
    const [low, high] =
      version === null ? [`${blueprint}@`, `${blueprint}@~`] : [`${blueprint}@${version}`, `${blueprint}@${version}`];
    return this.#names(TRIGGERS_SQL.using, low, high, limit);
  }

  delete(name: string): boolean {
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
    return this.#sql.exec<{ due_at: number }>(TRIGGERS_SQL.firstDue).toArray()[0]?.due_at;
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
