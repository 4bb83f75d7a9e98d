import { describe, expect, it } from "vitest";
import { LAST_STATE_KEPT_MS } from "../../../src/limits.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, callerOf, inRegistry, RETENTION_MS, statusOf } from "../bench.ts";

const UNKNOWN = { ok: false, error: { code: "unknown_job" } };

async function cancelled(bench: Bench): Promise<string> {
  const { id } = await bench.submit();
  await bench.caller.cancel(CALLER, id, "not needed");
  return id;
}

const states = ({ storage }: Bench) => storage.sql.exec("SELECT count(*) AS n FROM last_states").one().n;

describe("how a deleted job stood", () => {
  it("is known for an hour, to its tenant, while the job itself is unknown", () =>
    inRegistry(async (bench) => {
      const id = await cancelled(bench);
      const before = await bench.caller.status(CALLER, id, { steps: false, events: false });
      await bench.caller.remove(CALLER, id);
      bench.clock.now += LAST_STATE_KEPT_MS - 1;
      expect(await bench.caller.lastState(CALLER, id)).toEqual(before);
      expect(await bench.caller.lastState(callerOf("another tenant"), id)).toEqual(UNKNOWN);
      expect(await bench.caller.status(CALLER, id, { steps: false, events: false })).toEqual(UNKNOWN);
      bench.clock.now += 1;
      expect(await bench.caller.lastState(CALLER, id)).toEqual(UNKNOWN);
    }));

  it("is not known of a job that is there, nor of one that never was", () =>
    inRegistry(async (bench) => {
      const id = await cancelled(bench);
      expect(await bench.caller.lastState(CALLER, id)).toEqual(UNKNOWN);
      expect(await bench.caller.lastState(CALLER, `job_${"0".repeat(28)}`)).toEqual(UNKNOWN);
    }));

  it("has the result of one that succeeded, and the error of one that failed", () =>
    inRegistry(async (bench) => {
      const good = (await bench.submit()).id;
      await bench.runner.start(bench.ref(good));
      await bench.runner.settle(bench.ref(good), { name: "succeeded", output: { a: 1 } }, []);
      const bad = (await bench.submit()).id;
      await bench.runner.start(bench.ref(bad));
      const error = { code: "http_status", message: "HTTP 402", status: 402 };
      await bench.runner.settle(bench.ref(bad), { name: "failed", error, path: "first" }, []);
      for (const id of [good, bad]) await bench.caller.remove(CALLER, id);
      expect(await bench.caller.lastState(CALLER, good)).toMatchObject({ ok: true, value: { result: { a: 1 } } });
      expect(await bench.caller.lastState(CALLER, bad)).toMatchObject({
        ok: true,
        value: { status: "failed", error_code: "http_status", error: "Step first: HTTP 402" },
      });
    }));

  it("is known of a purged job, survives an eviction, and goes by the alarm without any other work", () =>
    inRegistry(async (bench) => {
      const id = await cancelled(bench);
      bench.clock.now += RETENTION_MS;
      await bench.reconciler.onAlarm();
      const { caller, reconciler } = await bench.reopen();
      expect(await caller.lastState(CALLER, id)).toMatchObject({ ok: true, value: { id, status: "cancelled" } });
      expect(states(bench)).toBe(1);
      const alarm = (await bench.storage.getAlarm()) ?? Number.NaN;
      expect(alarm - bench.clock.now).toBeGreaterThanOrEqual(LAST_STATE_KEPT_MS);
      expect(alarm - bench.clock.now).toBeLessThanOrEqual(2 * LAST_STATE_KEPT_MS);
      for (let rings = 0; rings < 2; rings++) {
        bench.clock.now = (await bench.storage.getAlarm()) ?? Number.NaN;
        await reconciler.onAlarm();
      }
      expect(states(bench)).toBe(0);
    }));

  it("costs one row beside those of the deletion", () =>
    inRegistry(async (bench) => {
      const id = await cancelled(bench);
      const cost = await rowsOf(bench.storage, () => bench.caller.remove(CALLER, id));
      expect(cost.written).toBeLessThanOrEqual(5);
      await expect(statusOf(bench, id)).rejects.toThrow();
    }));
});
