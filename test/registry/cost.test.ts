import { describe, expect, it } from "vitest";
import { LAST_STATE_KEPT_MS, MAX_ROW_VALUE_BYTES } from "../../src/limits.ts";
import { rowsOf } from "../../tooling/workerd/row-meter.ts";
import { aListQuery, type Bench, CALLER, inRegistry, planOf, RETENTION_MS, TENANT } from "./bench.ts";

const plan = planOf([{ id: "one", type: "http", url: "https://example.com" }]);
const request = { plan, plan_hash: "cost", input: { a: 1 } };

const ended = (path: string) => ({ path, output: { status: 200 }, error: null });

async function step(bench: Bench, id: string, path: string): Promise<void> {
  await bench.runner.begin(bench.ref(id), path, crypto.randomUUID(), 30_000, []);
  await bench.runner.finish(bench.ref(id), path, { status: 200 }, null);
}

/** A job whose step `one` acts, as a runner of this release begins it. */
async function begun(bench: Bench) {
  const { id } = await bench.submit(request);
  await bench.runner.start(bench.ref(id), { process: "p", token: crypto.randomUUID() });
  return { ...bench.ref(id), run: 1 };
}

describe("rows written", () => {
  it("submit: 4, with a key 5", () =>
    inRegistry(async (bench) => {
      await bench.submit(request);
      const later = { ...SUBMIT, ...request, run_at: bench.clock.now + 3_600_000 };
      const plain = await rowsOf(bench.storage, () => bench.caller.submit(CALLER, later));
      const idempotency = { key: "k", request_hash: "h" };
      const keyed = await rowsOf(bench.storage, () => bench.caller.submit(CALLER, { ...later, idempotency }));
      expect([plain.written, keyed.written]).toEqual([4, 5]);
    }));

  it("one-step job from submit to its end: 10; each further step: 1", () =>
    inRegistry(async (bench) => {
      await bench.submit(request);
      const whole = await rowsOf(bench.storage, async () => {
        const ref = await begun(bench);
        await bench.runner.settle(ref, { name: "succeeded", output_path: "one" }, [], ended("one"));
      });
      const ref = await begun(bench);
      const further = await rowsOf(bench.storage, () =>
        bench.runner.begin(ref, "two", "t", 30_000, [], "two", ended("one")),
      );
      expect([whole.written, further.written]).toEqual([10, 1]);
    }));

  it.each([
    ["one", []],
    ["three", ["two", "three"]],
  ])("purge: 3 of a job of %s steps, and the alarms, which are set once for all that is due", (_count, further) =>
    inRegistry(async (bench) => {
      const COUNT = 10;
      for (let i = 0; i < COUNT; i++) {
        const ref = await begun(bench);
        let last = "one";
        for (const path of further) {
          await bench.runner.begin(ref, path, crypto.randomUUID(), 30_000, [], path, ended(last));
          last = path;
        }
        await bench.runner.settle(ref, { name: "succeeded", output_path: last }, [], ended(last));
      }
      bench.clock.now += RETENTION_MS;
      const purged = await rowsOf(bench.storage, () => bench.reconciler.onAlarm());
      bench.clock.now += 3 * LAST_STATE_KEPT_MS;
      const forgotten = await rowsOf(bench.storage, () => bench.reconciler.onAlarm());
      expect(bench.storage.sql.exec("SELECT * FROM last_states").toArray()).toEqual([]);
      const ALARMS = 3;
      expect(purged.written + forgotten.written).toBeLessThanOrEqual(3 * COUNT + ALARMS);
    }),
  );
});

describe("rows written and read for a listener", () => {
  it("are none of a job that was written last", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit(request);
      const coming = await rowsOf(bench.storage, () => bench.caller.follow(CALLER, [{ job_id: id, after: null }]));
      expect(coming).toEqual({ read: 0, written: 0 });
      await bench.runner.start(bench.ref(id));
      const heard = await rowsOf(bench.storage, () => step(bench, id, "one"));
      const other = await bench.submit(request);
      await bench.runner.start(bench.ref(other.id));
      expect(heard).toEqual(await rowsOf(bench.storage, () => step(bench, other.id, "one")));
    }));
});

describe("rows read", () => {
  it.each([
    { output: { ok: true }, read: 0 },
    { output: "a".repeat(MAX_ROW_VALUE_BYTES), read: 1 },
  ])("status of a job that was written last: $read, and one more of any other", ({ output, read }) =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit(request);
      await bench.runner.start(bench.ref(id));
      await bench.runner.settle(bench.ref(id), { name: "succeeded", output }, []);
      const cost = ({ status }: typeof bench.caller) =>
        rowsOf(bench.storage, () => status(CALLER, id, { steps: false, events: false }));
      expect(await cost(bench.caller)).toEqual({ read, written: 0 });
      const { caller } = await bench.reopen();
      expect(await cost(caller)).toEqual({ read: read + 1, written: 0 });
    }),
  );

  it.each([{ statuses: [] }, { statuses: ["queued"] }, { statuses: ["queued", "running", "failed"] }] as const)(
    "list(50) of many with $statuses: at most 60",
    ({ statuses }) =>
      inRegistry(async (bench) => {
        for (let i = 0; i < 200; i++) await bench.submit({ ...request, run_at: bench.clock.now + 3_600_000 });
        const cost = await rowsOf(bench.storage, () =>
          bench.caller.list(CALLER, aListQuery({ statuses: [...statuses], limit: 50 })),
        );
        expect(cost.read).toBeGreaterThanOrEqual(50);
        expect(cost.read).toBeLessThanOrEqual(60);
      }),
  );
});

const SUBMIT = {
  tenant: TENANT,
  shard: 0,
  name: "cost",
  blueprint: "cost@1",
  metadata: {},
  run_at: null,
  timeout_ms: 60_000,
  idempotency: null,
};
