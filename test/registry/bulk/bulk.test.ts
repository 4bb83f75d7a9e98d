import { describe, expect, it } from "vitest";
import type { BulkAction } from "../../../src/jobs/bulk-state.ts";
import { BULK_TURN_JOBS } from "../../../src/limits.ts";
import type { BulkFilters, BulkRequest } from "../../../src/registry/api/batch-calls.ts";
import { aListQuery, type Bench, CALLER, callerOf, inRegistry, planOf, statusOf } from "../bench.ts";

const failure = (message: string) => ({
  name: "failed" as const,
  error: { code: "http_status", message, status: 500 },
  path: "second",
});

const STATUSES = {
  retry: ["failed" as const],
  cancel: ["queued" as const, "running" as const],
  delete: ["failed" as const, "succeeded" as const],
};

function asked(action: BulkAction, where: Partial<BulkFilters> = {}, more: Partial<BulkRequest> = {}): BulkRequest {
  const { limit: _limit, after: _after, ...filters } = aListQuery({ statuses: [...STATUSES[action]], ...where });
  return { action, where: filters, patch: { input: null }, per_minute: null, ...more };
}

async function running(bench: Bench): Promise<string> {
  const { id } = await bench.submit();
  await bench.runner.start(bench.ref(id));
  return id;
}

/** Jobs that did their first step and failed in the second. Ids oldest first. */
async function failed(bench: Bench, count: number, message = "answered 500 for order 17"): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = await running(bench);
    await bench.runner.begin(bench.ref(id), "first", "t", 30_000, []);
    await bench.runner.finish(bench.ref(id), "first", { of: id }, null);
    await bench.runner.settle(bench.ref(id), failure(message), []);
    ids.push(id);
  }
  bench.clock.now += 1_000;
  return ids;
}

/** The alarm rings until the bulk job has settled. */
async function ringUntilDone(bench: Bench, id: string | null): Promise<number> {
  const begun = bench.clock.now;
  for (let rings = 0; rings < 500; rings++) {
    if ((await statusOf(bench, id ?? "none")).completed_at !== null) return bench.clock.now - begun;
    bench.clock.now = Math.max(bench.clock.now + 1, (await bench.storage.getAlarm()) ?? 0);
    await bench.reconciler.onAlarm();
    await bench.settleBackground();
  }
  throw new Error("it does not end");
}

const jobsOf = async (bench: Bench) => (await bench.caller.list(CALLER, aListQuery())).jobs;
const retriesOf = async (bench: Bench) => {
  const jobs = await jobsOf(bench);
  const all = await Promise.all(jobs.map(({ id }) => statusOf(bench, id)));
  return all.filter(({ retried_from, blueprint }) => retried_from !== null && blueprint !== "bulk");
};

describe("a dry run", () => {
  it("counts, names some and groups failures by cause; nothing is done", () =>
    inRegistry(async (bench) => {
      const ids = await failed(bench, 3);
      await failed(bench, 1, "no answer");
      const count = await bench.bulk.bulk(CALLER, asked("retry"), true);
      expect(count).toMatchObject({
        matched: 4,
        truncated: false,
        bulk_id: null,
        by_error: [
          { count: 3, code: "http_status", message: "Step second: answered # for order #", sample: ids.sort().at(-1) },
          { count: 1, message: "Step second: no answer" },
        ],
      });
      expect(count.sample).toHaveLength(4);
      expect(await jobsOf(bench)).toHaveLength(4);
    }));

  it("sees no job of another tenant", () =>
    inRegistry(async (bench) => {
      await failed(bench, 2);
      const count = await bench.bulk.bulk(callerOf("other"), asked("retry"), false);
      expect(count).toEqual({ matched: 0, truncated: false, sample: [], by_error: [], bulk_id: null });
    }));
});

describe("a bulk retry", () => {
  it("runs each job again from its failed step, in turns of the alarm, and says how many", () =>
    inRegistry(async (bench) => {
      const ids = await failed(bench, BULK_TURN_JOBS + 3);
      const { bulk_id } = await bench.bulk.bulk(CALLER, asked("retry"), false);
      expect(await statusOf(bench, bulk_id ?? "")).toMatchObject({
        status: "running",
        name: "bulk retry",
        blueprint: "bulk",
      });
      await ringUntilDone(bench, bulk_id);
      const again = await retriesOf(bench);
      expect(again.map(({ retried_from }) => retried_from).sort()).toEqual(ids.sort());
      expect(again.every(({ steps }) => steps?.[0]?.status === "succeeded")).toBe(true);
      expect(bench.engine.started.filter(({ job_id }) => again.some(({ id }) => id === job_id))).toHaveLength(
        ids.length,
      );
      expect(await statusOf(bench, bulk_id ?? "")).toMatchObject({
        status: "succeeded",
        progress: 1,
        result: { action: "retry", matched: ids.length, done: ids.length, passed_over: {} },
      });
    }));

  it("passes over what cannot go on so, and says why", () =>
    inRegistry(async (bench) => {
      await failed(bench, 2);
      const input = { type: "object", required: ["n"], properties: { n: { type: "number" } } };
      const plan = planOf([{ id: "second", type: "http", url: "https://example.com" }], { input });
      const { id } = await bench.submit({ plan, plan_hash: "numbers", input: { n: 1 } });
      await bench.runner.start(bench.ref(id));
      await bench.runner.settle(bench.ref(id), failure("no"), []);
      const patch = { input: { n: "not a number" } };
      const { bulk_id } = await bench.bulk.bulk(CALLER, asked("retry", {}, { patch }), false);
      await ringUntilDone(bench, bulk_id);
      const { result } = await statusOf(bench, bulk_id ?? "");
      expect(result).toEqual({ action: "retry", matched: 3, done: 2, passed_over: { invalid_input: 1 } });
      expect(await retriesOf(bench)).toHaveLength(2);
    }));

  it("does none twice, also when the same is asked for again, or by two at once", () =>
    inRegistry(async (bench) => {
      await failed(bench, 5);
      const first = await bench.bulk.bulk(CALLER, asked("retry"), false);
      const second = await bench.bulk.bulk(CALLER, asked("retry"), false);
      await ringUntilDone(bench, first.bulk_id);
      await ringUntilDone(bench, second.bulk_id);
      expect(await retriesOf(bench)).toHaveLength(5);
      expect(await bench.bulk.bulk(CALLER, asked("retry"), false)).toMatchObject({ matched: 0, bulk_id: null });
    }));

  it("repeats a retry that failed itself, once for the chain", () =>
    inRegistry(async (bench) => {
      await failed(bench, 2);
      await ringUntilDone(bench, (await bench.bulk.bulk(CALLER, asked("retry"), false)).bulk_id);
      for (const { id } of await retriesOf(bench)) {
        await bench.runner.start(bench.ref(id));
        await bench.runner.settle(bench.ref(id), failure("again"), []);
      }
      bench.clock.now += 1_000;
      expect(await bench.bulk.bulk(CALLER, asked("retry"), true)).toMatchObject({ matched: 2 });
      await ringUntilDone(bench, (await bench.bulk.bulk(CALLER, asked("retry"), false)).bulk_id);
      expect(await retriesOf(bench)).toHaveLength(4);
    }));

  it("of a batch goes on with retries that failed, which have left the batch", () =>
    inRegistry(async (bench) => {
      const inputs = [{ n: 1 }, { n: 2 }];
      const request = {
        name: "b",
        blueprint: "test-plan@1",
        plan: bench.plan,
        plan_hash: "h",
        input: {},
        metadata: {},
      };
      const more = { run_at: null, timeout_ms: 60_000, idempotency: null };
      const batch = await bench.batches.submitBatch(CALLER, { ...request, ...more }, inputs);
      if (!batch.ok) throw new Error("no batch");
      const { batch_id, job_ids } = batch.value;
      for (const id of job_ids) await bench.runner.settle(bench.ref(id), failure("x"), []);
      bench.clock.now += 1_000;
      await ringUntilDone(bench, (await bench.bulk.bulk(CALLER, asked("retry", { batch_id }), false)).bulk_id);
      const [first] = await retriesOf(bench);
      await bench.runner.start(bench.ref(first?.id ?? ""));
      await bench.runner.settle(bench.ref(first?.id ?? ""), failure("again"), []);
      bench.clock.now += 1_000;
      const count = await bench.bulk.bulk(CALLER, asked("retry", { batch_id }), true);
      expect([count.matched, count.sample.map(({ id }) => id)]).toEqual([1, [first?.id]]);
    }));

  it("keeps its rate, also over an eviction", () =>
    inRegistry(async (bench) => {
      await failed(bench, 12);
      const { bulk_id } = await bench.bulk.bulk(CALLER, asked("retry", {}, { per_minute: 60 }), false);
      expect(await ringUntilDone(bench, bulk_id)).toBeGreaterThanOrEqual(11_000);
    }));

  it("waits for room where too many jobs are unsettled, and counts as none itself", () =>
    inRegistry(
      async (bench) => {
        await failed(bench, 3);
        const { bulk_id } = await bench.bulk.bulk(CALLER, asked("retry"), false);
        await bench.reconciler.onAlarm();
        bench.clock.now += 1_000;
        await bench.reconciler.onAlarm();
        await bench.settleBackground();
        expect(await statusOf(bench, bulk_id ?? "")).toMatchObject({
          message: "2 of 3 retried; waits for room",
          progress: 0.66,
        });
        expect(bench.counts.current.active).toBe(2);
        const { counts } = await bench.reopen();
        expect(counts.current.active).toBe(2);
        const [one] = await retriesOf(bench);
        await bench.runner.settle(bench.ref(one?.id ?? ""), failure("x"), []);
        await ringUntilDone(bench, bulk_id);
        expect(await retriesOf(bench)).toHaveLength(3);
      },
      { activeJobs: 2 },
    ));

  it("is not stopped by the limit of submits", () =>
    inRegistry(
      async (bench) => {
        await failed(bench, 2);
        bench.clock.now += 60_000;
        await ringUntilDone(bench, (await bench.bulk.bulk(CALLER, asked("retry"), false)).bulk_id);
        expect(await retriesOf(bench)).toHaveLength(2);
        expect((await bench.submit()).status).toBe("queued");
      },
      { submitsPerMinute: 2 },
    ));

  it("gives each the input of the patch, and passes over what does not take it", () =>
    inRegistry(async (bench) => {
      await failed(bench, 1);
      const patch = { input: { mended: true } };
      await ringUntilDone(bench, (await bench.bulk.bulk(CALLER, asked("retry", {}, { patch }), false)).bulk_id);
      const [again] = await retriesOf(bench);
      expect(again?.steps?.[0]?.status).toBe("pending");
    }));

  it("that was cancelled goes on where it was", () =>
    inRegistry(async (bench) => {
      await failed(bench, 3);
      const { bulk_id } = await bench.bulk.bulk(CALLER, asked("retry", {}, { per_minute: 60 }), false);
      await bench.reconciler.onAlarm();
      bench.clock.now += 1;
      await bench.reconciler.onAlarm();
      await bench.caller.cancel(CALLER, bulk_id ?? "", null);
      const again = await bench.caller.retry(CALLER, bulk_id ?? "", { from_step: null, input: null });
      if (!again.ok) throw new Error(again.error.code);
      await ringUntilDone(bench, again.value.id);
      expect(await retriesOf(bench)).toHaveLength(3);
      expect((await statusOf(bench, again.value.id)).result).toMatchObject({ matched: 3, done: 3 });
      const changed = await bench.caller.retry(CALLER, bulk_id ?? "", { from_step: null, input: { a: 1 } });
      expect(changed).toMatchObject({ ok: false, error: { code: "no_such_step" } });
    }));
});

describe("a bulk cancel", () => {
  it("settles what runs and what is queued, ends it at the engine, and spares itself", () =>
    inRegistry(async (bench) => {
      const ids = [await running(bench), (await bench.submit()).id];
      bench.clock.now += 1_000;
      const { bulk_id, matched } = await bench.bulk.bulk(CALLER, asked("cancel"), false);
      expect(matched).toBe(2);
      await ringUntilDone(bench, bulk_id);
      for (const id of ids)
        expect(await statusOf(bench, id)).toMatchObject({ status: "cancelled", error: "bulk cancel" });
      expect(bench.engine.terminated.sort()).toEqual(ids.map((id) => `${id}-1`).sort());
      expect((await statusOf(bench, bulk_id ?? "")).status).toBe("succeeded");
    }));
});

describe("a bulk delete", () => {
  it("deletes settled jobs, also where the storage is full, and leaves a row of the audit for each", () =>
    inRegistry(
      async (bench) => {
        const ids = await failed(bench, 3);
        const by = { ...CALLER, actor: "key_1" };
        const { bulk_id } = await bench.bulk.bulk(by, asked("delete"), false);
        await ringUntilDone(bench, bulk_id);
        expect((await jobsOf(bench)).map(({ id }) => id)).toEqual([bulk_id]);
        const rows = await bench.keys.audit(CALLER, Number.MAX_SAFE_INTEGER, 100);
        expect(rows.map(({ action, actor }) => [action, actor])).toEqual([
          ...ids.map(() => ["job_deleted", "key_1"]),
          ["jobs_bulk_delete", "key_1"],
        ]);
      },
      { storedBytes: 500_000 },
    ));
});
