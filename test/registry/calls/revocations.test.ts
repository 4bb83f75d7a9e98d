import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_CLEARED_KEYS } from "../../../src/limits.ts";
import { askAs } from "../../../src/registry/api/client.ts";
import { KeyRevoked } from "../../../src/registry/api/keys.ts";
import { aListQuery, aRequest, CALLER, inRegistry } from "../bench.ts";

const KEY = "key_0123456789abcdef01234567";
const OTHER = "key_ffffffffffffffffffffffff";
const NOW = Date.UTC(2040, 0, 1);

/** A tenant of its own for each test. */
function aTenant() {
  const tenant = `t-${crypto.randomUUID()}`;
  /** One call with this key to shard 0. */
  const as = (key_id: string | null) => {
    const ask = askAs(env.JOB_REGISTRY, { tenant, key_id, actor: key_id });
    return <T>(call: Parameters<typeof ask<T>>[1]) => ask(0, call);
  };
  return { as };
}

describe("a key", () => {
  it("is served until it is revoked, and from the next call on no more", async () => {
    const { as } = aTenant();
    const submitted = await as(KEY)((registry, caller) => registry.submit(caller, aRequest({ run_at: NOW })));
    if (!submitted.ok) throw new Error("was not accepted");
    const { id } = submitted.value;
    await as(OTHER)((registry, caller) => registry.revokeKey(caller, KEY, NOW));
    const calls = [
      () => as(KEY)((registry, caller) => registry.submit(caller, aRequest({ run_at: NOW }))),
      () => as(KEY)((registry, caller) => registry.status(caller, id, { steps: false, events: false })),
      () => as(KEY)((registry, caller) => registry.list(caller, aListQuery())),
      () => as(KEY)((registry, caller) => registry.cancel(caller, id, null)),
      () => as(KEY)((registry, caller) => registry.revokedKeys(caller)),
      () => as(KEY)((registry, caller) => registry.revokeKey(caller, OTHER, NOW)),
    ];
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(KeyRevoked);
    const { jobs } = await as(OTHER)((registry, caller) => registry.list(caller, aListQuery()));
    expect(jobs.map((job) => [job.id, job.status])).toEqual([[id, "queued"]]);
  });

  it("that is revoked ends its waits, also those that are open, and no other's", async () => {
    const { as } = aTenant();
    const submitted = await as(KEY)((registry, caller) => registry.submit(caller, aRequest({ run_at: NOW })));
    if (!submitted.ok) throw new Error("was not accepted");
    const { id } = submitted.value;
    const started = Date.now();
    const lost = Promise.allSettled([
      as(KEY)((registry, caller) => registry.wait(caller, id, 20_000)),
      as(KEY)((registry, caller) => registry.waitFor(caller, [id], "all", 20_000)),
    ]);
    const kept = as(OTHER)((registry, caller) => registry.waitFor(caller, [id], "all", 2_000));
    await as(OTHER)((registry, caller) => registry.checkKey(caller));
    await as(OTHER)((registry, caller) => registry.revokeKey(caller, KEY, NOW));
    for (const outcome of await lost) {
      expect(outcome.status === "rejected" && outcome.reason).toBeInstanceOf(KeyRevoked);
    }
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await kept).toMatchObject({ ok: true, value: { timed_out: true } });
  });

  it("of another tenant with the same id is not touched", async () => {
    const [one, two] = [aTenant(), aTenant()];
    await one.as(null)((registry, caller) => registry.revokeKey(caller, KEY, NOW));
    expect(await two.as(KEY)((registry, caller) => registry.revokedKeys(caller))).toEqual([]);
  });

  it("that was revoked twice keeps the first moment", async () => {
    const { as } = aTenant();
    await as(null)((registry, caller) => registry.revokeKey(caller, KEY, NOW));
    await as(null)((registry, caller) => registry.revokeKey(caller, KEY, NOW + 1));
    await as(null)((registry, caller) => registry.revokeKey(caller, OTHER, NOW + 2));
    expect(await as(null)((registry, caller) => registry.revokedKeys(caller))).toEqual([
      { key_id: OTHER, revoked_at: NOW + 2 },
      { key_id: KEY, revoked_at: NOW },
    ]);
  });

  it("is looked at whatever is remembered of the keys before it", () =>
    inRegistry(async (bench) => {
      const { keys } = await bench.reopen();
      const all = Array.from({ length: MAX_CLEARED_KEYS + 1 }, (_, i) => `key_${i}`);
      const first = all[0] ?? "";
      for (const key of all) expect(keys.isRevoked(key)).toBe(false);
      await keys.revokeKey(CALLER, first, NOW);
      expect(all.filter((key) => keys.isRevoked(key))).toEqual([first]);
    }));
});

describe("a shard that checks keys", () => {
  function shardsOf() {
    const tenant = `t-${crypto.randomUUID()}`;
    const as = (key_id: string | null, shard: number) => {
      const ask = askAs(env.JOB_REGISTRY, { tenant, key_id, actor: key_id });
      return <T>(call: Parameters<typeof ask<T>>[1]) => ask(shard, call);
    };
    return { as };
  }

  it("joins with its first key, and then knows what was revoked before it was there", async () => {
    const { as } = shardsOf();
    await as(null, 0)((registry, caller) => registry.revokeKey(caller, KEY, NOW));
    expect(await as(null, 0)((registry, caller) => registry.keyShards(caller))).toEqual([]);
    await expect(as(KEY, 7)((registry, caller) => registry.checkKey(caller))).rejects.toBeInstanceOf(KeyRevoked);
    expect(await as(OTHER, 7)((registry, caller) => registry.checkKey(caller))).toBe(true);
    expect(await as(OTHER, 0)((registry, caller) => registry.checkKey(caller))).toBe(true);
    expect(await as(null, 0)((registry, caller) => registry.keyShards(caller))).toEqual([7]);
  });

  it("is told of what is revoked later, and a revoked key that it had seen is good nowhere", async () => {
    const { as } = shardsOf();
    for (const shard of [0, 1, 5])
      expect(await as(KEY, shard)((registry, caller) => registry.checkKey(caller))).toBe(true);
    const told = await as(null, 0)((registry, caller) => registry.keyShards(caller));
    expect(told).toEqual([1, 5]);
    for (const shard of [...told, 0]) await as(null, shard)((registry, caller) => registry.revokeKey(caller, KEY, NOW));
    for (const shard of [0, 1, 5, 9, 63])
      await expect(as(KEY, shard)((registry, caller) => registry.checkKey(caller))).rejects.toBeInstanceOf(KeyRevoked);
  });

  it("does not believe a key that it could not ask shard 0 about", () =>
    inRegistry(async (bench) => {
      const { keys } = await bench.reopen();
      const gone = () => Promise.reject(new Error("shard 0 is away"));
      await expect(keys.join(3, gone)).rejects.toThrow("away");
      const home = async () => [{ key_id: KEY, revoked_at: NOW }];
      await keys.join(3, home);
      expect([keys.isRevoked(KEY), keys.isRevoked(OTHER)]).toEqual([true, false]);
      // Once, also of a later life.
      await (await bench.reopen()).keys.join(3, gone);
    }));
});
