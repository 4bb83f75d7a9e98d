import { describe, expect, it } from "vitest";
import { STORE_PURGE_BATCH, STORE_VERSION_KEPT_MS } from "../../../src/limits.ts";
import type { StoreWrite } from "../../../src/registry/api/store-calls.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, inRegistry, RETENTION_MS, START } from "../bench.ts";

let writes = 0;
const aWrite = (over: Partial<StoreWrite> = {}): StoreWrite => {
  writes += 1;
  return { id: `job.step~${writes}`, value: "v", version: null, lifetime_ms: null, ...over };
};
const write = ({ caller }: Pick<Bench, "caller">, key: string, over: Partial<StoreWrite> = {}) =>
  caller.useStore(CALLER, key, aWrite(over));
const read = ({ caller }: Pick<Bench, "caller">, key: string) => caller.useStore(CALLER, key, null);

const ABSENT = { ok: true, value: { version: 0, stored: false, expires_at: null } };
const rowCounts = ({ storage }: Bench) =>
  ["store_entries", "store_writes"].map((table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray().length);

describe("the store", () => {
  it("answers a read of a key that nobody wrote with no value", () =>
    inRegistry(async (bench) => {
      expect(await read(bench, "a")).toEqual(ABSENT);
    }));

  it("counts the versions of each key, and keeps what was written last", () =>
    inRegistry(async (bench) => {
      expect(await write(bench, "a", { value: 1 })).toEqual({
        ok: true,
        value: { value: 1, version: 1, stored: true, expires_at: null },
      });
      expect(await write(bench, "a", { value: [2] })).toMatchObject({ value: { value: [2], version: 2 } });
      expect(await write(bench, "b")).toMatchObject({ value: { version: 1 } });
      expect(await read(bench, "a")).toEqual({
        ok: true,
        value: { value: [2], version: 2, stored: false, expires_at: null },
      });
    }));

  it("writes under a condition only when that holds, and says else what there is", () =>
    inRegistry(async (bench) => {
      expect(await write(bench, "a", { value: 1, version: 0 })).toMatchObject({ value: { stored: true, version: 1 } });
      const held = { value: 1, version: 1, stored: false };
      expect(await write(bench, "a", { value: 2, version: 0 })).toMatchObject({ value: held });
      expect(await write(bench, "a", { value: 2, version: 2 })).toMatchObject({ value: held });
      expect(await write(bench, "a", { value: 2, version: 1 })).toMatchObject({ value: { stored: true, version: 2 } });
      expect(await write(bench, "b", { value: 2, version: 1 })).toMatchObject({ value: { stored: false, version: 0 } });
    }));

  it("answers a write that comes again as the first time, whatever came between", () =>
    inRegistry(async (bench) => {
      const first = aWrite({ value: "mine", version: 0 });
      const refused = aWrite({ value: "yours", version: 0 });
      const taken = await bench.caller.useStore(CALLER, "lock", first);
      const held = await bench.caller.useStore(CALLER, "lock", refused);
      await write(bench, "lock", { value: null });
      expect(await bench.caller.useStore(CALLER, "lock", first)).toEqual(taken);
      expect(await bench.caller.useStore(CALLER, "lock", refused)).toEqual(held);
      expect(taken).toMatchObject({ value: { stored: true, value: "mine" } });
      expect(held).toMatchObject({ value: { stored: false, value: "mine" } });
      expect(await read(bench, "lock")).toEqual(ABSENT);
    }));

  it("never gives a version of a deleted or expired key again, so that an old holder of a lock frees nobody else's", () =>
    inRegistry(async (bench) => {
      await write(bench, "lock", { version: 0, lifetime_ms: 1_000 });
      bench.clock.now += 1_000;
      expect(await read(bench, "lock")).toEqual(ABSENT);
      expect(await write(bench, "lock", { value: "b", version: 0 })).toMatchObject({
        value: { stored: true, version: 2 },
      });
      expect(await write(bench, "lock", { value: null, version: 1 })).toMatchObject({ value: { stored: false } });
      expect(await write(bench, "lock", { value: null, version: 2 })).toMatchObject({
        value: { stored: true, version: 0 },
      });
      expect(await write(bench, "lock")).toMatchObject({ value: { version: 3 } });
    }));

  it("keeps a key without a lifetime, also where it had one before", () =>
    inRegistry(async (bench) => {
      const short = await write(bench, "a", { lifetime_ms: 1_000 });
      expect(short).toMatchObject({ value: { expires_at: START + 1_000 } });
      await write(bench, "a");
      bench.clock.now += 1_000;
      await bench.reconciler.onAlarm();
      expect(await read(bench, "a")).toMatchObject({ value: { value: "v", expires_at: null } });
    }));

  it("is emptied of what is over by its own alarm, in batches", () =>
    inRegistry(async (bench) => {
      for (let i = 0; i <= STORE_PURGE_BATCH; i++) await write(bench, `k${i}`, { lifetime_ms: 1_000 });
      await write(bench, "stays");
      expect(await bench.storage.getAlarm()).toBe(START + 1_000);
      bench.clock.now = START + 1_000;
      await bench.reconciler.onAlarm();
      expect(await bench.storage.getAlarm()).toBe(bench.clock.now + 1);
      await bench.reconciler.onAlarm();
      expect(rowCounts(bench)).toEqual([STORE_PURGE_BATCH + 2, STORE_PURGE_BATCH + 2]);
      expect(await bench.storage.getAlarm()).toBe(START + RETENTION_MS);
      bench.clock.now = START + 1_000 + Math.max(STORE_VERSION_KEPT_MS, RETENTION_MS);
      await bench.reconciler.onAlarm();
      await bench.reconciler.onAlarm();
      expect(rowCounts(bench)).toEqual([1, 0]);
      expect(await read(bench, "stays")).toMatchObject({ value: { version: 1 } });
    }));

  it("takes no write when the tenant's storage is full, and lets keys be deleted", () =>
    inRegistry(
      async (bench) => {
        const refused = await write(bench, "a");
        expect(refused).toMatchObject({ ok: false, error: { code: "storage_full", limit_bytes: 1 } });
        expect(await write(bench, "a", { value: null })).toMatchObject({ value: { stored: true } });
        expect(await read(bench, "a")).toEqual(ABSENT);
      },
      { storedBytes: 1 },
    ));

  it("writes at most 4 rows for a write, 5 with a lifetime, and none for a read", () =>
    inRegistry(async (bench) => {
      await write(bench, "a");
      await write(bench, "b", { lifetime_ms: 1 });
      expect((await rowsOf(bench.storage, () => write(bench, "a"))).written).toBeLessThanOrEqual(4);
      expect((await rowsOf(bench.storage, () => write(bench, "b", { lifetime_ms: 2 }))).written).toBeLessThanOrEqual(5);
      expect(await rowsOf(bench.storage, () => read(bench, "a"))).toEqual({ read: 1, written: 0 });
    }));
});
