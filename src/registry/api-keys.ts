import type { Result } from "../jobs/result.ts";
import { type CallerApi, type RegistryApi, registryOf } from "./api.ts";

/** What the registry knows of API keys: which ones were revoked. Each object of a tenant knows them all. */

export interface RevokedKey {
  key_id: string;
  /** Epoch ms. */
  revoked_at: number;
}

/** For the routes outside /mcp. */
export interface KeyApi {
  /** Idempotent: the first moment stays. */
  revokeKey(keyId: string, now: number): Promise<void>;
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
  savedBlueprint: true,
  savedBlueprints: true,
  revokeKey: true,
  revokedKeys: true,
  spendCode: true,
} satisfies Record<keyof Caller, true>;
export type CallerMethod = keyof typeof METHODS;

const isMethod = (name: string | symbol): name is CallerMethod => Object.hasOwn(METHODS, name);

export interface GuardedApi extends KeyApi {
  /** Calls one method of {@link Caller}, unless the key was revoked: the check costs no call of its own. */
  withKey(keyId: string, method: CallerMethod, args: unknown[]): Promise<Result<unknown, "revoked">>;
}

/** Thrown, although it is expected: every call may meet it, and only the edge has an answer. */
export class KeyRevoked extends Error {}

/**
 * The object of one shard, for a caller. Get a new one for each try.
 * @param keyId null: this machine, which needs no key
 * @throws KeyRevoked from every method, once the key was revoked
 */
export function callerRegistry(
  namespace: DurableObjectNamespace,
  { tenant, key_id: keyId }: { tenant: string; key_id: string | null },
  shard: number,
): Caller {
  const registry = registryOf(namespace, tenant, shard) as RegistryApi & GuardedApi;
  if (keyId === null) return registry;
  const call = async (method: CallerMethod, args: unknown[]): Promise<unknown> => {
    const reply = await registry.withKey(keyId, method, args);
    if (!reply.ok) throw new KeyRevoked(reply.error);
    return reply.value;
  };
  // One of these is made for each request, which calls one of its methods.
  return new Proxy({} as Caller, {
    get: (_target, name) => (isMethod(name) ? (...args: unknown[]) => call(name, args) : undefined),
  });
}
