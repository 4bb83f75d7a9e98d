import { describe, expect, it } from "vitest";
import { MAX_ROW_RESULT_BYTES } from "../../src/limits.ts";
import { rowsOf } from "../../tooling/workerd/row-meter.ts";
import { aListQuery, type Bench, CALLER, inRegistry, planOf, TENANT } from "./bench.ts";

const plan = planOf([{ id: "one", type: "http", url: "https://example.com" }]);
const request = { plan, plan_hash: "cost", input: { a: 1 } };

async function step(bench: Bench, id: string, path: string): Promise<void> {
  await bench.runner.begin(bench.ref(id), path, crypto.randomUUID(), 30_000, []);
  await bench.runner.finish(bench.ref(id), path, { status: 200 }, null);
}

describe("rows written", () => {
  it("submit: at most 6, with a key 7", () =>
    inRegistry(async (bench) => {
      await bench.submit(request);
      const plain = await rowsOf(bench.storage, () => bench.caller.submit(CALLER, { ...SUBMIT, ...request }));
      const keyed = await rowsOf(bench.storage, () =>
        bench.caller.submit(CALLER, { ...SUBMIT, ...request, idempotency: { key: "k", request_hash: "h" } }),
      );
      expect(plain.written).toBeLessThanOrEqual(6);
      expect(keyed.written).toBeLessThanOrEqual(7);
    }));

  it("one-step job from submit to its end: at most 15; each further step: at most 5", () =>
    inRegistry(async (bench) => {
      await bench.submit(request);
      let id = "";
      const whole = await rowsOf(bench.storage, async () => {
        id = (await bench.submit(request)).id;
        await bench.runner.start(bench.ref(id));
        await step(bench, id, "one");
        await bench.runner.settle(bench.ref(id), { name: "succeeded", output: { ok: true } }, []);
      });
      expect(whole.written).toBeGreaterThan(5);
      expect(whole.written).toBeLessThanOrEqual(15);
      id = (await bench.submit(request)).id;
      await bench.runner.start(bench.ref(id));
      await step(bench, id, "one");
      const further = await rowsOf(bench.storage, () => step(bench, id, "two"));
      expect(further.written).toBeLessThanOrEqual(5);
    }));
});

describe("rows written and read for a listener", () => {
  it("are none, but the one that is read when it comes", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit(request);
      const coming = await rowsOf(bench.storage, () => bench.caller.follow(CALLER, [{ job_id: id, after: null }]));
      expect(coming).toEqual({ read: 1, written: 0 });
      await bench.runner.start(bench.ref(id));
      const heard = await rowsOf(bench.storage, () => step(bench, id, "one"));
      const other = await bench.submit(request);
      await bench.runner.start(bench.ref(other.id));
      expect(heard).toEqual(await rowsOf(bench.storage, () => step(bench, other.id, "one")));
    }));
});

describe("rows read", () => {
  it.each([
    { output: { ok: true }, read: 1 },
    { output: "a".repeat(MAX_ROW_RESULT_BYTES), read: 2 },
  ])("status: $read", ({ output, read }) =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit(request);
      await bench.runner.start(bench.ref(id));
      await bench.runner.settle(bench.ref(id), { name: "succeeded", output }, []);
      const cost = await rowsOf(bench.storage, () => bench.caller.status(CALLER, id, { steps: false, events: false }));
      expect(cost).toEqual({ read, written: 0 });
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
