import type { Result } from "../../lib/result.ts";
import { type CallerApi, type RegistryApi, registryOf } from "./caller.ts";

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
export type KeyRefusal = "revoked" | "too_many_waits";

/** For the routes outside /mcp. */
export interface KeyApi {
  /** Idempotent: the first moment stays. `by`: who revokes it, said to shard 0 only, which notes it. */
  revokeKey(keyId: string, now: number, by?: string | null): Promise<void>;
  /** In shard 0 only: the other shards that check keys. */
  keyShards(): Promise<number[]>;
  /** In shard 0 only: notes the shard, and names every revoked key. */
  admitShard(shard: number): Promise<RevokedKey[]>;
  /** Answers when the caller's key is good: for what asks the registry nothing else. */
  checkKey(): Promise<true>;
  /** What was done in this object before that moment, the newest first. */
  audit(before: number, limit: number): Promise<AuditEntry[]>;
  /** The newest first. */
  revokedKeys(): Promise<RevokedKey[]>;
  /** In shard 0 only. @returns whether the authorization code of this OAuth grant is spent now, for the first time */
  spendCode(grantId: string, now: number): Promise<boolean>;
}

/** All that a caller may ask of the registry. */
export type Caller = CallerApi & KeyApi;

const METHODS = {
  submit: true,
  findKey: true,
  status: true,
  wait: true,
  list: true,
  explain: true,
  waitFor: true,
  follow: true,
  cancel: true,
  remove: true,
  lastState: true,
  readResult: true,
  retry: true,
  respond: true,
  saveBlueprint: true,
  deleteBlueprint: true,
  savedBlueprint: true,
  savedBlueprints: true,
  revokeKey: true,
  revokedKeys: true,
  keyShards: true,
  admitShard: true,
  checkKey: true,
  audit: true,
  spendCode: true,
} satisfies Record<keyof Caller, true>;
export type CallerMethod = keyof typeof METHODS;

const isMethod = (name: string | symbol): name is CallerMethod => Object.hasOwn(METHODS, name);

export interface GuardedApi extends KeyApi {
  /** Calls one method of {@link Caller}, unless the key was revoked: the check costs no call of its own. */
  withKey(
    keyId: string,
    method: CallerMethod,
    args: unknown[],
    place?: { tenant: string; shard: number },
  ): Promise<Result<unknown, KeyRefusal>>;
}

/** Thrown, although it is expected: every call may meet it, and only the edge has an answer. */
export class KeyRevoked extends Error {}
/** The same of too many open waits. */
export class TooManyWaits extends Error {}

/** What the registry has said of the key of one request, in whichever of its calls. */
export class KeyWatch {
  verdict: "unknown" | "good" | "revoked" = "unknown";
}

/**
 * The object of one shard, for a caller. Get a new one for each try.
 * @param keyId null: this machine, which needs no key
 * @param watch is told what the object says of the key
 * @throws KeyRevoked from every method, once the key was revoked; TooManyWaits from waits
 */
export function callerRegistry(
  namespace: DurableObjectNamespace,
  { tenant, key_id: keyId }: { tenant: string; key_id: string | null },
  shard: number,
  watch = new KeyWatch(),
): Caller {
  const registry = registryOf(namespace, tenant, shard) as RegistryApi & GuardedApi;
  if (keyId === null) return registry;
  const call = async (method: CallerMethod, args: unknown[]): Promise<unknown> => {
    const reply = await registry.withKey(keyId, method, args, { tenant, shard });
    watch.verdict = !reply.ok && reply.error === "revoked" ? "revoked" : "good";
    if (!reply.ok) throw reply.error === "revoked" ? new KeyRevoked() : new TooManyWaits();
    return reply.value;
  };
  // One of these is made for each request, which calls one of its methods.
  return new Proxy({} as Caller, {
    get: (_target, name) => (isMethod(name) ? (...args: unknown[]) => call(name, args) : undefined),
  });
}
