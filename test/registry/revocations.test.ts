import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_CLEARED_KEYS } from "../../src/limits.ts";
import { callerRegistry, KeyRevoked } from "../../src/registry/api-keys.ts";
import { aListQuery, aRequest, inRegistry } from "./bench.ts";

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
