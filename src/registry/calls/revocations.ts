import { BoundedMap } from "../../lib/bounded-map.ts";
import { MAX_CLEARED_KEYS } from "../../limits.ts";
import type { Caller } from "../api/caller.ts";
import type { AuditEntry, KeyApi, RevokedKey } from "../api/keys.ts";
import type { RegistryContext } from "../context.ts";
import { RevokedKeys } from "../storage/revoked-keys.ts";

/** Credentials of the tenant that are no longer served: revoked API keys, and authorization codes that were used. */
export class Revocations implements KeyApi {
  readonly #revoked: RevokedKeys;
  readonly #context: RegistryContext;
  readonly #endCalls: (keyId: string) => void;
  /** Keys that are known not to be revoked: this object is the only one that could. */
  readonly #cleared = new BoundedMap<string, true>(MAX_CLEARED_KEYS);
  #hasJoined = false;

  /** @param endCalls ends what the key has open */
  constructor(context: RegistryContext, endCalls: (keyId: string) => void) {
    this.#context = context;
    this.#revoked = new RevokedKeys(context.storage.sql);
    this.#endCalls = endCalls;
  }

  isRevoked(keyId: string): boolean {
    if (this.#cleared.has(keyId)) return false;
    if (this.#revoked.has(keyId)) return true;
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
    if (!this.#revoked.shards().includes(shard)) {
      const revoked = await admit();
      this.#context.store.transact(() => {
        for (const { key_id, revoked_at } of revoked) this.#revoked.add(key_id, revoked_at);
        this.#revoked.addShard(shard);
      });
      this.#cleared.clear();
    }
    this.#hasJoined = true;
  }

  async revokeKey({ actor }: Caller, keyId: string, now: number): Promise<void> {
    this.#context.store.transact(() => {
      const isNew = this.#revoked.add(keyId, now);
      // The other shards are told without a name: what was done is noted once.
      if (isNew && actor !== null) this.#context.store.note({ at: now, action: "key_revoked", actor, subject: keyId });
    });
    this.#cleared.delete(keyId);
    this.#endCalls(keyId);
  }

  async revokedKeys(): Promise<RevokedKey[]> {
    return this.#revoked.newest();
  }

  async keyShards(): Promise<number[]> {
    return this.#revoked.shards();
  }

  async admitShard(_caller: Caller, shard: number): Promise<RevokedKey[]> {
    this.#revoked.addShard(shard);
    return this.#revoked.all();
  }

  async checkKey(): Promise<true> {
    return true;
  }

  async audit(_caller: Caller, before: number, limit: number): Promise<AuditEntry[]> {
    return this.#context.audit.before(before, limit);
  }

  async spendCode(_caller: Caller, grantId: string, now: number): Promise<boolean> {
    return this.#revoked.spendCode(grantId, now);
  }
}
