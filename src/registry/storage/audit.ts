import { AUDIT_KEPT_MS, AUDIT_PURGE_BATCH, MAX_AUDIT_ROWS } from "../../limits.ts";
import type { AuditEntry } from "../api/keys.ts";

const SQL = {
  add: "INSERT INTO audit (at, action, actor, subject) VALUES (?, ?, ?, ?)",
  newest: "SELECT at, action, actor, subject FROM audit WHERE at < ? ORDER BY seq DESC LIMIT ?",
  oldest: "SELECT seq, at FROM audit ORDER BY seq LIMIT ?",
  last: "SELECT coalesce(max(seq), 0) AS seq FROM audit",
  purge: "DELETE FROM audit WHERE seq <= ?",
} as const;

/** What was done to keys, blueprints, triggers, secrets and jobs, for 90 days, a million rows at most. Times are epoch ms. */
export class Audit {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Called inside the transaction of what it tells. @returns when the row may go */
  add({ at, action, actor, subject }: AuditEntry): number {
    this.#sql.exec(SQL.add, at, action, actor, subject);
    return at + AUDIT_KEPT_MS;
  }

  /** The newest first. */
  before(at: number, limit: number): AuditEntry[] {
    return this.#sql.exec<{ [Field in keyof AuditEntry]: AuditEntry[Field] }>(SQL.newest, at, limit).toArray();
  }

  /** Deletes a batch of what is too old or too much; the alarm comes again for more. */
  purge(now: number): void {
    const due = this.firstDue();
    if (due === undefined || due > now) return;
    const last = this.#oldest(AUDIT_PURGE_BATCH).findLast((row) => row.due_at <= now);
    if (last !== undefined) this.#sql.exec(SQL.purge, last.seq);
  }

  /** When the first row may go; undefined when there is none. */
  firstDue(): number | undefined {
    return this.#oldest(1)[0]?.due_at;
  }

  /** What is more than may be kept is due at once. */
  #oldest(limit: number): { seq: number; due_at: number }[] {
    const { seq: last } = this.#sql.exec<{ seq: number }>(SQL.last).one();
    const rows = this.#sql.exec<{ seq: number; at: number }>(SQL.oldest, limit).toArray();
    return rows.map(({ seq, at }) => ({ seq, due_at: last - seq < MAX_AUDIT_ROWS ? at + AUDIT_KEPT_MS : 0 }));
  }
}
