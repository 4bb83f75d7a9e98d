import type { SlotRequest } from "../../jobs/flow/slot.ts";
import { SLOT_LOOK_MS } from "../../limits.ts";

type Place = Pick<SlotRequest, "rank" | "since" | "holder">;
/** `most`: as many may have a slot at once, when this one gets it. */
type Waiter = Place & { most: number };
export interface HolderKey {
  tenant: string;
  key: string;
  holder: string;
}

const LIMIT = "tenant = ? AND key = ?";
const BEFORE = "(rank, since, holder) < (?, ?, ?)";

const SLOTS_SQL = {
  isHeld: `SELECT holder FROM slot_holders WHERE ${LIMIT} AND holder = ?`,
  running: `SELECT count(*) AS count FROM slot_holders WHERE ${LIMIT}`,
  holders: `SELECT holder, since FROM slot_holders WHERE ${LIMIT}`,
  hold: "INSERT INTO slot_holders (tenant, key, holder, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  give: `DELETE FROM slot_holders WHERE ${LIMIT} AND holder = ?`,
  olderThan: `SELECT tenant, key, holder FROM slot_holders WHERE (tenant, key, holder) > (?, ?, ?) AND since <= ?
    ORDER BY tenant, key, holder LIMIT ?`,
  any: "SELECT since FROM slot_holders LIMIT 1",
  wait: `INSERT INTO slot_waiters (tenant, key, rank, since, holder, most) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET most = excluded.most WHERE most <> excluded.most`,
  first: `SELECT rank, since, holder, most FROM slot_waiters WHERE ${LIMIT} ORDER BY rank, since, holder LIMIT 1`,
  waiters: `SELECT holder, since FROM slot_waiters WHERE ${LIMIT}`,
  isWaiting: `SELECT holder FROM slot_waiters WHERE ${LIMIT} AND rank = ? AND since = ? AND holder = ?`,
  before: `SELECT count(*) AS count FROM slot_waiters WHERE ${LIMIT} AND ${BEFORE}`,
  leave: `DELETE FROM slot_waiters WHERE ${LIMIT} AND rank = ? AND since = ? AND holder = ?`,
  leaveAll: `DELETE FROM slot_waiters WHERE ${LIMIT}`,
  heldByKey: `SELECT key, count(*) AS count FROM (SELECT key FROM slot_holders WHERE tenant = ? LIMIT ?) GROUP BY key`,
  waitingByKey: `SELECT key, count(*) AS count FROM (SELECT key FROM slot_waiters WHERE tenant = ? LIMIT ?) GROUP BY key`,
} as const;

type Counted = { key: string; count: number };

/** Slots of the limits whose home the object is. Callers open the transactions. */
export class Slots {
  readonly #sql: SqlStorage;

  /** When slots that are held for long are asked after, in epoch ms; undefined: none is held. */
  #lookAt: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    if (this.#isAnyHeld) this.#lookAt = 0;
  }

  firstDue(): number | undefined {
    return this.#lookAt;
  }

  looked(now: number): void {
    this.#lookAt = this.#isAnyHeld ? now + SLOT_LOOK_MS : undefined;
  }

  isHeld(tenant: string, key: string, holder: string): boolean {
    return this.#rows(SLOTS_SQL.isHeld, tenant, key, holder).length > 0;
  }

  running(tenant: string, key: string): number {
    return this.#rows<{ count: number }>(SLOTS_SQL.running, tenant, key)[0]?.count ?? 0;
  }

  hold(tenant: string, key: string, holder: string, now: number): void {
    this.#sql.exec(SLOTS_SQL.hold, tenant, key, holder, now);
    this.#lookAt ??= now + SLOT_LOOK_MS;
  }

  give(tenant: string, key: string, holder: string): void {
    this.#sql.exec(SLOTS_SQL.give, tenant, key, holder);
  }

  wait(tenant: string, { key, rank, since, holder, limit }: Omit<SlotRequest, "when_full">): void {
    this.#sql.exec(SLOTS_SQL.wait, tenant, key, rank, since, holder, limit);
  }

  leave(tenant: string, key: string, { rank, since, holder }: Place): void {
    this.#sql.exec(SLOTS_SQL.leave, tenant, key, rank, since, holder);
  }

  leaveAll(tenant: string, key: string): void {
    this.#sql.exec(SLOTS_SQL.leaveAll, tenant, key);
  }

  first(tenant: string, key: string): Waiter | undefined {
    return this.#rows<Waiter & Record<string, SqlStorageValue>>(SLOTS_SQL.first, tenant, key)[0];
  }

  /** From 0; undefined: it does not wait. */
  ahead(tenant: string, key: string, { rank, since, holder }: Place): number | undefined {
    const place = [tenant, key, rank, since, holder] as const;
    if (this.#rows(SLOTS_SQL.isWaiting, ...place).length === 0) return undefined;
    return this.#rows<{ count: number }>(SLOTS_SQL.before, ...place)[0]?.count ?? 0;
  }

  holders(tenant: string, key: string): Pick<SlotRequest, "holder" | "since">[] {
    return this.#rows<{ holder: string; since: number }>(SLOTS_SQL.holders, tenant, key);
  }

  waiters(tenant: string, key: string): Pick<SlotRequest, "holder" | "since">[] {
    return this.#rows<{ holder: string; since: number }>(SLOTS_SQL.waiters, tenant, key);
  }

  /** Whoever has had a slot since then, in the order of keys. */
  heldSince(time: number, after: HolderKey, limit: number): HolderKey[] {
    const { tenant, key, holder } = after;
    return this.#rows<HolderKey & Record<string, SqlStorageValue>>(
      SLOTS_SQL.olderThan,
      tenant,
      key,
      holder,
      time,
      limit,
    );
  }

  get #isAnyHeld(): boolean {
    return this.#rows(SLOTS_SQL.any).length > 0;
  }

  /** How many have a slot, and wait for one, by key; of so many rows of each. */
  counts(tenant: string, rows: number): Map<string, { running: number; waiting: number }> {
    const counts = new Map<string, { running: number; waiting: number }>();
    for (const { key, count } of this.#rows<Counted>(SLOTS_SQL.heldByKey, tenant, rows)) {
      counts.set(key, { running: count, waiting: 0 });
    }
    for (const { key, count } of this.#rows<Counted>(SLOTS_SQL.waitingByKey, tenant, rows)) {
      counts.set(key, { running: counts.get(key)?.running ?? 0, waiting: count });
    }
    return counts;
  }

  #rows<Row extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): Row[] {
    return this.#sql.exec<Row>(query, ...bindings).toArray();
  }
}
