import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newJobId } from "../../src/jobs/id.ts";
import { MAX_LIST_SCAN } from "../../src/limits.ts";
import { deployment, newestFirst, pagesOf, shardOf, submit, submitMany, submitted } from "../mcp/deployment.ts";
import { callTool } from "../mcp/support.ts";
import { copyFirstJob } from "../registry/copies.ts";

const KEYS = Array.from({ length: 24 }, (_, n) => `key-${n}`);

describe("raising REGISTRY_SHARDS from 1 to 4 to 16 over live jobs", () => {
  it("leaves every old id as it was and lists old and new jobs in one order", async () => {
    const { worker } = deployment();
    const ids: string[] = [];
    for (const shards of [1, 4, 16]) {
      ids.push(...(await submitMany(worker(shards), 20)));
      const { structured } = await callTool(worker(shards), "jobs_get_status", { job_id: ids[0] ?? "" });
      expect(structured).toMatchObject({ id: ids[0], status: "queued" });
      expect((await pagesOf(worker(shards), { limit: 9 })).flat()).toEqual(newestFirst(ids));
    }
    const some = ids.filter((_, n) => n % 8 === 0);
    for (const id of some) await callTool(worker(16), "jobs_cancel", { job_id: id });
    expect((await pagesOf(worker(16), { status: "cancelled", limit: 3 })).flat()).toEqual(newestFirst(some));
    expect(new Set(ids.slice(0, 20).map(shardOf))).toEqual(new Set([0]));
    expect(new Set(ids.slice(20, 40).map(shardOf))).toEqual(new Set([0, 1, 2, 3]));
  });

  it("keeps every key: the same request is the first job, another one a conflict that names it", async () => {
    const { worker, calls } = deployment();
    const first = new Map<string, string>();
    for (const [step, shards] of [1, 4, 16].entries()) {
      for (const key of KEYS.slice(step * 8, step * 8 + 8)) {
        first.set(key, await submitted(worker(shards), { idempotency_key: key }));
      }
    }
    calls();
    for (const shards of [16, 64]) {
      for (const [key, id] of first) {
        const same = await submit(worker(shards), { idempotency_key: key });
        expect(same.structured).toMatchObject({ id, deduplicated: true });
        const other = await submit(worker(shards), { idempotency_key: key, input: { n: 2 } });
        expect([other.isError, other.text]).toEqual([true, expect.stringContaining(`by job ${id}`)]);
      }
    }
    expect((await pagesOf(worker(64), { limit: 50 })).flat()).toEqual(newestFirst(first.values()));
    // Each key goes to its own shard; those of 64 shards are not all the same few.
    expect(new Set(calls().map((call) => call.split(" ")[0])).size).toBeGreaterThan(16);
  });

  it("finds every trigger where it was saved, and no time of one makes two jobs", async () => {
    const { worker } = deployment();
    const names = Array.from({ length: 12 }, (_, n) => `trigger-${n}`);
    const plan = { name: "plan", steps: [{ id: "a", type: "transform", value: 1 }] };
    const save = (shards: number, name: string) =>
      callTool(worker(shards), "triggers_save", { name, blueprint: plan, schedule: { cron: "0 0 1 1 *" } });
    const span = { from: "2020-01-01T00:00:00Z", to: "2022-01-01T00:00:00Z" };
    const jobsOf = async (shards: number, name: string) => {
      const { structured } = await callTool(worker(shards), "triggers_fire", { name, ...span });
      return (structured.fired as { job_id: string }[]).map(({ job_id }) => job_id);
    };
    const jobs = new Map<string, string[]>();
    for (const [step, shards] of [1, 4, 16].entries()) {
      for (const name of names.slice(step * 4, step * 4 + 4)) {
        expect((await save(shards, name)).structured).toMatchObject({ version: 1 });
        jobs.set(name, await jobsOf(shards, name));
      }
    }
    expect(new Set([...jobs.values()].flat()).size).toBe(3 * names.length);
    for (const [name, made] of jobs) {
      expect((await save(64, name)).structured).toMatchObject({ version: 1 });
      expect(await jobsOf(64, name)).toEqual(made);
      const { structured } = await callTool(worker(64), "triggers_list", { name });
      expect((structured.ledger as object[]).map((entry) => Reflect.get(entry, "outcome"))).toEqual([
        "ran",
        "ran",
        "ran",
      ]);
    }
    const { structured } = await callTool(worker(64), "triggers_list", { limit: 100 });
    expect((structured.triggers as { name: string }[]).map(({ name }) => name).sort()).toEqual(names.toSorted());
  });

  it("lets a key of a job that was deleted be used again", async () => {
    const { worker } = deployment();
    const id = await submitted(worker(1), { idempotency_key: "k" });
    await callTool(worker(4), "jobs_cancel", { job_id: id });
    await callTool(worker(4), "jobs_delete", { job_id: id });
    expect((await submit(worker(4), { idempotency_key: "k", input: { n: 2 } })).structured.deduplicated).toBe(false);
  });

  it("makes no second job while an earlier shard of the key cannot answer", async () => {
    const { worker } = deployment();
    const deps = worker(4);
    await submitted(worker(1), { idempotency_key: "key-1" });
    const ask: typeof deps.ask = async (shard, call) => {
      if (shard === 0) throw new Error("the object is away");
      return deps.ask(shard, call);
    };
    expect((await submit({ ...deps, ask }, { idempotency_key: "key-1" })).isError).toBe(true);
    expect((await pagesOf(deps, {})).flat()).toHaveLength(1);
  });
});

describe("lowering REGISTRY_SHARDS", () => {
  it("still answers for ids of higher shards, which lists do not show", async () => {
    const { worker } = deployment();
    const ids = await submitMany(worker(4), 20);
    for (const id of ids) {
      expect((await callTool(worker(1), "jobs_get_status", { job_id: id })).structured.id).toBe(id);
    }
    const home = ids.filter((id) => shardOf(id) === 0);
    expect((await pagesOf(worker(1), {})).flat()).toEqual(newestFirst(home));
  });
});

describe("a shard that stops looking early", () => {
  /** So many jobs more, older than any and without metadata. */
  async function fill(tenant: string, shard: number, count: number): Promise<void> {
    const stub = env.JOB_REGISTRY.getByName(`${tenant}/${shard}`);
    await runInDurableObject(stub, (_object, { storage }) => {
      copyFirstJob(
        storage,
        Array.from({ length: count }, (_, i) => newJobId(i, new Uint8Array(10), shard)),
      );
    });
  }

  it("bounds the page, and the next one goes on there: nothing is missed or out of order", async () => {
    const { tenant, worker } = deployment();
    const deps = worker(4);
    const ids = await submitMany(deps, 24);
    const [busy, quiet] = [
      shardOf(ids[0] ?? ""),
      shardOf(ids.find((id) => shardOf(id) !== shardOf(ids[0] ?? "")) ?? ""),
    ];
    await fill(tenant, busy, 2 * MAX_LIST_SCAN);
    await fill(tenant, quiet, 10);
    expect((await pagesOf(deps, { metadata: { n: 3 } })).flat()).toEqual([ids[3]]);
    const pages = await pagesOf(deps, { metadata: { n: 3 }, limit: 1 });
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flat()).toEqual([ids[3]]);
  });
});

describe("jobs_wait over several shards", () => {
  it("for any ends with the first that settles, wherever it lies, and leaves no object waiting", async () => {
    const { worker, answered } = deployment();
    const deps = worker(4);
    const ids = await submitMany(deps, 12);
    const last = ids.find((id) => shardOf(id) !== shardOf(ids[0] ?? "")) ?? "";
    const waiting = callTool(deps, "jobs_wait", { job_ids: ids, until: "any", timeout_seconds: 50 });
    await callTool(deps, "jobs_cancel", { job_id: last });
    const { structured } = await waiting;
    expect(structured.timed_out).toBe(false);
    expect((structured.jobs as { id: string; status: string }[]).filter(({ status }) => status !== "queued")).toEqual([
      expect.objectContaining({ id: last, status: "cancelled" }),
    ]);
    // Objects that went on would take longer than this test may.
    await answered();
  });

  it("for all ends when the last one has settled", async () => {
    const { worker } = deployment();
    const deps = worker(4);
    const ids = await submitMany(deps, 6);
    const waiting = callTool(deps, "jobs_wait", { job_ids: ids, timeout_seconds: 50 });
    for (const id of ids) await callTool(deps, "jobs_cancel", { job_id: id });
    const { structured } = await waiting;
    expect(structured.timed_out).toBe(false);
    expect(structured.jobs).toMatchObject(ids.map((id) => ({ id, status: "cancelled" })));
  });
});
