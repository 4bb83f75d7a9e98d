import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_CLEARED_KEYS, MAX_WAITS_PER_KEY } from "../../../src/limits.ts";
import { callerRegistry, KeyRevoked } from "../../../src/registry/api/keys.ts";
import { aListQuery, aRequest, inRegistry } from "../bench.ts";

const KEY = "key_0123456789abcdef01234567";
const OTHER = "key_ffffffffffffffffffffffff";
const NOW = Date.UTC(2040, 0, 1);

/** A tenant of its own for each test. */
function aTenant() {
  const tenant = `t-${crypto.randomUUID()}`;
  const as = (keyId: string | null) => callerRegistry(env.JOB_REGISTRY, { tenant, key_id: keyId }, 0);
  return { tenant, as };
}

describe("a key", () => {
  it("is served until it is revoked, and from the next call on no more", async () => {
    const { tenant, as } = aTenant();
    const submitted = await as(KEY).submit(aRequest({ tenant, run_at: NOW }));
    if (!submitted.ok) throw new Error("was not accepted");
    const { id } = submitted.value;
    await as(OTHER).revokeKey(KEY, NOW);
    const calls = [
      () => as(KEY).submit(aRequest({ tenant, run_at: NOW })),
      () => as(KEY).status(tenant, id, { steps: false, events: false }),
      () => as(KEY).list(aListQuery({ tenant })),
      () => as(KEY).cancel(tenant, id, null),
      () => as(KEY).revokedKeys(),
      () => as(KEY).revokeKey(OTHER, NOW),
    ];
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(KeyRevoked);
    const { jobs } = await as(OTHER).list(aListQuery({ tenant }));
    expect(jobs.map((job) => [job.id, job.status])).toEqual([[id, "queued"]]);
  });

  it("that is revoked ends its waits, also those that are open, and no other's", async () => {
    const { tenant, as } = aTenant();
    const submitted = await as(KEY).submit(aRequest({ tenant, run_at: NOW }));
    if (!submitted.ok) throw new Error("was not accepted");
    const { id } = submitted.value;
    const started = Date.now();
    const lost = Promise.allSettled([as(KEY).wait(tenant, id, 20_000), as(KEY).waitFor(tenant, [id], "all", 20_000)]);
    const kept = as(OTHER).waitFor(tenant, [id], "all", 2_000);
    await as(OTHER).checkKey();
    await as(OTHER).revokeKey(KEY, NOW);
    for (const outcome of await lost) {
      expect(outcome.status === "rejected" && outcome.reason).toBeInstanceOf(KeyRevoked);
    }
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await kept).toMatchObject({ ok: true, value: { timed_out: true } });
  });

  it("has at most 100 open waits in one object; another key is not in the way", () =>
    inRegistry(async (bench) => {
      const { keys } = await bench.reopen();
      const over = Promise.withResolvers<string>();
      const wait = (key: string) => keys.whileGood(key, () => over.promise);
      const open = Array.from({ length: MAX_WAITS_PER_KEY }, () => wait(KEY));
      expect(await wait(KEY)).toEqual({ ok: false, error: "too_many_waits" });
      const other = wait(OTHER);
      over.resolve("over");
      expect(new Set((await Promise.all([...open, other])).map((reply) => reply.ok))).toEqual(new Set([true]));
      expect(await wait(KEY)).toEqual({ ok: true, value: "over" });
    }));

  it("of another tenant with the same id is not touched", async () => {
    const [one, two] = [aTenant(), aTenant()];
    await one.as(null).revokeKey(KEY, NOW);
    expect(await two.as(KEY).revokedKeys()).toEqual([]);
  });

  it("that was revoked twice keeps the first moment", async () => {
    const { as } = aTenant();
    await as(null).revokeKey(KEY, NOW);
    await as(null).revokeKey(KEY, NOW + 1);
    await as(null).revokeKey(OTHER, NOW + 2);
    expect(await as(null).revokedKeys()).toEqual([
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
      await keys.revokeKey(first, NOW);
      expect(all.filter((key) => keys.isRevoked(key))).toEqual([first]);
    }));
});

describe("a shard that checks keys", () => {
  function shardsOf() {
    const tenant = `t-${crypto.randomUUID()}`;
    const as = (keyId: string | null, shard: number) =>
      callerRegistry(env.JOB_REGISTRY, { tenant, key_id: keyId }, shard);
    return { tenant, as };
  }

  it("joins with its first key, and then knows what was revoked before it was there", async () => {
    const { as } = shardsOf();
    await as(null, 0).revokeKey(KEY, NOW);
    expect(await as(null, 0).keyShards()).toEqual([]);
    await expect(as(KEY, 7).checkKey()).rejects.toBeInstanceOf(KeyRevoked);
    expect(await as(OTHER, 7).checkKey()).toBe(true);
    expect(await as(OTHER, 0).checkKey()).toBe(true);
    expect(await as(null, 0).keyShards()).toEqual([7]);
  });

  it("is told of what is revoked later, and a revoked key that it had seen is good nowhere", async () => {
    const { as } = shardsOf();
    for (const shard of [0, 1, 5]) expect(await as(KEY, shard).checkKey()).toBe(true);
    const told = await as(null, 0).keyShards();
    expect(told).toEqual([1, 5]);
    for (const shard of [...told, 0]) await as(null, shard).revokeKey(KEY, NOW);
    for (const shard of [0, 1, 5, 9, 63]) await expect(as(KEY, shard).checkKey()).rejects.toBeInstanceOf(KeyRevoked);
  });

  it("does not believe a key that it could not ask shard 0 about", () =>
    inRegistry(async (bench) => {
      const { keys } = await bench.reopen();
      const gone = { admitShard: () => Promise.reject(new Error("shard 0 is away")) };
      await expect(keys.join(3, () => gone)).rejects.toThrow("away");
      const home = { admitShard: async () => [{ key_id: KEY, revoked_at: NOW }] };
      await keys.join(3, () => home);
      expect([keys.isRevoked(KEY), keys.isRevoked(OTHER)]).toEqual([true, false]);
      // Once, also of a later life.
      await (await bench.reopen()).keys.join(3, () => gone);
    }));
});
