import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { type Bench, CALLER, inRegistry, planOf, statusOf } from "../../registry/bench.ts";
import { json, runSteps, scripted } from "../bench.ts";

const ERROR = { code: "http_status", message: "HTTP 500", status: 500 };

async function settled(bench: Bench) {
  const { id } = await bench.submit();
  await bench.runner.start(bench.ref(id));
  await bench.runner.settle(bench.ref(id), { name: "succeeded", output: { a: 1 } }, []);
  return id;
}

describe("retry", () => {
  it("takes no key of the callers, whatever that is called", () =>
    inRegistry(async (bench) => {
      const old = await bench.submit();
      await bench.caller.cancel(CALLER, old.id, null);
      const again = await bench.caller.retry(CALLER, old.id, { from_step: null, input: null });
      expect(bench.storage.sql.exec("SELECT * FROM idempotency_keys").toArray()).toEqual([]);
      const hash = bench.storage.sql.exec("SELECT request_hash FROM retries").one().request_hash;
      const idempotency = { key: `retry ${old.id} ${hash}`, request_hash: String(hash) };
      const own = await bench.submit({ idempotency });
      expect(own).toMatchObject({ deduplicated: false });
      expect(again.ok && again.value.id).not.toBe(own.id);
    }));

  it("leaves nothing behind when all jobs of its chain are deleted", () =>
    inRegistry(async (bench) => {
      const first = await bench.submit();
      await bench.runner.start(bench.ref(first.id));
      await bench.runner.begin(bench.ref(first.id), "first", "t", 30_000, []);
      await bench.caller.cancel(CALLER, first.id, null);
      const again = await bench.caller.retry(CALLER, first.id, { from_step: null, input: null });
      const againId = again.ok ? again.value.id : "";
      await bench.caller.cancel(CALLER, againId, null);
      const rows = () =>
        ["chains", "retries", "actions"].map(
          (table) => bench.storage.sql.exec(`SELECT * FROM ${table}`).toArray().length,
        );
      expect(rows()).toEqual([1, 1, 2]);
      await bench.caller.remove(CALLER, first.id);
      expect(rows()).toEqual([1, 0, 1]);
      await bench.caller.remove(CALLER, againId);
      expect(rows()).toEqual([0, 0, 0]);
    }));

  const call = (id: string): Json => ({ id, type: "http", url: `https://api.example.com/${id}` });
  const steps = [call("one"), call("two"), call("three")];
  const plain = { from_step: null, input: null };

  /** A job whose second step failed. */
  async function failed(bench: Bench) {
    const { fetch } = scripted(json({ n: 1 }), () => new Response("no", { status: 404 }));
    return (await runSteps(bench, steps, { fetch, input: { x: 1 } })).id;
  }
  async function retried(
    bench: Bench,
    id: string,
    request: { from_step: string | null; input: Record<string, Json> | null } = plain,
  ) {
    const reply = await bench.caller.retry(CALLER, id, request);
    if (!reply.ok) throw new Error(JSON.stringify(reply.error));
    await bench.settleBackground();
    return reply.value;
  }

  it("returns its unsettled job also when the one before it, of the same retry, is deleted", () =>
    inRegistry(async (bench) => {
      const id = await failed(bench);
      const before = await retried(bench, id);
      await bench.caller.cancel(CALLER, before.id, null);
      const after = await retried(bench, id);
      await bench.caller.remove(CALLER, before.id);
      expect((await retried(bench, id)).id).toBe(after.id);
    }));

  it("makes a new job that goes on at the failed step, and reuses what was finished", () =>
    inRegistry(async (bench) => {
      const id = await failed(bench);
      const again = await retried(bench, id);
      expect(again).toMatchObject({ status: "queued", retried_from: id, progress: 0.33 });
      const { fetch, sent } = scripted(json({ n: 2 }));
      const run = await runSteps(bench, steps, { fetch, existing: again.id });
      expect(sent.map((request) => request.url)).toEqual([
        "https://api.example.com/two",
        "https://api.example.com/three",
      ]);
      expect(await run.status()).toMatchObject({ status: "succeeded", steps: [{ status: "succeeded" }, {}, {}] });
      expect((await statusOf(bench, id)).status).toBe("failed");
    }));

  it("starts at an earlier step when it is named", () =>
    inRegistry(async (bench) => {
      const again = await retried(bench, await failed(bench), { from_step: "one", input: null });
      const { fetch, sent } = scripted(json({}));
      await runSteps(bench, steps, { fetch, existing: again.id });
      expect(sent).toHaveLength(3);
    }));

  it("runs all again with another input, unless a step is named", () =>
    inRegistry(async (bench) => {
      const id = await failed(bench);
      const all = await retried(bench, id, { from_step: null, input: { x: 2 } });
      expect(await bench.runner.start(bench.ref(all.id))).toMatchObject({ input: { x: 2 } });
      expect(all.progress).toBe(0);
      const some = await retried(bench, id, { from_step: "two", input: { x: 2 } });
      expect(some.progress).toBe(0.33);
    }));

  it("returns the same job while that is unsettled, and a new one afterwards", () =>
    inRegistry(async (bench) => {
      const id = await failed(bench);
      const first = await retried(bench, id);
      expect((await retried(bench, id)).id).toBe(first.id);
      await bench.caller.cancel(CALLER, first.id, null);
      expect((await retried(bench, id)).id).not.toBe(first.id);
    }));

  it("refuses what cannot be retried, and says what can", () =>
    inRegistry(async (bench) => {
      const { id: open } = await bench.submit();
      expect(await bench.caller.retry(CALLER, open, plain)).toEqual({
        ok: false,
        error: { code: "not_settled", status: "queued" },
      });
      const id = await failed(bench);
      const error = { code: "no_such_step", steps: ["one", "two"] };
      for (const from_step of ["three", "nowhere"]) {
        expect(await bench.caller.retry(CALLER, id, { from_step, input: null })).toEqual({ ok: false, error });
      }
      expect(await bench.caller.retry(CALLER, await settled(bench), plain)).toEqual({
        ok: false,
        error: { code: "from_step_needed" },
      });
      const plan = planOf(steps, { input: { type: "object", properties: { x: { type: "string" } } } });
      const strict = await bench.submit({ plan, plan_hash: "strict", input: { x: "a" } });
      await bench.runner.start(bench.ref(strict.id));
      await bench.runner.settle(bench.ref(strict.id), { name: "failed", error: ERROR, path: "one" }, []);
      expect(await bench.caller.retry(CALLER, strict.id, { from_step: null, input: { x: 1 } })).toMatchObject({
        ok: false,
        error: { code: "invalid_input", faults: [{ path: "input.x" }] },
      });
    }));
});
