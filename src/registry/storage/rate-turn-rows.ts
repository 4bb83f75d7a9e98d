import type { Turn } from "../../jobs/flow/turns.ts";
import { TURN_KEPT_MS, TURN_PURGE_BATCH } from "../../limits.ts";

export const RATE_TURNS_SQL = {
  keep: `INSERT INTO rate_turns (tenant, key, holder, at, gap, over_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET at = excluded.at, gap = excluded.gap, over_at = excluded.over_at WHERE at <> excluded.at`,
  of: "SELECT holder, at, gap FROM rate_turns WHERE tenant = ? AND key = ?",
  drop: "DELETE FROM rate_turns WHERE tenant = ? AND key = ? AND holder = ?",
  firstOver: "SELECT over_at FROM rate_turns WHERE over_at > 0 ORDER BY over_at LIMIT 1",
  over: "SELECT tenant, key, holder FROM rate_turns WHERE over_at <= ? ORDER BY over_at LIMIT ?",
} as const;

/** Whose turn it is. */
export interface TurnKey {
  tenant: string;
  key: string;
  holder: string;
}

/** Turns of rates whose home the object is, where they lie far apart. Callers open the transactions. Times are epoch ms. */
export class RateTurns {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** In place of the one that the holder had. @returns when the row may go */
  keep({ tenant, key, holder }: TurnKey, { at, gap }: Turn): number {
    const overAt = Math.ceil(at + gap) + TURN_KEPT_MS;
    this.#sql.exec(RATE_TURNS_SQL.keep, tenant, key, holder, at, gap, overAt);
    return overAt;
  }

  of(tenant: string, key: string): [holder: string, turn: Turn][] {
    const rows = this.#sql.exec<{ holder: string; at: number; gap: number }>(RATE_TURNS_SQL.of, tenant, key);
    return rows.toArray().map(({ holder, at, gap }) => [holder, { at, gap }]);
  }

  drop({ tenant, key, holder }: TurnKey): void {
    this.#sql.exec(RATE_TURNS_SQL.drop, tenant, key, holder);
  }

  /** When the first row may go; undefined when there is none. */
  firstDue(): number | undefined {
    return this.#sql.exec<{ over_at: number }>(RATE_TURNS_SQL.firstOver).toArray()[0]?.over_at;
  }

  /** Deletes a batch of what is over; the alarm comes again for more. */
  purge(now: number): void {
    const due = this.firstDue();
    if (due === undefined || due > now) return;
    const over = this.#sql.exec<{ tenant: string; key: string; holder: string }>(
      RATE_TURNS_SQL.over,
      now,
      TURN_PURGE_BATCH,
    );
    for (const turn of over.toArray()) this.drop(turn);
  }
}
