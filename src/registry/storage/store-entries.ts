import { STORE_PURGE_BATCH, STORE_VERSION_KEPT_MS } from "../../limits.ts";

/** A key that was written once. Its value may be gone; its version goes on. */
export type StoreEntry = { version: number; value_json: string | null; due_at: number | null };

export const STORE_SQL = {
  find: "SELECT version, value_json, due_at FROM store_entries WHERE key = ?",
  put: `INSERT INTO store_entries (key, version, value_json, due_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, value_json = excluded.value_json, due_at = excluded.due_at`,
  count: "SELECT count(*) AS keys FROM store_entries WHERE value_json IS NOT NULL AND coalesce(due_at > ?, 1)",
  due: "SELECT key, value_json FROM store_entries WHERE due_at <= ? ORDER BY due_at LIMIT ?",
  firstDue: "SELECT due_at FROM store_entries WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
  expire: "UPDATE store_entries SET value_json = NULL, due_at = ? WHERE key = ?",
  forget: "DELETE FROM store_entries WHERE key = ?",
  note: "INSERT INTO store_writes (write_id, at, answer_json) VALUES (?, ?, ?)",
  noted: "SELECT answer_json FROM store_writes WHERE write_id = ?",
  oldest: "SELECT seq, at FROM store_writes ORDER BY seq LIMIT ?",
  purge: "DELETE FROM store_writes WHERE seq <= ?",
} as const;

/** The keys of a tenant's `store` steps, in shard 0 only. Callers open the transactions. Times are epoch ms. */
export class StoreEntries {
  readonly #sql: SqlStorage;
  readonly #writesKeptMs: number;

  /** @param writesKeptMs how long the answer of a write is remembered */
  constructor(sql: SqlStorage, writesKeptMs: number) {
    this.#sql = sql;
    this.#writesKeptMs = writesKeptMs;
  }

  find(key: string): StoreEntry | undefined {
    return this.#sql.exec<StoreEntry>(STORE_SQL.find, key).toArray()[0];
  }

  put(key: string, { version, value_json, due_at }: StoreEntry): void {
    this.#sql.exec(STORE_SQL.put, key, version, value_json, due_at);
  }

  /** Keys that have a value. */
  count(now: number): number {
    return this.#sql.exec<{ keys: number }>(STORE_SQL.count, now).one().keys;
  }

  /** The answer that the write of this name was given before. */
  answer(writeId: string): string | undefined {
    return this.#sql.exec<{ answer_json: string }>(STORE_SQL.noted, writeId).toArray()[0]?.answer_json;
  }

  /** @returns when the row may go */
  note(writeId: string, answerJson: string, now: number): number {
    this.#sql.exec(STORE_SQL.note, writeId, now, answerJson);
    return now + this.#writesKeptMs;
  }

  /** Takes a batch of what has expired, or is too old; the alarm comes again for more. */
  purge(now: number): void {
    const due = this.#sql.exec<{ key: string; value_json: string | null }>(STORE_SQL.due, now, STORE_PURGE_BATCH);
    for (const { key, value_json } of due.toArray()) {
      if (value_json === null) this.#sql.exec(STORE_SQL.forget, key);
      else this.#sql.exec(STORE_SQL.expire, now + STORE_VERSION_KEPT_MS, key);
    }
    const last = this.#oldestWrites(STORE_PURGE_BATCH).findLast(({ at }) => at + this.#writesKeptMs <= now);
    if (last !== undefined) this.#sql.exec(STORE_SQL.purge, last.seq);
  }

  /** When the first row may go; undefined when none ever may. */
  firstDue(): number | undefined {
    const [entry] = this.#sql.exec<{ due_at: number }>(STORE_SQL.firstDue).toArray();
    const [write] = this.#oldestWrites(1);
    const dues = [entry?.due_at, write && write.at + this.#writesKeptMs].filter((due) => due !== undefined);
    return dues.length === 0 ? undefined : Math.min(...dues);
  }

  #oldestWrites(limit: number): { seq: number; at: number }[] {
    return this.#sql.exec<{ seq: number; at: number }>(STORE_SQL.oldest, limit).toArray();
  }
}
