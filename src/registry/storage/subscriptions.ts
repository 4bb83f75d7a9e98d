import type { EventFilter } from "../../events/event-filter.ts";
import { MAX_KEPT_ATTEMPTS } from "../../limits.ts";
import type { Attempt, NumberedAttempt, SubscriptionState } from "../api/subscription-calls.ts";

/** One of a subscription's secrets. `until`: epoch ms; null: as long as there is no other. */
export interface SealedSecret {
  sealed: string;
  until: number | null;
}

export interface Subscription extends SubscriptionState {
  subscription_id: string;
  key_id: string | null;
  url: string;
  name: string;
  filter: EventFilter;
  secrets: SealedSecret[];
  tries: number;
  attempts: number;
  due_at: number;
}

const COLUMNS = [
  ...["subscription_id", "key_id", "url", "name", "filter_json", "secrets_json", "positions_json", "status"],
  ...["tries", "attempts", "expires_at", "due_at", "last_delivery_at", "last_error", "failed_since"],
].join(", ");

const ATTEMPT = "event_id, shard, position, at, outcome, http_status, error, replay";

export const SUBSCRIPTIONS_SQL = {
  find: `SELECT ${COLUMNS} FROM subscriptions WHERE subscription_id = ?`,
  put: `INSERT OR REPLACE INTO subscriptions (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  due: "SELECT subscription_id FROM subscriptions WHERE due_at <= ? ORDER BY due_at LIMIT ?",
  firstDue: "SELECT due_at FROM subscriptions ORDER BY due_at LIMIT 1",
  live: "SELECT subscription_id FROM subscriptions WHERE status <> 'ended'",
  delete: "DELETE FROM subscriptions WHERE subscription_id = ?",
  note: `INSERT INTO delivery_attempts (subscription_id, number, ${ATTEMPT})
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  attempts: `SELECT number, ${ATTEMPT} FROM delivery_attempts
    WHERE subscription_id = ? AND number < ? ORDER BY number DESC LIMIT ?`,
  held: "SELECT subscription_id FROM subscriptions WHERE status <> 'ended' AND subscription_id > ? ORDER BY subscription_id LIMIT ?",
  forget: "DELETE FROM delivery_attempts WHERE subscription_id = ? AND number <= ?",
  addSubscriber: "INSERT OR IGNORE INTO event_subscribers (shard) VALUES (?)",
  dropSubscriber: "DELETE FROM event_subscribers WHERE shard = ?",
  countSealedUnder: `SELECT count(*) AS secrets FROM subscriptions, json_each(secrets_json)
    WHERE instr(json_extract(value, '$.sealed'), ?) = 1`,
  subscribers: "SELECT shard FROM event_subscribers ORDER BY shard",
} as const;

type Row = Record<string, SqlStorageValue>;

/** Who wants events sent. Calls that write are made inside a transaction. */
export class Subscriptions {
  readonly #sql: SqlStorage;
  /** How often a shard said that it listens, since this object began. */
  #said = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get said(): number {
    return this.#said;
  }

  find(subscriptionId: string): Subscription | undefined {
    const [row] = this.#rows<Row>(SUBSCRIPTIONS_SQL.find, subscriptionId);
    if (row === undefined) return undefined;
    const { filter_json, secrets_json, positions_json, ...fields } = row;
    return {
      ...(fields as unknown as Subscription),
      filter: JSON.parse(String(filter_json)),
      secrets: JSON.parse(String(secrets_json)),
      positions: JSON.parse(String(positions_json)),
    };
  }

  put(each: Subscription): void {
    const { subscription_id, key_id, url, name, status, tries, attempts, expires_at, due_at } = each;
    const { last_delivery_at, last_error, failed_since } = each;
    const json = [each.filter, each.secrets, each.positions].map((value) => JSON.stringify(value));
    this.#sql.exec(
      SUBSCRIPTIONS_SQL.put,
      ...[subscription_id, key_id, url, name, ...json, status, tries, attempts, expires_at, due_at],
      ...[last_delivery_at, last_error, failed_since],
    );
  }

  /** Those to be looked at. */
  due(now: number, limit: number): string[] {
    return this.#ids(SUBSCRIPTIONS_SQL.due, now, limit);
  }

  firstDue(): number | undefined {
    return this.#rows<{ due_at: number }>(SUBSCRIPTIONS_SQL.firstDue)[0]?.due_at;
  }

  live(): string[] {
    return this.#ids(SUBSCRIPTIONS_SQL.live);
  }

  delete(subscriptionId: string): void {
    this.#sql.exec(SUBSCRIPTIONS_SQL.delete, subscriptionId);
    this.#sql.exec(SUBSCRIPTIONS_SQL.forget, subscriptionId, Number.MAX_SAFE_INTEGER);
  }

  /** @param number of the attempt, counted from 1 */
  note(subscriptionId: string, number: number, attempt: Attempt): void {
    const { event_id, shard, position, at, outcome, http_status, error, replay } = attempt;
    const fields = [event_id, shard, position, at, outcome, http_status, error, replay ? 1 : 0];
    this.#sql.exec(SUBSCRIPTIONS_SQL.note, subscriptionId, number, ...fields);
    if (number > MAX_KEPT_ATTEMPTS) {
      this.#sql.exec(SUBSCRIPTIONS_SQL.forget, subscriptionId, number - MAX_KEPT_ATTEMPTS);
    }
  }

  /** Secrets under the key of this name. */
  countSealedUnder(keyName: string): number {
    return this.#rows<{ secrets: number }>(SUBSCRIPTIONS_SQL.countSealedUnder, `${keyName}.`)[0]?.secrets ?? 0;
  }

  /** The newest first, below `before`. */
  attempts(subscriptionId: string, before: number, limit: number): NumberedAttempt[] {
    return this.#rows<Row>(SUBSCRIPTIONS_SQL.attempts, subscriptionId, before, limit).map(
      (row) => ({ ...row, replay: row.replay === 1 }) as NumberedAttempt,
    );
  }

  /** Those that have not ended, above `after`, by id. */
  held(after: string, limit: number): Subscription[] {
    return this.#ids(SUBSCRIPTIONS_SQL.held, after, limit).flatMap((id) => this.find(id) ?? []);
  }

  addSubscriber(shard: number): void {
    this.#said += 1;
    this.#sql.exec(SUBSCRIPTIONS_SQL.addSubscriber, shard);
  }

  dropSubscriber(shard: number): void {
    this.#sql.exec(SUBSCRIPTIONS_SQL.dropSubscriber, shard);
  }

  subscribers(): number[] {
    return this.#rows<{ shard: number }>(SUBSCRIPTIONS_SQL.subscribers).map(({ shard }) => shard);
  }

  #ids(query: string, ...bindings: SqlStorageValue[]): string[] {
    return this.#rows<{ subscription_id: string }>(query, ...bindings).map(({ subscription_id }) => subscription_id);
  }

  #rows<T extends Row>(query: string, ...bindings: SqlStorageValue[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }
}
