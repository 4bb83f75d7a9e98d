import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { type Bench, inRegistry, planOf } from "../registry/bench.ts";
import { Crash, DiesAsleep, diesAtFirst, RecordingStep, type RunOptions, runSteps } from "./bench.ts";

const call = (id: string, more: JsonObject = {}): JsonObject => {
  return {
    id,
    type: "http",
    url: `https://api.example.com/${id}/{% $exists($item) ? $item : 0 %}`,
    retry: { limit: 0 },
    ...more,
  };
};
const nap = (text: string, id = "nap"): JsonObject => ({ id, type: "sleep", for: text });
const over = (items: Json[], steps: Json[], more: JsonObject = {}): JsonObject => {
  return { id: "all", type: "map", over: items, steps, ...more };
};
const outside = (id: string): JsonObject => ({ id, type: "http", url: `https://api.example.com/${id}/0` });

/** `slow` answers nothing but its signal, all else at once; what had begun is noted, and what was cut. */
function world() {
  const asked: string[] = [];
  const cut: string[] = [];
  const fetch: NonNullable<RunOptions["fetch"]> = async (url, init = {}) => {
    const name = new URL(url).pathname.slice(1);
    asked.push(name);
    if (!name.startsWith("slow")) return Response.json({ name });
    return new Promise((_resolve, reject) =>
      init.signal?.addEventListener("abort", () => {
        cut.push(name);
        reject(new Error("cut"));
      }),
    );
  };
  return { asked, cut, fetch };
}

const LATE = { status: "failed", error_code: "step_timeout", error: expect.stringMatching(/^Step all: No end within/) };

describe.concurrent("the timeout of a step with others inside", () => {
  const inner = { id: "slow", type: "http", url: "https://api.example.com/slow/0", retry: { limit: 0 } };

  it.each<[string, JsonObject]>([
    ["map", over([1, 2], [call("slow")], { timeout: "1 second" })],
    ["parallel", { id: "all", type: "parallel", timeout: "1 second", branches: { a: [inner] } }],
    [
      "parallel of which the first counts",
      { id: "all", type: "parallel", first: true, timeout: "1 second", branches: { a: [inner] } },
    ],
    ["repeat", { id: "all", type: "repeat", timeout: "{% '1 second' %}", steps: [inner] }],
  ])("ends what acts in a %s, and fails it", (_what, step) =>
    inRegistry(async (bench) => {
      const { fetch, asked, cut } = world();
      const run = await runSteps(bench, [step, outside("after")], { fetch });
      expect(await run.status()).toMatchObject(LATE);
      expect(cut).toEqual(asked);
      expect(asked).not.toContain("after/0");
    }),
  );

  it.each<[string, JsonObject]>([
    ["map", over([1], [nap("1 hour")], { timeout: "10 minutes" })],
    ["repeat", { id: "all", type: "repeat", timeout: "10 minutes", pause: "1 hour", steps: [nap("1 second")] }],
  ])("ends what waits in a %s", (_what, step) =>
    inRegistry(async (bench) => {
      const start = bench.clock.now;
      const run = await runSteps(bench, [step]);
      expect(await run.status()).toMatchObject(LATE);
      expect(bench.clock.now - start).toBe(600_000);
    }),
  );

  it("is over for the plan to go on from, with what had finished", () =>
    inRegistry(async (bench) => {
      const { fetch } = world();
      const rows = [
        { ...call("slow", { when: "{% $item = 2 %}" }) },
        { id: "v", type: "transform", value: "{% $item %}" },
      ];
      const step = over([1, 2, 3], rows, { timeout: "1 second", on_error: "continue" });
      const run = await runSteps(bench, [step, outside("after")], { fetch, output: "{% $steps.all %}" });
      expect((await run.status()).result).toMatchObject({ error: { code: "step_timeout" }, done: [1, null, 3] });
      await run.resume(new RecordingStep());
      expect((await run.status()).status).toBe("succeeded");
    }));

  it("counts from the first run, whoever runs it on", () =>
    inRegistry(async (bench) => {
      const start = bench.clock.now;
      const step = new RecordingStep();
      let crashed = false;
      const registry = (real: Bench["runner"]): Bench["runner"] =>
        new Proxy(real, {
          get: (target, name) =>
            name !== "rest"
              ? Reflect.get(target, name)
              : async (...args: Parameters<Bench["runner"]["rest"]>) => {
                  const answer = await target.rest(...args);
                  if (!crashed) {
                    crashed = true;
                    bench.clock.now += 300_000;
                    throw new Crash();
                  }
                  return answer;
                },
        });
      const run = await runSteps(bench, [over([1], [nap("1 hour")], { timeout: "10 minutes" })], { step, registry });
      await run.resume(new RecordingStep());
      expect(await run.status()).toMatchObject(LATE);
      expect(bench.clock.now - start).toBe(600_000);
    }));

  it.each<[string, JsonObject]>([
    ["map", over([1, 2], [nap("1 hour"), call("late")], { timeout: "10 minutes" })],
    [
      "parallel",
      { id: "all", type: "parallel", timeout: "10 minutes", branches: { a: [nap("1 hour"), outside("late")] } },
    ],
    ["repeat", { id: "all", type: "repeat", limit: 2, timeout: "10 minutes", steps: [nap("1 hour"), outside("late")] }],
  ])("lets nothing more begin in a %s once it is over, though nobody ran when that was", (_what, bounded) =>
    inRegistry(async (bench) => {
      const { fetch, asked } = world();
      const step = new DiesAsleep();
      const run = await runSteps(bench, [bounded, outside("after")], { fetch, step });
      bench.clock.now += 2 * 3_600_000;
      await run.resume(new RecordingStep());
      expect(await run.status()).toMatchObject(LATE);
      expect(asked).toEqual([]);
    }),
  );

  it("lets a rest that was over in time be over, though nobody ran when that was", () =>
    inRegistry(async (bench) => {
      const step = new DiesAsleep();
      const run = await runSteps(bench, [over([1], [nap("5 minutes")], { timeout: "10 minutes" })], { step });
      bench.clock.now += 2 * 3_600_000;
      await run.resume(new RecordingStep());
      expect((await run.status()).status).toBe("succeeded");
    }));

  it("ends a race that was won, and not decided before the time around it was over", () =>
    inRegistry(async (bench) => {
      const { fetch } = world();
      const registry = diesAtFirst("halt", () => {
        bench.clock.now += 2 * 3_600_000;
      });
      const race = { id: "race", type: "parallel", first: true, branches: { a: [outside("quick")] } };
      const run = await runSteps(bench, [over([1], [race], { timeout: "10 minutes" })], { fetch, registry });
      await run.resume(new RecordingStep());
      expect(await run.status()).toMatchObject(LATE);
    }));

  it("does not end a step that was in time, when the plan is run through again long after", () =>
    inRegistry(async (bench) => {
      const { fetch, asked } = world();
      const steps = [over([1, 2], [call("quick")], { timeout: "10 minutes" }), nap("1 hour", "long"), outside("after")];
      const step = new RecordingStep();
      const run = await runSteps(bench, steps, { fetch, step });
      expect((await run.status()).status).toBe("succeeded");
      const again = await bench.submit({ plan: planOf(steps), plan_hash: crypto.randomUUID() });
      let dies = true;
      const registry = (real: Bench["runner"]): Bench["runner"] =>
        new Proxy(real, {
          get: (target, name) =>
            name !== "begin"
              ? Reflect.get(target, name)
              : async (...args: Parameters<Bench["runner"]["begin"]>) => {
                  if (args[1] === "after" && dies) {
                    dies = false;
                    throw new Crash();
                  }
                  return target.begin(...args);
                },
        });
      asked.length = 0;
      const second = await runSteps(bench, steps, { fetch, registry, existing: again.id });
      await second.resume(new RecordingStep());
      expect((await second.status()).status).toBe("succeeded");
      expect(asked).toEqual(["quick/1", "quick/2", "after/0"]);
    }));

  it("is none where a plan of 0.1.0 has its default, which meant nothing", () =>
    inRegistry(async (bench) => {
      const plan = planOf([over([1], [nap("1 hour")])]);
      const [map] = plan.steps as unknown as JsonObject[];
      const old = { ...map, retry: { limit: 0, delay: "2 seconds", backoff: "exponential" }, timeout: "30 seconds" };
      const stored = { ...plan, steps: [old] } as unknown as typeof plan;
      const { id } = await bench.submit({ plan: stored, plan_hash: crypto.randomUUID() });
      const run = await runSteps(bench, [nap("1 second")], { existing: id });
      expect((await run.status()).status).toBe("succeeded");
    }));

  it("keeps no retry, which means nothing there, so that the two are told apart", () => {
    const [step] = planOf([over([1], [nap("1 hour")], { retry: { limit: 2 }, timeout: "2 hours" })]).steps;
    expect(step).not.toHaveProperty("retry");
    expect(step).toMatchObject({ timeout: "2 hours" });
  });
});

describe.concurrent("a lane that waits beside others that act", () => {
  it(
    "goes on at its time, not when the segment ends",
    () =>
      inRegistry(async (bench) => {
        const { fetch } = world();
        // No wait of the engine is asked for: the timer decides while the other branch acts.
        const branches = {
          timer: [nap("11 seconds"), { id: "t", type: "transform", value: 1 }],
          work: [outside("slow")],
        };
        const pace = new RecordingStep();
        const run = await runSteps(bench, [{ id: "all", type: "parallel", first: "timer", branches }], {
          fetch,
          step: pace,
        });
        expect((await run.status()).result).toEqual({ branch: "timer", value: 1 });
        expect(pace.names).toEqual(["segment-1"]);
      }),
    30_000,
  );
});
