import { ok } from "../../src/lib/result.ts";
import type { CallerApi } from "../../src/registry/api/caller.ts";
import type { Ask, GuardedApi } from "../../src/registry/api/client.ts";
import type { KeyApi } from "../../src/registry/api/keys.ts";

/** Calls of an object in memory as they cross to a real one, which looks at the caller first: here anyone may. */
const guarded = (api: Partial<CallerApi & KeyApi>): GuardedApi =>
  new Proxy({} as GuardedApi, {
    get:
      (_target, name) =>
      async (...args: unknown[]) =>
        ok(await Reflect.apply(Reflect.get(api, name), api, args)),
  });

/** Asks objects in memory, one a shard. */
export const askOf =
  (registry: (shard: number) => Partial<CallerApi & KeyApi>, tenant = "local"): Ask =>
  async (shard, call) => {
    const reply = await call(guarded(registry(shard)), { tenant, shard, key_id: null, actor: null });
    if (!reply.ok) throw new Error(reply.error);
    return reply.value;
  };
