import type { Caller } from "./caller.ts";

/** What the registry knows of API keys: which ones were revoked. Each object of a tenant knows them all. */

export interface RevokedKey {
  key_id: string;
  /** Epoch ms. */
  revoked_at: number;
}

/** Something that was done. `at` is epoch ms; `subject` is a key, blueprint or job. */
export type AuditEntry = {
  at: number;
  action: string;
  /** As auth/principal.ts names callers; null: this machine. */
  actor: string | null;
  subject: string;
};

/** Why the object did not serve a key. */
export type KeyRefusal = "revoked";

/** For the routes outside /mcp. */
export interface KeyApi {
  /** Idempotent: the first moment stays. The actor is said to shard 0 only, which notes it. */
  revokeKey(caller: Caller, keyId: string, now: number): Promise<void>;
  /** In shard 0 only: the other shards that check keys. */
  keyShards(caller: Caller): Promise<number[]>;
  /** In shard 0 only: notes the shard, and names every revoked key. */
  admitShard(caller: Caller, shard: number): Promise<RevokedKey[]>;
  /** Answers when the caller's key is good: for what asks the registry nothing else. */
  checkKey(caller: Caller): Promise<true>;
  /** What was done in this object before that moment, the newest first. */
  audit(caller: Caller, before: number, limit: number): Promise<AuditEntry[]>;
  /** The newest first. */
  revokedKeys(caller: Caller): Promise<RevokedKey[]>;
  /** In shard 0 only. @returns whether the authorization code of this OAuth grant is spent now, for the first time */
  spendCode(caller: Caller, grantId: string, now: number): Promise<boolean>;
}

/** Thrown, although it is expected: every call may meet it, and only the edge has an answer. */
export class KeyRevoked extends Error {}

/** What the registry has said of the key of one request, in whichever of its calls. */
export class KeyWatch {
  verdict: "unknown" | "good" | "revoked" = "unknown";
}
