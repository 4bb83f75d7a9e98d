import { err, ok, type Result } from "../lib/result.ts";
import type { Caller } from "./api/caller.ts";
import { askAsServer } from "./api/client.ts";
import type { KeyRefusal } from "./api/keys.ts";
import type { Registry } from "./open-registry.ts";
import { entered, RunnerEntry } from "./runner-entry.ts";

/** How callers come in. Fields of the instance, not methods: nobody reaches them over RPC. */
export class CallerEntry extends RunnerEntry {
  /** The one place where a caller comes in. */
  readonly #admit = async ({ tenant, shard, key_id }: Caller): Promise<Result<Registry, KeyRefusal>> => {
    const { name } = this.ctx.id;
    if (name !== undefined && name !== `${tenant}/${shard}`)
      throw new Error(`${tenant}/${shard} was asked of another object`);
    const registry = await entered(this.registry);
    const { revocations, introduction } = registry;
    const askHome = askAsServer(this.env.JOB_REGISTRY, tenant);
    await introduction.introduce(shard, (after) => askHome(0, (home, server) => home.listening(server, after)));
    if (key_id === null) return ok(registry);
    await revocations.join(shard, () => askHome(0, (home, server) => home.admitShard(server, shard)));
    return revocations.isRevoked(key_id) ? err("revoked") : ok(registry);
  };

  protected readonly serve = async <T>(
    caller: Caller,
    call: (registry: Registry) => Promise<T>,
  ): Promise<Result<T, KeyRefusal>> => {
    const admitted = await this.#admit(caller);
    return admitted.ok ? ok(await call(admitted.value)) : admitted;
  };

  /** The same of a call that waits: it ends when its caller has gone or its key is revoked, and when many wait. */
  protected readonly serveWait = async <T>(
    caller: Caller,
    released: (() => Promise<void>) | undefined,
    call: (registry: Registry, over: AbortSignal) => Promise<T>,
  ): Promise<Result<T, KeyRefusal>> => {
    const admitted = await this.#admit(caller);
    if (!admitted.ok) return admitted;
    const { openWaits } = admitted.value;
    return openWaits.hold(caller.key_id, released, (over) => call(admitted.value, over));
  };
}
