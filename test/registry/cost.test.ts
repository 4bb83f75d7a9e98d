import { describe, expect, it } from "vitest";
import { aListQuery, type Bench, inRegistry, planOf, TENANT } from "./bench.ts";

/** Rows that the work reads and writes, indexes counted, by SQLite's own count; alarms are counted with the writes. */
async function rowsOf(bench: Bench, work: () => Promise<unknown>): Promise<{ read: number; written: number }> {
  const { sql } = bench.storage;
  const exec = sql.exec.bind(sql);
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  let alarms = 0;
  const setAlarm = bench.storage.setAlarm.bind(bench.storage);
  sql.exec = ((query: string, ...bindings: SqlStorageValue[]) => {
    const cursor = exec(query, ...bindings);
    cursors.push(cursor);
    return cursor;
  }) as typeof sql.exec;
  bench.storage.setAlarm = (...given: Parameters<typeof setAlarm>) => {
    alarms += 1;
    return setAlarm(...given);
  };
  try {
    await work();
  } finally {
    sql.exec = exec;
    bench.storage.setAlarm = setAlarm;
  }
  const sum = (field: "rowsRead" | "rowsWritten") => cursors.reduce((total, cursor) => total + cursor[field], 0);
  return { read: sum("rowsRead"), written: sum("rowsWritten") + alarms };
}

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
      const plain = await rowsOf(bench, () => bench.caller.submit({ ...SUBMIT, ...request }));
      const keyed = await rowsOf(bench, () =>
        bench.caller.submit({ ...SUBMIT, ...request, idempotency: { key: "k", request_hash: "h" } }),
      );
      expect(plain.written).toBeLessThanOrEqual(6);
      expect(keyed.written).toBeLessThanOrEqual(7);
    }));

  it("one-step job from submit to its end: at most 16; each further step: at most 5", () =>
    inRegistry(async (bench) => {
      await bench.submit(request);
      let id = "";
      const whole = await rowsOf(bench, async () => {
        id = (await bench.submit(request)).id;
        await bench.runner.start(bench.ref(id));
        await step(bench, id, "one");
        await bench.runner.settle(bench.ref(id), { name: "succeeded", output: { ok: true } }, []);
      });
      expect(whole.written).toBeGreaterThan(5);
      expect(whole.written).toBeLessThanOrEqual(16);
      id = (await bench.submit(request)).id;
      await bench.runner.start(bench.ref(id));
      await step(bench, id, "one");
      const further = await rowsOf(bench, () => step(bench, id, "two"));
      expect(further.written).toBeLessThanOrEqual(5);
    }));
});

describe("rows read", () => {
  it("status: at most 2", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit(request);
      await bench.runner.start(bench.ref(id));
      await bench.runner.settle(bench.ref(id), { name: "succeeded", output: { ok: true } }, []);
      const cost = await rowsOf(bench, () => bench.caller.status(TENANT, id, { steps: false, events: false }));
      expect(cost).toEqual({ read: 2, written: 0 });
    }));

  it.each([{ statuses: [] }, { statuses: ["queued"] }, { statuses: ["queued", "running", "failed"] }] as const)(
    "list(50) of many with $statuses: at most 60",
    ({ statuses }) =>
      inRegistry(async (bench) => {
        for (let i = 0; i < 200; i++) await bench.submit({ ...request, run_at: bench.clock.now + 3_600_000 });
        const cost = await rowsOf(bench, () => bench.caller.list(aListQuery({ statuses: [...statuses], limit: 50 })));
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
