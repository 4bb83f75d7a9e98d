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

/** Whose call it is, by the first argument. */
const BY_TENANT = ["findKey", "status", "wait", "explain", "waitFor", "follow", "cancel", "remove", "readResult"];
const BY_TENANT_TOO = ["retry", "respond", "saveBlueprint", "savedBlueprint", "savedBlueprints"];
const BY_REQUEST = ["submit", "list"];
const BY_NOTHING = ["revokeKey", "revokedKeys", "spendCode"];
const CALLS = [...BY_TENANT, ...BY_TENANT_TOO, ...BY_REQUEST, ...BY_NOTHING];

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;

const isOfThisRelease = ([caller]: unknown[]): boolean => fieldOf(caller, "key_id") !== undefined;

/** What of the arguments is left once it is said who calls. */
const withoutTenant = (name: string, args: unknown[]): unknown[] =>
  BY_REQUEST.includes(name) || BY_NOTHING.includes(name) ? args : args.slice(1);

export class JobRegistry extends RegistryOfThisRelease {
  static {
    for (const name of CALLS) {
      const current: Method = Reflect.get(RegistryOfThisRelease.prototype, name);
      const serve = function (this: JobRegistry, ...args: unknown[]): Promise<unknown> {
        return isOfThisRelease(args) ? current.apply(this, args) : this.#served(name, null, args);
      };
      Object.defineProperty(JobRegistry.prototype, name, { value: serve, configurable: true, writable: true });
    }
  }

  /** How 0.1.0 made every call that a key stood behind. */
  async withKey(keyId: string, name: string, args: unknown[]): Promise<Result<unknown, KeyRefusal>> {
    if (!CALLS.includes(name)) throw new Error("no call of 0.1.0");
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
    return current.apply(this, [caller, ...withoutTenant(name, args)]);
  }

  /** Where the platform does not say the object's name, shard 0: it joins nobody's list of shards. */
  #place([first]: unknown[]): Place {
    const [tenant, shard] = this.ctx.id.name?.split("/") ?? [];
    const asked = typeof first === "string" ? first : fieldOf(first, "tenant");
    return { tenant: tenant ?? String(asked), shard: Number(shard ?? fieldOf(first, "shard") ?? 0) };
  }
}
