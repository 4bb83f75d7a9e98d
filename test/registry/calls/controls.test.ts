import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { json, runSteps, scripted } from "../../runner/bench.ts";
import { type Bench, CALLER, callerOf, inRegistry, planOf, statusOf } from "../bench.ts";

const ERROR = { code: "http_status", message: "HTTP 500", status: 500 };

async function settled(bench: Bench, output: Json = { a: 1 }) {
  const { id } = await bench.submit();
  await bench.runner.start(bench.ref(id));
  await bench.runner.settle(bench.ref(id), { name: "succeeded", output }, []);
  return id;
}

describe("cancel", () => {
  it("queued -> cancelled: settles at once, ends the instance, and a late start meets stop", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const reply = await bench.caller.cancel(CALLER, id, "not needed\nany more");
      expect(reply).toMatchObject({
        ok: true,
        value: { status: "cancelled", changed: true, error: "not needed any more" },
      });
      await bench.settleBackground();
      expect(bench.engine.terminated).toEqual([`${id}-1`]);
      expect(await bench.runner.start(bench.ref(id))).toEqual({ do: "stop" });
    }));

  it("before its time has come: the engine hears nothing of it, then or later", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ run_at: bench.clock.now + 60_000 });
      await bench.caller.cancel(CALLER, id, null);
      bench.clock.now += 60_000;
      await bench.reconciler.onAlarm();
      await bench.settleBackground();
      expect([bench.engine.started, bench.engine.terminated]).toEqual([[], []]);
      expect((await statusOf(bench, id)).status).toBe("cancelled");
    }));

  it("running -> cancelled: what has not ended is cancelled with it", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      await bench.runner.begin(bench.ref(id), "first", "t", 1_000, []);
      await bench.caller.cancel(CALLER, id, null);
      expect(await statusOf(bench, id)).toMatchObject({
        status: "cancelled",
        steps: [{ status: "cancelled" }, { status: "pending" }],
      });
      expect(await bench.runner.finish(bench.ref(id), "first", {}, null)).toEqual({ do: "stop" });
    }));

  it("settled: says that nothing changed, and changes nothing", () =>
    inRegistry(async (bench) => {
      const id = await settled(bench);
      expect(await bench.caller.cancel(CALLER, id, null)).toMatchObject({
        ok: true,
        value: { status: "succeeded", changed: false },
      });
      expect(bench.engine.terminated).toEqual([]);
    }));

  it("wakes those who wait", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const waiting = bench.caller.waitFor(CALLER, [id], "all", 20_000);
      await bench.caller.cancel(CALLER, id, null);
      expect(await waiting).toMatchObject({ ok: true, value: { timed_out: false, jobs: [{ status: "cancelled" }] } });
    }));

  it("of another tenant's job: unknown", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      expect(await bench.caller.cancel(callerOf("other"), id, null)).toEqual({
        ok: false,
        error: { code: "unknown_job" },
      });
      expect((await statusOf(bench, id)).status).toBe("queued");
    }));
});

describe("waitFor", () => {
  it("any: ends with the first job that settles; all: with the last", () =>
    inRegistry(async (bench) => {
      const first = await settled(bench);
      const { id: second } = await bench.submit();
      const any = await bench.caller.waitFor(CALLER, [first, second], "any", 20_000);
      expect(any).toMatchObject({
        ok: true,
        value: { timed_out: false, jobs: [{ id: first }, { id: second, status: "queued" }] },
      });
      const all = bench.caller.waitFor(CALLER, [first, second], "all", 20_000);
      await bench.caller.cancel(CALLER, second, null);
      expect(await all).toMatchObject({ ok: true, value: { timed_out: false } });
    }));

  it("says so when time is up, which is no error", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      expect(await bench.caller.waitFor(CALLER, [id], "all", 0)).toMatchObject({
        ok: true,
        value: { timed_out: true },
      });
    }));

  it("names the first unknown job", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      expect(await bench.caller.waitFor(CALLER, [id, "job_x"], "all", 20_000)).toEqual({
        ok: false,
        error: { code: "unknown_job", job_id: "job_x" },
      });
    }));
});

describe("remove", () => {
  it("deletes a settled job, and refuses one that is not", () =>
    inRegistry(async (bench) => {
      const { id: open } = await bench.submit();
      expect(await bench.caller.remove(CALLER, open)).toEqual({
        ok: false,
        error: { code: "not_settled", status: "queued" },
      });
      const id = await settled(bench);
      expect(await bench.caller.remove(CALLER, id)).toEqual({ ok: true, value: null });
      expect(await bench.caller.remove(CALLER, id)).toEqual({ ok: false, error: { code: "unknown_job" } });
    }));
});

describe("readResult", () => {
  const whole = { pointer: "", offset: 0, max_bytes: 1_000_000 };

  it("gives the whole, or what a pointer points at, a string bare", () =>
    inRegistry(async (bench) => {
      const id = await settled(bench, { pages: [{ title: "Über" }] });
      const read = (pointer: string) => bench.caller.readResult(CALLER, id, { ...whole, pointer });
      expect(await read("")).toMatchObject({
        ok: true,
        value: { text: '{"pages":[{"title":"Über"}]}', next_offset: null },
      });
      expect(await read("/pages/0/title")).toEqual({
        ok: true,
        value: { text: "Über", next_offset: null, total_bytes: 5 },
      });
      for (const nowhere of ["/pages/1", "pages", "/pages/00", "/__proto__", "/pages/0/title/0"]) {
        expect(await read(nowhere)).toEqual({ ok: false, error: { code: "pointer_not_found" } });
      }
    }));

  it("pages through it without cutting a character, and puts together what was stored", () =>
    inRegistry(async (bench) => {
      const text = "aä€😀".repeat(50);
      const id = await settled(bench, { text });
      for (const max_bytes of [1, 2, 3, 5, 7, 64]) {
        let joined = "";
        for (let offset: number | null = 0; offset !== null; ) {
          const page = await bench.caller.readResult(CALLER, id, { pointer: "/text", offset, max_bytes });
          if (!page.ok) throw new Error(page.error.code);
          expect(page.value.text.isWellFormed()).toBe(true);
          joined += page.value.text;
          offset = page.value.next_offset;
        }
        expect(joined).toBe(text);
      }
    }));

  it("says so when there is no result", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      expect(await bench.caller.readResult(CALLER, id, whole)).toEqual({
        ok: false,
        error: { code: "no_result", status: "queued" },
      });
    }));
});

describe("failures of the same kind", () => {
  it("are those of the same plan, also where plans have no name", () =>
    inRegistry(async (bench) => {
      const failing = async (plan_hash: string, code: string) => {
        const { id } = await bench.submit({ blueprint: "inline", plan_hash });
        await bench.runner.start(bench.ref(id));
        const error = { code, message: "no" };
        await bench.runner.settle(bench.ref(id), { name: "failed", error, path: null }, []);
        bench.clock.now += 1;
        return id;
      };
      const same = await failing("plan 1", "network");
      await failing("plan 2", "network");
      await failing("plan 1", "expression");
      const found = await bench.caller.explain(CALLER, await failing("plan 1", "network"));
      expect(found.ok && found.value.similar.map(({ id }) => id)).toEqual([same]);
    }));
});

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

describe("saved blueprints", () => {
  const plan = (n: number) => planOf([{ id: "a", type: "transform", value: n }]);
  const document = (n: number) => ({ name: "test-plan", steps: [{ id: "a", type: "transform", value: n }] });

  it("count their versions up, keep each, and know an identical document again", () =>
    inRegistry(async ({ caller }) => {
      expect(await caller.saveBlueprint(CALLER, document(1), plan(1))).toEqual({ name: "test-plan", version: 1 });
      expect(await caller.saveBlueprint(CALLER, document(2), plan(2))).toEqual({ name: "test-plan", version: 2 });
      const reordered = { steps: document(2).steps, name: "test-plan" };
      expect(await caller.saveBlueprint(CALLER, reordered, plan(2))).toEqual({ name: "test-plan", version: 2 });
      expect(await caller.savedBlueprint(CALLER, "test-plan", null)).toMatchObject({
        version: 2,
        document: document(2),
      });
      expect(await caller.savedBlueprint(CALLER, "test-plan", 1)).toMatchObject({
        version: 1,
        document: document(1),
        plan: plan(1),
      });
      expect(await caller.savedBlueprint(CALLER, "test-plan", 3)).toBeNull();
      expect(await caller.savedBlueprint(CALLER, "nope", null)).toBeNull();
    }));

  it("are listed by name, the latest version of each, page by page", () =>
    inRegistry(async ({ caller }) => {
      for (const name of ["c", "a", "b", "a"]) {
        await caller.saveBlueprint(CALLER, { ...document(Math.random()), name }, { ...plan(1), name });
      }
      expect(await caller.savedBlueprints(CALLER, "", 2)).toMatchObject([
        { name: "a", version: 2 },
        { name: "b", version: 1 },
      ]);
      expect(await caller.savedBlueprints(CALLER, "b", 2)).toMatchObject([{ name: "c" }]);
    }));
});
