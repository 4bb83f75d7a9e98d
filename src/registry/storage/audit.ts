import { AUDIT_KEPT_MS, AUDIT_PURGE_BATCH } from "../../limits.ts";
import type { AuditEntry } from "../api/keys.ts";

const SQL = {
  add: "INSERT INTO audit (at, action, actor, subject) VALUES (?, ?, ?, ?)",
  newest: "SELECT at, action, actor, subject FROM audit WHERE at < ? ORDER BY seq DESC LIMIT ?",
  oldest: "SELECT seq, at FROM audit ORDER BY seq LIMIT ?",
  purge: "DELETE FROM audit WHERE seq <= ?",
} as const;

/** What was done to keys, blueprints and jobs, for 90 days. Times are epoch ms. */
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

  /** Deletes a batch of what is too old; the alarm comes again for more. */
  purge(now: number): void {
    const due = this.firstDue();
    if (due === undefined || due > now) return;
    const last = this.#oldest(AUDIT_PURGE_BATCH).findLast(({ at }) => at + AUDIT_KEPT_MS <= now);
    if (last !== undefined) this.#sql.exec(SQL.purge, last.seq);
  }

  /** When the first row may go; undefined when there is none. */
  firstDue(): number | undefined {
    const [row] = this.#oldest(1);
    return row && row.at + AUDIT_KEPT_MS;
  }

  #oldest(limit: number): { seq: number; at: number }[] {
    return this.#sql.exec<{ seq: number; at: number }>(SQL.oldest, limit).toArray();
  }
}
