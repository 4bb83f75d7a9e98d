import type { Result } from "../lib/result.ts";
import type { Caller } from "./api/caller.ts";
import type { KeyRefusal } from "./api/keys.ts";
import { JobRegistry as RegistryOfThisRelease } from "./job-registry.ts";

/**
 * The calls as Workers of 0.1.0 make them: without a Caller, with a key only through `withKey`. Such Workers may serve
 * beside this release while it rolls out. This file goes with the release after it, and `index.ts` then exports
 * `job-registry.ts` itself.
 */

type Method = (...args: unknown[]) => Promise<Result<unknown, KeyRefusal>>;
type Place = Pick<Caller, "tenant" | "shard">;

/** The calls of 0.1.0, by what of their arguments says the tenant: the first one, a field of it, or none. */
const CALLS: ReadonlyMap<string, "first" | "field" | "none"> = new Map([
  ...["findKey", "status", "wait", "explain", "waitFor", "follow", "cancel", "remove"].map(
    (name) => [name, "first"] as const,
  ),
  ...["readResult", "retry", "respond"].map((name) => [name, "first"] as const),
  ...["saveBlueprint", "savedBlueprint", "savedBlueprints"].map((name) => [name, "first"] as const),
  ...["submit", "list"].map((name) => [name, "field"] as const),
  ...["revokeKey", "revokedKeys", "spendCode"].map((name) => [name, "none"] as const),
]);

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;

const isOfThisRelease = ([caller]: unknown[]): boolean => fieldOf(caller, "key_id") !== undefined;

export class JobRegistry extends RegistryOfThisRelease {
  static {
    for (const name of CALLS.keys()) {
      const current: Method = Reflect.get(RegistryOfThisRelease.prototype, name);
      const serve = function (this: JobRegistry, ...args: unknown[]): Promise<unknown> {
        return isOfThisRelease(args) ? current.apply(this, args) : this.#served(name, null, args);
      };
      Object.defineProperty(JobRegistry.prototype, name, { value: serve, configurable: true, writable: true });
    }
  }

  /** How 0.1.0 made every call that a key stood behind. */
  async withKey(keyId: string, name: string, args: unknown[]): Promise<Result<unknown, KeyRefusal>> {
    if (!CALLS.has(name)) throw new Error("no call of 0.1.0");
    return this.#call(name, keyId, args);
  }

  async #served(name: string, keyId: string | null, args: unknown[]): Promise<unknown> {
    const reply = await this.#call(name, keyId, args);
    if (!reply.ok) throw new Error(reply.error);
    return reply.value;
  }

  #call(name: string, keyId: string | null, args: unknown[]): Promise<Result<unknown, KeyRefusal>> {
    const current: Method = Reflect.get(RegistryOfThisRelease.prototype, name);
    const caller: Caller = { ...this.#place(args), key_id: keyId, actor: null };
    return current.apply(this, [caller, ...(CALLS.get(name) === "first" ? args.slice(1) : args)]);
  }

  /** Where the platform does not say the object's name, shard 0: it joins nobody's list of shards. */
  #place([first]: unknown[]): Place {
    const [tenant, shard] = this.ctx.id.name?.split("/") ?? [];
    const asked = typeof first === "string" ? first : fieldOf(first, "tenant");
    return { tenant: tenant ?? String(asked), shard: Number(shard ?? fieldOf(first, "shard") ?? 0) };
  }
}
