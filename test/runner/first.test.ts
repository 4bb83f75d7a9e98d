import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { type Bench, CALLER, inRegistry } from "../registry/bench.ts";
import { Crash, DiesAsleep, diesAtFirst, RecordingStep, type RunOptions, runSteps } from "./bench.ts";

const call = (id: string, more: Record<string, Json> = {}): Json => {
  return { id, type: "http", url: `https://api.example.com/${id}`, retry: { limit: 0 }, ...more };
};
const race = (branches: Record<string, Json[]>, first: Json = true, more: Record<string, Json> = {}): Json => {
  return { id: "race", type: "parallel", first, branches, ...more };
};
const nap = (length: string, id = "nap"): Json => ({ id, type: "sleep", for: length });
const after = call("after");
const output = "{% $steps.race %}";

/** `slow*` answers nothing but its signal, `bad*` 402, all else what it is called. */
function world() {
  const asked: string[] = [];
  let inFlight = 0;
  const fetch: NonNullable<RunOptions["fetch"]> = async (url, init = {}) => {
    const name = new URL(url).pathname.slice(1);
    asked.push(name);
    if (name === "after") expect(inFlight).toBe(0);
    if (name.startsWith("bad")) return new Response("no", { status: 402 });
    if (!name.startsWith("slow")) return Response.json({ name });
    inFlight += 1;
    return new Promise((_resolve, reject) =>
      init.signal?.addEventListener("abort", () => {
        inFlight -= 1;
        reject(new Error("cut"));
      }),
    );
  };
  return { asked, fetch };
}

describe("parallel with first", () => {
  it("ends with the first branch that succeeds, when the others have been stopped", () =>
    inRegistry(async (bench) => {
      const { asked, fetch } = world();
      const branches = { a: [call("slow_a"), call("next")], b: [call("quick")], c: [nap("1 hour")] };
      const run = await runSteps(bench, [race(branches), after], {
        fetch,
        output: "{% $steps.race.branch & $steps.race.value.body.name %}",
      });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: "bquick" } });
      expect(asked.sort()).toEqual(["after", "quick", "slow_a"]);
      expect(run.step.sleeps).toEqual([]);
    }));

  it("does not take a failed or a skipped branch for the first", () =>
    inRegistry(async (bench) => {
      const { fetch } = world();
      const branches = {
        a: [call("bad")],
        b: [call("never", { when: "{% false %}" })],
        c: [nap("1 minute"), call("late")],
      };
      const run = await runSteps(bench, [race(branches), after], { fetch, output: "{% $steps.race.branch %}" });
      expect((await run.status()).result).toEqual({ value: "c" });
    }));

  it("fails with the last failure when all fail, and goes on from that when it may", () =>
    inRegistry(async (bench) => {
      const { asked, fetch } = world();
      const branches = { a: [nap("1 minute"), call("bad_a")], b: [call("bad_b")] };
      const failing = await runSteps(bench, [race(branches), after], { fetch });
      expect(await failing.status()).toMatchObject({
        status: "failed",
        error: expect.stringContaining("Step race.a.bad_a: HTTP 402"),
      });
      const going = await runSteps(bench, [race(branches, true, { on_error: "continue" }), after], { fetch, output });
      expect((await going.status()).result).toMatchObject({ error: { code: "http_status" } });
      expect(asked.at(-1)).toBe("after");
    }));

  it("yields nothing when all are skipped", () =>
    inRegistry(async (bench) => {
      const skipped = { when: "{% false %}" };
      const steps = [race({ a: [call("a", skipped)], b: [call("b", skipped)] })];
      const run = await runSteps(bench, steps, { output: { there: "{% $exists($steps.race) %}" } });
      expect((await run.status()).result).toEqual({ there: false });
    }));

  it("lets a named branch decide: as a timer it ends the others", () =>
    inRegistry(async (bench) => {
      const { fetch } = world();
      const ask = { id: "ask", type: "input", message: "?", schema: { type: "object", properties: {} } };
      const branches = { work: [call("quick"), ask], timer: [nap("1 minute")] };
      const run = await runSteps(bench, [race(branches, "timer"), after], { fetch, output });
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        result: { branch: "timer" },
        input_requests: [],
      });
    }));

  it("lets a named branch decide: well or badly, whatever becomes of the others", () =>
    inRegistry(async (bench) => {
      const { fetch } = world();
      const well = await runSteps(bench, [race({ a: [call("bad")], b: [nap("1 minute"), call("fine")] }, "b")], {
        fetch,
        output,
      });
      expect((await well.status()).result).toMatchObject({ branch: "b", value: { body: { name: "fine" } } });
      const badly = await runSteps(bench, [race({ a: [call("ok"), nap("1 hour")], b: [call("bad")] }, "b"), after], {
        fetch,
      });
      expect((await badly.status()).error).toContain("Step race.b.bad: HTTP 402");
    }));

  it.each<[string, Json]>([
    ["any", true],
    ["the named one", "b"],
  ])("acts no more in a branch that has failed, whoever runs the job on (of which %s is first)", (_which, first) =>
    inRegistry(async (bench) => {
      const { asked, fetch } = world();
      const branches = {
        a: [call("bad", { retry: { limit: 1, delay: "1 second" } })],
        b: [nap("1 hour"), call("fine")],
      };
      const step = new DiesAsleep();
      const run = await runSteps(bench, [race(branches, first)], { fetch, step, output: "{% $steps.race.branch %}" });
      await run.resume(new DiesAsleep());
      await run.resume(new RecordingStep());
      expect(asked).toEqual(["bad", "fine"]);
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: "b" } });
    }),
  );

  it("fails with what its branches failed of in earlier runs, and a retry acts there again", () =>
    inRegistry(async (bench) => {
      const { asked, fetch } = world();
      const branches = { a: [nap("1 hour"), call("bad_a")], b: [call("bad_b")] };
      const run = await runSteps(bench, [race(branches)], { fetch, registry: diesAtFirst("settle") });
      expect((await run.status()).status).toBe("running");
      await run.resume(new RecordingStep());
      expect(asked).toEqual(["bad_b", "bad_a"]);
      expect((await run.status()).error).toContain("Step race.a.bad_a: HTTP 402");
      const again = await bench.caller.retry(CALLER, run.id, { from_step: null, input: null });
      if (!again.ok) throw new Error(again.error.code);
      await runSteps(bench, [race(branches)], { fetch, existing: again.value.id });
      expect(asked.slice(2).sort()).toEqual(["bad_a", "bad_b"]);
    }));

  it.each([false, true])("keeps its winner over a crash around the decision (after the registry has it: %s)", (late) =>
    inRegistry(async (bench) => {
      const { asked, fetch } = world();
      let crashed = false;
      const registry = (real: Bench["runner"]) =>
        new Proxy(real, {
          get: (target, name) =>
            name !== "halt" || crashed
              ? Reflect.get(target, name)
              : async (...args: Parameters<Bench["runner"]["halt"]>) => {
                  crashed = true;
                  if (late) await target.halt(...args);
                  throw new Crash();
                },
        });
      const branches = { a: [call("slow_a"), call("next")], b: [call("quick")] };
      const run = await runSteps(bench, [race(branches), after], {
        fetch,
        registry,
        output: "{% $steps.race.branch %}",
      });
      expect((await run.status()).status).toBe("running");
      await run.resume(new RecordingStep());
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: "b" } });
      expect(asked.filter((name) => name === "quick" || name === "next")).toEqual(["quick"]);
    }),
  );
});
