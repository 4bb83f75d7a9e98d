import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { type Bench, CALLER, callerOf, inRegistry, planOf, statusOf } from "../bench.ts";

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
