import type { Result } from "../../lib/result.ts";
import type { BatchApi, BulkApi } from "./batch-calls.ts";
import type { Caller, CallerApi, LinkApi } from "./caller.ts";
import type { EventsApi } from "./event-calls.ts";
import { type KeyApi, type KeyRefusal, KeyRevoked, KeyWatch } from "./keys.ts";
import type { LimitsApi } from "./limit-calls.ts";
import type { RunnerApi } from "./runner.ts";
import type { StatisticsApi } from "./statistics-calls.ts";
import type { SecretsApi } from "./store-calls.ts";
import type { SubscriptionsApi } from "./subscription-calls.ts";
import type { TriggerApi } from "./trigger-calls.ts";
import type { WorkerApi } from "./worker-api.ts";

/** How others ask a registry. */

/** The calls as they cross to the object: it first looks whether it may serve the caller. */
type Guarded<Api> = {
  [Call in keyof Api]: Api[Call] extends (...args: infer Args) => Promise<infer Reply>
    ? (...args: Args) => Promise<Result<Reply, KeyRefusal>>
    : never;
};
export type GuardedApi = Guarded<
  CallerApi &
    KeyApi &
    EventsApi &
    SubscriptionsApi &
    WorkerApi &
    TriggerApi &
    BatchApi &
    BulkApi &
    StatisticsApi &
    SecretsApi &
    LinkApi
>;
export type RegistryApi = GuardedApi & RunnerApi & LimitsApi;

/** The object that owns the tenant's jobs of this shard. A stub is broken after an exception: get a new one per try. */
export function registryOf(namespace: DurableObjectNamespace, tenant: string, shard: number): RegistryApi {
  // The generated RPC types cannot express recursive JSON; JobRegistry implements RegistryApi, which its class declares.
  return namespace.getByName(`${tenant}/${shard}`) as unknown as RegistryApi;
}

/**
 * One call to the object of one shard, on behalf of one caller. Each call is made to a new stub.
 * @throws KeyRevoked once the caller's key was revoked
 */
export type Ask = <T>(
  shard: number,
  call: (registry: GuardedApi, caller: Caller) => Promise<Result<T, KeyRefusal>>,
) => Promise<T>;

/** @param watch is told what the object says of the key */
export function askAs(
  namespace: DurableObjectNamespace,
  asker: Omit<Caller, "shard">,
  watch: KeyWatch = new KeyWatch(),
): Ask {
  const { tenant, key_id, actor } = asker;
  return async (shard, call) => {
    const reply = await call(registryOf(namespace, tenant, shard), { tenant, shard, key_id, actor });
    watch.verdict = reply.ok ? "good" : reply.error;
    if (reply.ok) return reply.value;
    throw new KeyRevoked();
  };
}

/** This server itself, which needs no key. */
export const askAsServer = (namespace: DurableObjectNamespace, tenant: string): Ask =>
  askAs(namespace, { tenant, key_id: null, actor: null });
