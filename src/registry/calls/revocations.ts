import { BoundedMap } from "../../lib/bounded-map.ts";
import { MAX_CLEARED_KEYS, MAX_LISTED_KEYS, SPENT_CODE_KEPT_MS } from "../../limits.ts";
import type { Caller } from "../api/caller.ts";
import type { AuditEntry, KeyApi, RevokedKey } from "../api/keys.ts";
import type { RegistryContext } from "../context.ts";

const SQL = {
  revoke: "INSERT OR IGNORE INTO revoked_keys (key_id, revoked_at) VALUES (?, ?) RETURNING key_id",
  copy: "INSERT OR IGNORE INTO revoked_keys (key_id, revoked_at) VALUES (?, ?)",
  isRevoked: "SELECT 1 FROM revoked_keys WHERE key_id = ?",
  newest: "SELECT key_id, revoked_at FROM revoked_keys ORDER BY revoked_at DESC, key_id LIMIT ?",
  all: "SELECT key_id, revoked_at FROM revoked_keys",
  forgetCodes: "DELETE FROM spent_codes WHERE spent_at < ?",
  spendCode: "INSERT OR IGNORE INTO spent_codes (grant_id, spent_at) VALUES (?, ?) RETURNING grant_id",
  addShard: "INSERT OR IGNORE INTO key_shards (shard) VALUES (?)",
  shards: "SELECT shard FROM key_shards ORDER BY shard",
} as const;

/** Credentials of the tenant that are no longer served: revoked API keys, and authorization codes that were used. */
export class Revocations implements KeyApi {
  readonly #sql: SqlStorage;
  readonly #context: RegistryContext;
  readonly #endCalls: (keyId: string) => void;
  /** Keys that are known not to be revoked: this object is the only one that could. */
  readonly #cleared = new BoundedMap<string, true>(MAX_CLEARED_KEYS);
  #hasJoined = false;

  /** @param endCalls ends what the key has open */
  constructor(context: RegistryContext, endCalls: (keyId: string) => void) {
    this.#context = context;
    this.#sql = context.storage.sql;
    this.#endCalls = endCalls;
  }

  isRevoked(keyId: string): boolean {
    if (this.#cleared.has(keyId)) return false;
    if (this.#sql.exec(SQL.isRevoked, keyId).toArray().length > 0) return true;
    this.#cleared.set(keyId, true);
    return false;
  }

  /**
   * Before the first key is believed in another object than shard 0: from then on it is told of each revocation, and what
   * was revoked until then it has from there. So a shard that comes later brings no key back, and a revocation makes no
   * object that nobody uses.
   */
  async join(shard: number, admit: () => Promise<RevokedKey[]>): Promise<void> {
    if (this.#hasJoined || shard === 0) return;
    if (!this.#joined().includes(shard)) {
      const revoked = await admit();
      this.#context.store.transact(() => {
        for (const { key_id, revoked_at } of revoked) this.#sql.exec(SQL.copy, key_id, revoked_at);
        this.#sql.exec(SQL.addShard, shard);
      });
      this.#cleared.clear();
    }
    this.#hasJoined = true;
  }

  async revokeKey({ actor }: Caller, keyId: string, now: number): Promise<void> {
    this.#context.store.transact(() => {
      const isNew = this.#sql.exec(SQL.revoke, keyId, now).toArray().length > 0;
      // The other shards are told without a name: what was done is noted once.
      if (isNew && actor !== null) this.#context.store.note({ at: now, action: "key_revoked", actor, subject: keyId });
    });
    this.#cleared.delete(keyId);
    this.#endCalls(keyId);
  }

  async revokedKeys(): Promise<RevokedKey[]> {
    return this.#sql.exec<{ key_id: string; revoked_at: number }>(SQL.newest, MAX_LISTED_KEYS).toArray();
  }

  async keyShards(): Promise<number[]> {
    return this.#joined();
  }

  async admitShard(_caller: Caller, shard: number): Promise<RevokedKey[]> {
    this.#sql.exec(SQL.addShard, shard);
    return this.#sql.exec<{ key_id: string; revoked_at: number }>(SQL.all).toArray();
  }

  async checkKey(): Promise<true> {
    return true;
  }

  async audit(_caller: Caller, before: number, limit: number): Promise<AuditEntry[]> {
    return this.#context.audit.before(before, limit);
  }

  async spendCode(_caller: Caller, grantId: string, now: number): Promise<boolean> {
    this.#sql.exec(SQL.forgetCodes, now - SPENT_CODE_KEPT_MS);
    return this.#sql.exec(SQL.spendCode, grantId, now).toArray().length > 0;
  }

  #joined(): number[] {
    return this.#sql
      .exec<{ shard: number }>(SQL.shards)
      .toArray()
      .map(({ shard }) => shard);
  }
}
