import { MAX_LISTED_KEYS, SPENT_CODE_KEPT_MS } from "../../limits.ts";
import type { RevokedKey } from "../api/keys.ts";

const SQL = {
  add: "INSERT OR IGNORE INTO revoked_keys (key_id, revoked_at) VALUES (?, ?) RETURNING key_id",
  has: "SELECT 1 FROM revoked_keys WHERE key_id = ?",
  newest: "SELECT key_id, revoked_at FROM revoked_keys ORDER BY revoked_at DESC, key_id LIMIT ?",
  all: "SELECT key_id, revoked_at FROM revoked_keys",
  forgetCodes: "DELETE FROM spent_codes WHERE spent_at < ?",
  spendCode: "INSERT OR IGNORE INTO spent_codes (grant_id, spent_at) VALUES (?, ?) RETURNING grant_id",
  addShard: "INSERT OR IGNORE INTO key_shards (shard) VALUES (?)",
  shards: "SELECT shard FROM key_shards ORDER BY shard",
} as const;

/** API keys that were revoked, authorization codes that were used, and the shards that must know of both. */
export class RevokedKeys {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  has(keyId: string): boolean {
    return this.#sql.exec(SQL.has, keyId).toArray().length > 0;
  }

  /** @returns whether it was not revoked before: the first moment stays */
  add(keyId: string, revokedAt: number): boolean {
    return this.#sql.exec(SQL.add, keyId, revokedAt).toArray().length > 0;
  }

  newest(): RevokedKey[] {
    return this.#sql.exec<{ key_id: string; revoked_at: number }>(SQL.newest, MAX_LISTED_KEYS).toArray();
  }

  all(): RevokedKey[] {
    return this.#sql.exec<{ key_id: string; revoked_at: number }>(SQL.all).toArray();
  }

  /** @returns whether the authorization code of this grant is spent now, for the first time */
  spendCode(grantId: string, now: number): boolean {
    this.#sql.exec(SQL.forgetCodes, now - SPENT_CODE_KEPT_MS);
    return this.#sql.exec(SQL.spendCode, grantId, now).toArray().length > 0;
  }

  addShard(shard: number): void {
    this.#sql.exec(SQL.addShard, shard);
  }

  shards(): number[] {
    return this.#sql
      .exec<{ shard: number }>(SQL.shards)
      .toArray()
      .map(({ shard }) => shard);
  }
}
