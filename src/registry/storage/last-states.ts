import type { JobStatus } from "../../jobs/view.ts";
import { LAST_STATE_KEPT_MS } from "../../limits.ts";

const SQL = {
  keep: "INSERT OR REPLACE INTO last_states (hour, job_id, tenant, deleted_at, status_json) VALUES (?, ?, ?, ?, ?)",
  find: `SELECT status_json FROM last_states WHERE hour IN (?, ?) AND job_id = ? AND tenant = ? AND deleted_at > ?`,
  forget: "DELETE FROM last_states WHERE hour < ?",
  oldest: "SELECT hour FROM last_states ORDER BY hour LIMIT 1",
} as const;

/** The rows of one hour go together, when none of them is answered any more. */
const hourOf = (now: number): number => Math.floor(now / LAST_STATE_KEPT_MS);
const endOf = (hour: number): number => (hour + 2) * LAST_STATE_KEPT_MS;

/**
 * How jobs stood that are gone: a client that holds one as a task goes on asking for it, and must hear that it has ended.
 * Times are epoch ms.
 */
export class LastStates {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns when the row may go */
  keep(tenant: string, status: JobStatus, now: number): number {
    const hour = hourOf(now);
    this.#sql.exec(SQL.keep, hour, status.id, tenant, now, JSON.stringify(status));
    return endOf(hour);
  }

  find(tenant: string, jobId: string, now: number): JobStatus | undefined {
    const hour = hourOf(now);
    const since = now - LAST_STATE_KEPT_MS;
    const row = this.#sql.exec<{ status_json: string }>(SQL.find, hour, hour - 1, jobId, tenant, since).toArray()[0];
    return row && JSON.parse(row.status_json);
  }

  /** Deletes what nobody is answered any more. */
  forget(now: number): void {
    this.#sql.exec(SQL.forget, hourOf(now) - 1);
  }

  /** When the first row may go; undefined when there is none. */
  firstDue(): number | undefined {
    const row = this.#sql.exec<{ hour: number }>(SQL.oldest).toArray()[0];
    return row && endOf(row.hour);
  }
}
