import { describe, expect, it } from "vitest";
import { CATALOG } from "../../src/catalog/index.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import type { RunnerApi } from "../../src/registry/api/caller.ts";
import { type Bench, CALLER, inRegistry, planOf, statusOf } from "../registry/bench.ts";
import { Crash, diesAtFirst, RecordingStep, runSteps } from "./bench.ts";

const post = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: "http",
  method: "POST",
  url: `https://example.com/${id}`,
  retry: { limit: 0 },
  ...more,
});
const { id: _, ...bare } = post("x");
const undoOf = (id: string, body: Json = {}): JsonObject => ({ ...bare, url: `https://example.com/un-${id}`, body });
const effect = (id: string, body?: Json): JsonObject => post(id, { undo: undoOf(id, body) });
const nap: JsonObject = { id: "nap", type: "sleep", for: "1 hour" };
const fails = (id = "fails"): JsonObject => post(id, { url: "https://example.com/fails", expect: [201] });

/** Answers every request, and remembers in which order they came. */
function service() {
  const calls: string[] = [];
  const bodies: Record<string, Json> = {};
  const keys: Record<string, string | null> = {};
  const fetch = async (url: string, init: RequestInit = {}) => {
    const name = url.slice("https://example.com/".length);
    calls.push(name);
    bodies[name] = typeof init.body === "string" ? JSON.parse(init.body) : null;
    keys[name] = new Headers(init.headers).get("idempotency-key");
    return Response.json({ of: name });
  };
  return { fetch, calls, bodies, keys };
}

/** Runs the cleanup job of the job. @returns its status */
async function cleanedUp(bench: Bench, id: string, fetch: (url: string, init?: RequestInit) => Promise<Response>) {
  await bench.settleBackground();
  const { cleanup_job_id } = await statusOf(bench, id);
  if (cleanup_job_id === undefined) throw new Error("there is no cleanup job");
  await runSteps(bench, [post("unused")], { existing: cleanup_job_id, fetch });
  return statusOf(bench, cleanup_job_id);
}

describe("undo", () => {
  it("runs the undos of finished steps, the last finished first, when the job fails", () =>
    inRegistry(async (bench) => {
      const { fetch, calls, bodies } = service();
      const steps = [effect("a"), effect("b", { seen: "{% $steps.a.body.of & $steps.b.body.of %}" }), fails()];
      const { id } = await runSteps(bench, steps, { fetch });
      expect(await statusOf(bench, id)).toMatchObject({ status: "failed", error_code: "http_status" });
      const cleanup = await cleanedUp(bench, id, fetch);
      expect(calls).toEqual(["a", "b", "fails", "un-b", "un-a"]);
      expect(bodies["un-b"]).toEqual({ seen: "ab" });
      expect(cleanup).toMatchObject({ status: "succeeded", parent_id: id, progress: 1 });
      expect(cleanup.steps?.map((step) => [step.id, step.status])).toEqual([
        ["a", "succeeded"],
        ["b", "succeeded"],
      ]);
    }));

  it("leaves a job that has nothing to undo alone, and one that succeeds", () =>
    inRegistry(async (bench) => {
      const { fetch, calls } = service();
      for (const steps of [[effect("a")], [fails(), effect("b")]]) {
        const { id } = await runSteps(bench, steps, { fetch });
        expect((await statusOf(bench, id)).cleanup_job_id).toBeUndefined();
      }
      expect(calls).toEqual(["a", "fails"]);
    }));

  it("undoes inside rows, each of which sees its own item", () =>
    inRegistry(async (bench) => {
      const { fetch, calls, bodies } = service();
      const seen = { item: "{% $item %}", index: "{% $index %}", first: "{% $steps.first %}" };
      const row = post("{% $item %}", { id: "row", undo: undoOf("{% $item %}", seen) });
      const first = { id: "first", type: "transform", value: "{% $item & '!' %}" };
      const map = { id: "all", type: "map", over: ["x", "y", "z"], concurrency: 1, steps: [first, row] };
      const { id } = await runSteps(bench, [map, fails()], { fetch });
      await cleanedUp(bench, id, fetch);
      expect(calls).toEqual(["x", "y", "z", "fails", "un-z", "un-y", "un-x"]);
      expect(bodies["un-y"]).toEqual({ item: "y", index: 1, first: "y!" });
    }));

  it("undoes inside rounds, each of which sees its own state", () =>
    inRegistry(async (bench) => {
      const { fetch, calls, bodies } = service();
      const seen = { state: "{% $state %}", round: "{% $round %}" };
      const step = post("{% 'r' & $round %}", { id: "go", undo: undoOf("{% 'r' & $round %}", seen) });
      const next = "{% $state & $string($round) %}";
      const repeat = { id: "rounds", type: "repeat", state: "s", limit: 3, next, steps: [step] };
      const { id } = await runSteps(bench, [repeat, fails()], { fetch });
      expect(await cleanedUp(bench, id, fetch)).toMatchObject({ status: "succeeded" });
      expect(calls).toEqual(["r1", "r2", "r3", "fails", "un-r3", "un-r2", "un-r1"]);
      expect(bodies["un-r3"]).toEqual({ state: "s12", round: 3 });
    }));

  it("undoes the branches, the child's place and what a list says, and goes on when one fails", () =>
    inRegistry(async (bench) => {
      const { fetch, calls } = service();
      const steps = [
        post("a", {
          undo: [
            { ...undoOf("a1"), id: "one" },
            { ...undoOf("a2"), id: "second", body: { of: "{% $steps.one.body.of %}" } },
          ],
        }),
        post("b", { undo: { ...bare, url: "https://example.com/no", expect: [201] } }),
        { id: "both", type: "parallel", branches: { one: [effect("c")] } },
        fails(),
      ];
      const { id } = await runSteps(bench, steps, { fetch });
      const cleanup = await cleanedUp(bench, id, fetch);
      expect(calls).toEqual(["a", "b", "c", "fails", "un-c", "no", "un-a1", "un-a2"]);
      expect(cleanup).toMatchObject({ status: "failed", error_code: "http_status" });
      expect(cleanup.error).toMatch(/^Step b\.undo: /);
    }));

  const more = ["t", "u", "v"].map((id) => ({ id, type: "transform", value: "{% $count([1..9]) %}" }));
  const slow = [...more, effect("lost"), { ...nap, id: "long", for: "2 hours" }];
  const race: JsonObject = {
    id: "race",
    type: "parallel",
    first: "fast",
    branches: { fast: [nap, effect("won")], slow },
  };
  const undone = (calls: string[]) => calls.filter((name) => name.startsWith("un-"));
  /** Waits, and asks nobody. */
  const hold = {
    ...{ id: "hold", type: "input", message: "?", schema: { type: "object", properties: {} } },
    ...{ timeout: "1 hour", default: {} },
  };

  it.each([
    ["succeeds", [hold], ["un-lost"]],
    ["fails", [hold, fails()], ["un-lost", "un-won"]],
  ])(
    "takes back at once, beside the job, what the branches did that were not first; then the job %s",
    (_, steps, all) =>
      inRegistry(async (bench) => {
        const { fetch, calls } = service();
        const step = new RecordingStep();
        let during: JsonObject = {};
        step.whileWaiting = async () => {
          await bench.settleBackground();
          const [{ id = "" } = {}] = bench.engine.started.map(({ job_id }) => ({ id: job_id }));
          const before = await statusOf(bench, id);
          const cleanup = await cleanedUp(bench, id, fetch);
          const after = await statusOf(bench, id);
          during = {
            before: before.status,
            cleanup: cleanup.status,
            parent: cleanup.parent_id === id,
            after: after.status,
          };
          expect(undone(calls)).toEqual(["un-lost"]);
          step.whileWaiting = async () => undefined;
        };
        const { id } = await runSteps(bench, [race, ...steps], { fetch, step });
        const waits = "input_required";
        expect(during).toEqual({ before: waits, cleanup: "succeeded", parent: true, after: waits });
        if (all.length > 1) await cleanedUp(bench, id, fetch);
        expect(undone(calls)).toEqual(all);
      }),
  );

  it.each([
    ["goes on", false],
    ["dies with it", true],
  ])("goes on with what was lost when its job is cancelled amid that, also when its process %s", (_, dies) =>
    inRegistry(async (bench) => {
      const { fetch, calls } = service();
      const amid: JsonObject[] = [];
      const step = new RecordingStep();
      step.whileWaiting = async () => {
        step.whileWaiting = async () => undefined;
        await bench.settleBackground();
        const [id = "", ofRace = ""] = bench.engine.started.map(({ job_id }) => job_id);
        const cancelling = async (url: string, init?: RequestInit) => {
          if (amid.length > 0) return fetch(url, init);
          await bench.caller.cancel(CALLER, id, "enough");
          await bench.settleBackground();
          const { status, cleanup_job_id } = await statusOf(bench, id);
          amid.push({ status, hasOther: cleanup_job_id !== ofRace, started: bench.engine.started.length });
          if (dies) throw new Crash();
          return fetch(url, init);
        };
        const run = await runSteps(bench, [post("unused")], { existing: ofRace, fetch: cancelling });
        if (dies) await run.resume(new RecordingStep());
        expect(await run.status()).toMatchObject({ status: "succeeded", parent_id: id });
      };
      const { id } = await runSteps(bench, [race, hold], { fetch, step });
      expect(amid).toEqual([{ status: "cancelled", hasOther: true, started: 2 }]);
      expect(undone(calls)).toEqual(["un-lost"]);
      expect(await cleanedUp(bench, id, fetch)).toMatchObject({ status: "succeeded" });
      expect(undone(calls)).toEqual(["un-lost", "un-won"]);
      expect(await bench.caller.remove(CALLER, id)).toMatchObject({ ok: true });
    }),
  );

  it("goes on with what was lost when its job ends meanwhile, and takes the rest back after that", () =>
    inRegistry(async (bench) => {
      const { fetch, calls } = service();
      const { id } = await runSteps(bench, [race, fails()], { fetch });
      await bench.settleBackground();
      const [ofRace, last] = bench.engine.started.map(({ job_id }) => job_id).slice(1);
      expect(last).toBeUndefined();
      expect(await statusOf(bench, id)).toMatchObject({
        status: "failed",
        cleanup_job_id: expect.not.stringMatching(ofRace ?? ""),
      });
      expect(await bench.caller.remove(CALLER, id)).toMatchObject({ ok: false, error: { code: "not_settled" } });
      await runSteps(bench, [post("unused")], { existing: ofRace ?? "", fetch });
      expect(undone(calls)).toEqual(["un-lost"]);
      expect(await cleanedUp(bench, id, fetch)).toMatchObject({ status: "succeeded" });
      expect(undone(calls)).toEqual(["un-lost", "un-won"]);
    }));

  it("takes back what is lost of races in rows, rounds and other races, each once", () =>
    inRegistry(async (bench) => {
      const { fetch, calls } = service();
      const at = (name: string, more: JsonObject = {}) => {
        const url = `https://example.com/{% '${name}' & $item & $round %}`;
        return post(name, { url, undo: { ...bare, url: url.replace("com/", "com/un-"), body: null }, ...more });
      };
      const doze = (id: string, length: string): JsonObject => ({ id, type: "sleep", for: length });
      const inner = {
        ...{ id: "inner", type: "parallel", first: "b1" },
        branches: { b1: [doze("n1", "1 minute"), at("in_won")], b2: [at("in_lost"), doze("n2", "2 hours")] },
      };
      const outer = {
        ...{ id: "outer", type: "parallel", first: "a1" },
        branches: { a1: [doze("n3", "1 hour"), at("won")], a2: [inner, doze("n4", "5 hours")] },
      };
      const rounds = { id: "rounds", type: "repeat", limit: 2, steps: [outer] };
      const map = { id: "all", type: "map", over: ["x", "y"], concurrency: 1, steps: [rounds] };
      const { id } = await runSteps(bench, [map, fails()], { fetch });
      for (let n = 1; n < bench.engine.started.length; n++) {
        await bench.settleBackground();
        await runSteps(bench, [post("unused")], { existing: bench.engine.started[n]?.job_id ?? "", fetch });
        await bench.settleBackground();
      }
      const places = ["x1", "x2", "y1", "y2"];
      const lost = places.flatMap((place) => [`un-in_lost${place}`, `un-in_won${place}`]);
      expect(undone(calls).slice(0, 8).sort()).toEqual(lost.sort());
      expect(undone(calls).slice(8)).toEqual(places.toReversed().map((place) => `un-won${place}`));
      expect(await statusOf(bench, id)).toMatchObject({ status: "failed" });
    }));

  it("sees a race's round as it was, and reads no other, however far the job has come", () =>
    inRegistry(async (bench) => {
      const { fetch, bodies } = service();
      const value = (id: string, made: Json): JsonObject => ({ id, type: "transform", value: made });
      const doze = (id: string, length: string): JsonObject => ({ id, type: "sleep", for: length });
      const seen = { place: "{% $steps.place %}", state: "{% $state %}", far: "{% $steps.far %}" };
      const name = "{% $steps.place %}";
      const lost = post("lost", { url: `https://example.com/${name}`, undo: undoOf(name, seen) });
      const race = {
        ...{ id: "race", type: "parallel", first: "fast" },
        branches: { fast: [doze("n1", "1 minute"), value("won", 1)], slow: [lost, doze("n2", "2 hours")] },
      };
      const next = "{% $state & $round %}";
      const inner = {
        id: "inner",
        type: "repeat",
        limit: 3,
        next,
        steps: [value("place", "{% $steps.at & $round %}"), race],
      };
      const around = [value("at", "{% 'p' & $round & '-' %}"), { ...inner, state: "{% $state & ':' %}" }];
      const loop = { id: "loop", type: "repeat", limit: 3, state: "s", next: "{% $state & $round %}", steps: around };
      const { id } = await runSteps(bench, [value("far", "far"), loop], { fetch });
      expect(await statusOf(bench, id)).toMatchObject({ status: "succeeded" });
      await bench.settleBackground();
      const read: string[] = [];
      const registry = (real: RunnerApi): RunnerApi =>
        new Proxy(real, {
          get: (target, name) =>
            name !== "parentJournal"
              ? Reflect.get(target, name)
              : async (...args: Parameters<RunnerApi["parentJournal"]>) => {
                  const page = await target.parentJournal(...args);
                  if (page.do === "page") read.push(...page.values.map(({ path }) => path));
                  return page;
                },
        });
      for (const { job_id } of bench.engine.started.slice(1)) {
        await runSteps(bench, [post("unused")], { existing: job_id, fetch, registry });
      }
      const states = ["s", "s1", "s12"].flatMap((outer) => ["", "1", "12"].map((more) => `${outer}:${more}`));
      const places = [1, 2, 3].flatMap((outer) => [1, 2, 3].map((round) => `p${outer}-${round}`));
      const told = places.map((place, i) => [`un-${place}`, { place, state: states[i], far: "far" }]);
      expect(Object.entries(bodies).filter(([name]) => name.startsWith("un-"))).toEqual(told);
      const effects = places.map((place) => `loop#${place.slice(1).replace("-", ".inner#")}.race.slow.lost`);
      expect(read.filter((path) => path.endsWith(".lost"))).toEqual(effects);
    }));

  it("retries what was lost and not taken back under its key, also when its job has gone on", () =>
    inRegistry(async (bench) => {
      const { fetch, calls, keys } = service();
      let broken = true;
      const failing = async (url: string, init?: RequestInit) => {
        const answer = await fetch(url, init);
        return broken && url.endsWith("un-lost") ? new Response("", { status: 400 }) : answer;
      };
      const { id } = await runSteps(bench, [race], { fetch: failing });
      const cleanup = await cleanedUp(bench, id, failing);
      expect(cleanup).toMatchObject({ status: "failed", error: expect.stringContaining("race.slow.lost.undo") });
      broken = false;
      const again = await bench.caller.retry(CALLER, cleanup.id, { from_step: null, input: null });
      if (!again.ok) throw new Error(again.error.code);
      expect(await cleanedUp(bench, id, failing)).toMatchObject({ id: again.value.id, status: "succeeded" });
      expect(undone(calls)).toEqual(["un-lost", "un-lost"]);
      expect(keys["un-lost"]).toBe(`${cleanup.id}.race.slow.lost.undo~1`);
      expect(await bench.caller.remove(CALLER, id)).toMatchObject({ ok: true });
    }));

  it("reuses the branch that was first in a retry from a later step, though the others were undone", () =>
    inRegistry(async (bench) => {
      const { fetch, calls } = service();
      const branches = { slow: [effect("lost"), nap], fast: [post("x"), effect("won")] };
      const race = { id: "race", type: "parallel", first: "fast", branches };
      const { id } = await runSteps(bench, [race, post("after")], { fetch });
      await cleanedUp(bench, id, fetch);
      const again = await bench.caller.retry(CALLER, id, { from_step: "after", input: null });
      if (!again.ok) throw new Error(again.error.code);
      const before = calls.length;
      const run = await runSteps(bench, [post("unused")], { existing: again.value.id, fetch });
      expect(await run.status()).toMatchObject({ status: "succeeded" });
      expect(calls.slice(before)).toEqual(["after"]);
    }));

  it("has no cleanup job when the branch that was first did all", () =>
    inRegistry(async (bench) => {
      const branches = { slow: [nap], fast: [effect("won")] };
      const race = { id: "race", type: "parallel", first: true, branches };
      const { id } = await runSteps(bench, [race], { fetch: service().fetch });
      await bench.settleBackground();
      const status = await statusOf(bench, id);
      expect(status.status).toBe("succeeded");
      expect(status.cleanup_job_id).toBeUndefined();
    }));

  it("names all that fail, and is retried without taking anything back twice", () =>
    inRegistry(async (bench) => {
      const { fetch, calls, keys } = service();
      const broken = { ...bare, url: "https://example.com/no", expect: "{% $response.body.of = $steps.never %}" };
      const bad = (id: string) => post(id, { undo: { ...broken, url: `https://example.com/un-${id}`, expect: [201] } });
      const { id } = await runSteps(bench, [bad("a"), effect("b"), bad("c"), fails()], { fetch });
      const cleanup = await cleanedUp(bench, id, fetch);
      expect(cleanup.error).toMatch(/^2 steps failed: c\.undo \(http_status: .*; a\.undo \(/);
      expect(cleanup.error_code).toBe("undo_failed");
      const [key] = [keys["un-a"]];
      const again = await bench.caller.retry(CALLER, cleanup.id, { from_step: null, input: null });
      if (!again.ok) throw new Error(again.error.code);
      expect(again.value).toMatchObject({ parent_id: id, retried_from: cleanup.id });
      expect(await statusOf(bench, id)).toMatchObject({ cleanup_job_id: again.value.id });
      const before = calls.length;
      await cleanedUp(bench, id, fetch);
      expect(calls.slice(before)).toEqual(["un-c", "un-a"]);
      expect(key).toBe(`${cleanup.id}.a.undo`);
      expect(keys["un-a"]).toBe(`${cleanup.id}.a.undo~1`);
    }));

  it("sends none again that has failed for good, when the cleanup goes on in another process", () =>
    inRegistry(async (bench) => {
      const { fetch, calls } = service();
      const bad = post("c", { undo: { ...bare, url: "https://example.com/un-c", expect: [201] } });
      const { id } = await runSteps(bench, [effect("a"), bad, fails()], { fetch });
      await bench.settleBackground();
      const cleanupId = (await statusOf(bench, id)).cleanup_job_id ?? "";
      const dying = { existing: cleanupId, fetch, registry: diesAtFirst("undone") };
      const run = await runSteps(bench, [post("unused")], dying);
      expect((await run.status()).status).toBe("running");
      await run.resume(new RecordingStep());
      expect(calls.slice(3)).toEqual(["un-c", "un-a"]);
      expect(await run.status()).toMatchObject({ status: "failed", error: expect.stringMatching(/^Step c\.undo: /) });
      const undone = (await run.status()).steps?.find((step) => step.id === "c");
      expect(undone).toMatchObject({ items: { total: 1, done: 1, failed: 1 } });
    }));
});

describe("finally", () => {
  const last = (more: JsonObject = {}) => [post("last", { body: "{% $outcome %}", ...more })];

  it.each([
    [[effect("a")], { status: "succeeded", error: null }, ["a", "last"]],
    [
      [effect("a"), fails()],
      { status: "failed", error: { code: "http_status", message: expect.any(String), step: "fails" } },
      ["a", "fails", "un-a", "last"],
    ],
  ])("runs however the job ended, after what is undone, and sees how: %#", (steps, outcome, order) =>
    inRegistry(async (bench) => {
      const { fetch, calls, bodies } = service();
      const { id } = await runSteps(bench, steps, { fetch, finally: last() });
      expect(await cleanedUp(bench, id, fetch)).toMatchObject({ status: "succeeded" });
      expect(calls).toEqual(order);
      expect(bodies.last).toEqual(outcome);
    }),
  );

  it("sees the steps as far as they finished", () =>
    inRegistry(async (bench) => {
      const { fetch, bodies } = service();
      const body = { a: "{% $steps.a.body.of %}", t: "{% $steps.t %}", none: "{% $exists($steps.b) %}" };
      const steps = [post("a"), { id: "t", type: "transform", value: "{% $steps.a.status %}" }, fails(), post("b")];
      const { id } = await runSteps(bench, steps, { fetch, finally: last({ body }) });
      await cleanedUp(bench, id, fetch);
      expect(bodies.last).toEqual({ a: "a", t: 200, none: false });
    }));

  it("is told of a cancel and of a timeout", () =>
    inRegistry(async (bench) => {
      const { fetch, bodies } = service();
      const plan = planOf([effect("a"), nap], { finally: last() });
      for (const [end, outcome] of [
        ["cancel", { status: "cancelled", error: null }],
        ["timeout", { status: "failed", error: { code: "job_timeout", step: "nap" } }],
      ] as const) {
        const { id } = await bench.submit({ plan, plan_hash: "p", timeout_ms: 60_000 });
        await bench.runner.start(bench.ref(id));
        await bench.runner.rest(bench.ref(id), "nap", bench.clock.now + 3_600_000, []);
        if (end === "cancel") await bench.caller.cancel(CALLER, id, "enough");
        bench.clock.now += 60_000;
        await bench.reconciler.onAlarm();
        await cleanedUp(bench, id, fetch);
        expect(bodies.last).toMatchObject(outcome);
      }
    }));
});

describe("the blueprint http-saga", () => {
  it("takes back what was answered, with the answer, and skips what says nothing of it", () =>
    inRegistry(async (bench) => {
      const { fetch, calls, bodies } = service();
      const plan = CATALOG.blueprints.find(({ name }) => name === "http-saga")?.plan;
      if (plan === undefined) throw new Error("there is no http-saga");
      const url = (name: string) => ({ url: `https://example.com/${name}`, body: { name } });
      const steps = [
        { do: url("a"), undo: url("un-a") },
        { do: url("b") },
        { do: url("c"), undo: url("un-c") },
        { do: { url: "https://example.com/fails" } },
      ];
      const { id } = await bench.submit({ plan, plan_hash: "saga", input: { steps }, timeout_ms: 3_600_000 });
      const failing = async (to: string, init?: RequestInit) =>
        to.endsWith("/fails") ? new Response("", { status: 400 }) : fetch(to, init);
      await runSteps(bench, [post("unused")], { existing: id, fetch: failing });
      expect(await cleanedUp(bench, id, fetch)).toMatchObject({ status: "succeeded" });
      expect(calls).toEqual(["a", "b", "c", "un-c", "un-a"]);
      expect(bodies["un-c"]).toEqual({ name: "un-c", answer: { of: "c" } });
    }));
});
