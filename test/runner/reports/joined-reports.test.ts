import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { MAX_JOURNAL_BYTES } from "../../../src/limits.ts";
import type { RunnerApi } from "../../../src/registry/api/caller.ts";
import { type Bench, eventTypes, inRegistry } from "../../registry/bench.ts";
import { Crash, json, RecordingStep, type RunOptions, runSteps, scripted } from "../bench.ts";

const call = (id: string, more: Record<string, Json> = {}): Json => {
  return { id, type: "http", url: `https://api.example.com/${id}`, ...more };
};
const pure = (id: string, value: Json) => ({ id, type: "transform", value });

const QUESTION = { message: "Which?", schema: { type: "object", properties: { n: { type: "number" } } } };

/** Steps that wait, by the report with which they begin. */
const WAITS: Record<string, Json> = {
  rest: { id: "nap", type: "sleep", for: "1 hour" },
  ask: { id: "ask", type: "input", ...QUESTION, timeout: "1 hour", default: { n: 1 } },
  spawn: { id: "child", type: "job", blueprint: { name: "child", steps: [pure("n", 1)] }, input: {}, detached: true },
  offer: { id: "work", type: "worker", queue: "films", input: {}, timeout: "1 hour" },
};

/** The registry, and the calls that it was asked, in their order. */
function counted(change: Partial<RunnerApi> = {}) {
  const calls: string[] = [];
  const registry = (real: RunnerApi): RunnerApi =>
    new Proxy(real, {
      get: (target, name) => {
        const method = Reflect.get(name in change ? change : target, name);
        return (...args: unknown[]) => {
          calls.push(String(name));
          return method.apply(name in change ? target : undefined, args);
        };
      },
    });
  return { calls, registry };
}

describe("the calls of the registry", () => {
  it.each([1, 2, 5])("are one more than the steps, of which there are %i", (count) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}));
      const { calls, registry } = counted();
      const steps = Array.from({ length: count }, (_, i) => call(`s${i}`));
      const run = await runSteps(bench, steps, { fetch, registry });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { status: 200 } });
      expect(sent).toHaveLength(count);
      expect(calls).toEqual(["start", ...Array(count - 1).fill("begin"), "settle"]);
    }),
  );

  it("are no more for what is computed between two steps, and behind the last", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({ n: 1 }), json({ n: 2 }));
      const { calls, registry } = counted();
      const skipped = call("skipped", { when: "{% $steps.twice > 5 %}" });
      const steps = [call("one"), pure("twice", "{% $steps.one.body.n * 2 %}"), skipped, call("two")];
      const output = { sum: "{% $steps.twice + $steps.two.body.n %}" };
      const run = await runSteps(bench, steps, { fetch, registry, output });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { sum: 4 } });
      expect(calls).toEqual(["start", "begin", "settle"]);
      expect(eventTypes(await run.status()).slice(3, -1)).toEqual([
        ...["step_started", "step_succeeded", "step_started", "step_succeeded"],
        ...["step_skipped", "step_started", "step_succeeded"],
      ]);
    }));

  it("are two for the first step where it must be evaluated whether and how it acts", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const { calls, registry } = counted();
      const run = await runSteps(bench, [call("one", { when: "{% true %}" })], { fetch, registry });
      expect((await run.status()).status).toBe("succeeded");
      expect(calls).toEqual(["start", "begin", "settle"]);
    }));

  it("are one for each page, and none more for the step that reads them", () =>
    inRegistry(async (bench) => {
      const page = (n: number, next: string | null) => json({ items: [n], next });
      const { fetch } = scripted(page(1, "?page=2"), page(2, "?page=3"), page(3, null), json({}));
      const { calls, registry } = counted();
      const pages = { next: "{% $response.body.next %}", items: "{% $response.body.items %}" };
      const run = await runSteps(bench, [call("all", { pages }), call("two")], {
        fetch,
        registry,
        output: "{% $steps.all.items %}",
      });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: [1, 2, 3] } });
      expect(calls).toEqual(["start", "begin", "begin", "begin", "finish", "begin", "settle"]);
    }));

  it.each(Object.entries(WAITS))("are none more for a step before one that waits: %s", (begins, wait) =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const { calls, registry } = counted();
      const run = await runSteps(bench, [call("one"), wait], { fetch, registry });
      expect(calls.slice(0, 2)).toEqual(["start", begins]);
      expect(calls).not.toContain("finish");
      const { steps } = await run.status();
      expect(steps?.[0]).toMatchObject({ id: "one", status: "succeeded", tries: 1 });
    }),
  );

  it("come at once where rows follow", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const { calls, registry } = counted();
      const rows = { id: "rows", type: "map", over: [1, 2], steps: [call("row")] };
      await runSteps(bench, [call("one"), rows], { fetch, registry });
      expect(calls.slice(0, 3)).toEqual(["start", "finish", "begin"]);
    }));

  it("say apart how a step ended to a registry that would not hear it with the next", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({ n: 1 }));
      const { calls, registry } = counted({
        // As 0.1.0 answers: nothing of runs, and nothing has begun.
        async start(this: RunnerApi, ref) {
          return this.start(ref);
        },
      });
      const run = await runSteps(bench, [call("one"), call("two")], { fetch, registry });
      expect((await run.status()).status).toBe("succeeded");
      expect(calls).toEqual(["start", "begin", "finish", "begin", "finish", "settle"]);
    }));
});

/** One output fits, a second one does not. */
const BIG = "x".repeat(250_000);
/** The empty tables take some 250,000 bytes: there is room for one of two. */
const LIMITS = { storedBytes: 625_000 };
const big = (id: string, more: Record<string, Json> = {}) => call(id, more);
const bigly = () => scripted(json({ text: BIG }));

async function ran(bench: Bench, steps: Json[], options: RunOptions = {}) {
  const { fetch, sent } = bigly();
  const run = await runSteps(bench, steps, { fetch, ...options });
  return { status: await run.status(), asked: sent.map(({ url }) => url.split("/").at(-1)) };
}

describe("an output that is not kept", () => {
  it("fails its own step, and the one that was to begin with the report does not act", () =>
    inRegistry(async (bench) => {
      const steps = [big("one"), big("two"), pure("size", "{% $length($steps.two.body.text) %}"), call("three")];
      const { status, asked } = await ran(bench, steps);
      expect(asked).toEqual(["one", "two"]);
      expect(status).toMatchObject({ status: "failed", error_code: "storage_full", step: "two" });
      expect(status.steps?.map((step) => [step.id, step.status])).toEqual([
        ["one", "succeeded"],
        ["two", "failed"],
        ["size", "pending"],
        ["three", "pending"],
      ]);
    }, LIMITS));

  it("fails its own step where the job was to settle with the report", () =>
    inRegistry(async (bench) => {
      const { status } = await ran(bench, [big("one"), big("two")], { output: "{% $steps.two.status %}" });
      expect(status).toMatchObject({ status: "failed", error_code: "storage_full", step: "two", result: null });
    }, LIMITS));

  it.each(Object.entries(WAITS))("fails its own step, and the wait does not begin: %s", (_name, wait) =>
    inRegistry(async (bench) => {
      const { status } = await ran(bench, [big("one"), big("two"), wait]);
      expect(status).toMatchObject({ status: "failed", error_code: "storage_full", step: "two" });
      expect(status.steps?.map((step) => step.status)).toEqual(["succeeded", "failed", "pending"]);
    }, LIMITS),
  );

  it("is passed over with on_error: continue, and what came after is computed again from that", () =>
    inRegistry(async (bench) => {
      const seen = pure("seen", "{% $exists($steps.two.body) ? 'kept' : $steps.two.error.code %}");
      const text = pure("text", "{% $steps.two.body.text %}");
      const steps = [big("one"), big("two", { on_error: "continue" }), seen, text, call("three")];
      const { fetch } = scripted(json({ text: BIG }), json({ text: BIG }), json({}));
      const output = { seen: "{% $steps.seen %}", gone: "{% $exists($steps.text) %}" };
      const { status } = await ran(bench, steps, { fetch, output });
      expect(status).toMatchObject({ status: "succeeded", result: { seen: "storage_full", gone: false } });
      expect(status.steps?.map((step) => step.status)).toEqual(["succeeded", "failed", ...Array(3).fill("succeeded")]);
    }, LIMITS));

  it("fails the rows around it, or is what they go on from", () =>
    inRegistry(async (bench) => {
      const rows = (on_error: string) => {
        const steps = [big("page"), call("next", { when: "{% false %}" })];
        return { id: "rows", type: "map", over: [1, 2, 3], concurrency: 1, on_error, steps };
      };
      const { status, asked } = await ran(bench, [rows("fail")]);
      expect(asked).toEqual(["page", "page"]);
      expect(status).toMatchObject({ status: "failed", error: expect.stringContaining("rows[1].page: What the step") });
      const again = await ran(bench, [rows("continue")], { output: "{% $steps.rows.error.code %}" });
      expect(again.status).toMatchObject({ status: "succeeded", result: { value: "storage_full" } });
    }, LIMITS));
});

/** Dies with each call of the name that is not about the step `one`. */
const dying = (name: keyof RunnerApi, when: { after: boolean; alive?: boolean }) => (real: RunnerApi) =>
  new Proxy(real, {
    get: (target, called) => {
      const method = Reflect.get(target, called);
      if (called !== name) return method;
      return async (...args: unknown[]) => {
        if (when.alive || args[1] === "one") return method.apply(target, args);
        if (when.after) await method.apply(target, args);
        throw new Crash(`died with ${name}`);
      };
    },
  });

describe("a crash with a joined report", () => {
  it.each(["begin", "settle"] as const)("after %s: the step that ended is not run again", (name) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 1 }));
      const when = { after: true, alive: false };
      const run = await runSteps(bench, [call("one"), call("two")], { fetch, registry: dying(name, when) });
      when.alive = true;
      await run.resume(new RecordingStep());
      expect((await run.status()).status).toBe("succeeded");
      expect(sent.filter(({ url }) => url.endsWith("one"))).toHaveLength(1);
      expect(sent.filter(({ url }) => url.endsWith("two"))).toHaveLength(1);
    }),
  );

  it.each(Object.entries(WAITS))("after %s: the step before the wait is not run again", (name, wait) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 1 }));
      const when = { after: true, alive: false };
      const registry = dying(name as keyof RunnerApi, when);
      const run = await runSteps(bench, [call("one"), wait], { fetch, registry });
      when.alive = true;
      await run.resume(new RecordingStep());
      expect((await run.status()).steps?.[0]).toMatchObject({ status: "succeeded", tries: 1 });
      expect(sent).toHaveLength(1);
    }),
  );

  it.each(Object.entries(WAITS))("before %s: the step before the wait runs again under the same key", (name, wait) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 1 }));
      const when = { after: false, alive: false };
      const registry = dying(name as keyof RunnerApi, when);
      const run = await runSteps(bench, [call("one"), wait], { fetch, registry });
      when.alive = true;
      await run.resume(new RecordingStep());
      expect((await run.status()).steps?.[0]).toMatchObject({ status: "succeeded", tries: 2 });
      expect(sent.map(({ headers }) => headers.get("idempotency-key"))).toEqual([`${run.id}.one`, `${run.id}.one`]);
    }),
  );

  it.each(["begin", "settle"] as const)("before %s: the step runs again under the same key", (name) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 1 }));
      const when = { after: false, alive: false };
      const run = await runSteps(bench, [call("one"), call("two")], { fetch, registry: dying(name, when) });
      when.alive = true;
      await run.resume(new RecordingStep());
      expect((await run.status()).status).toBe("succeeded");
      const last = name === "begin" ? "one" : "two";
      const keys = sent.filter(({ url }) => url.endsWith(last)).map(({ headers }) => headers.get("idempotency-key"));
      expect(keys).toEqual([`${run.id}.${last}`, `${run.id}.${last}`]);
    }),
  );

  it("at the same place again: what ran a second time is reported before anything else is computed", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 1 }));
      const when = { after: false, alive: false };
      const run = await runSteps(bench, [call("one"), call("two")], { fetch, registry: dying("begin", when) });
      for (let i = 0; i < 3; i++) await run.resume(new RecordingStep());
      when.alive = true;
      await run.resume(new RecordingStep());
      expect((await run.status()).status).toBe("succeeded");
      expect(sent.filter(({ url }) => url.endsWith("one"))).toHaveLength(2);
    }));
});

describe("a joined report whose answer was lost", () => {
  it.each(["start", "begin", "settle"] as const)("%s is sent again and changes nothing twice", (name) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}));
      let losses = 2;
      const registry = (real: RunnerApi) =>
        new Proxy(real, {
          get: (target, called) => {
            const method = Reflect.get(target, called);
            if (called !== name) return method;
            return async (...args: unknown[]) => {
              const answer = await method.apply(target, args);
              if (losses-- > 0) throw new Error("Network connection lost.");
              return answer;
            };
          },
        });
      const run = await runSteps(bench, [call("one"), call("two")], { fetch, registry });
      const status = await run.status();
      expect(status).toMatchObject({ status: "succeeded", steps: [{ tries: 1 }, { tries: 1 }] });
      expect(eventTypes(status).filter((type) => type === "step_succeeded")).toHaveLength(2);
      expect(eventTypes(status).filter((type) => type === "step_started")).toHaveLength(2);
      expect(sent).toHaveLength(2);
    }),
  );
});

describe("a wait whose report does not arrive", () => {
  it.each(Object.entries(WAITS))("%s: how the step before it ended is told all the same", (name, wait) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 1 }));
      let losses = 3;
      const { calls, registry } = counted({
        [name]: async () => {
          losses -= 1;
          throw new Error("Network connection lost.");
        },
      });
      const step = new RecordingStep();
      // Of a report that stays away the run is given up; a rest needs none.
      const run = await runSteps(bench, [call("one"), wait], { fetch, registry, step }).catch(() => undefined);
      expect(losses).toBeLessThanOrEqual(0);
      expect(calls.filter((each) => each === "finish")).toHaveLength(1);
      expect(sent).toHaveLength(1);
      await run?.resume();
      expect(sent).toHaveLength(1);
    }),
  );
});

describe("a run that goes on", () => {
  const nap = { id: "nap", type: "sleep", for: "1 hour" };

  /** Runs until the nap begins, and from the top once more. @returns what the second run asked of the registry */
  async function again(bench: Bench, steps: Json[], answer: () => Response) {
    const { fetch, sent } = scripted(answer);
    const { calls, registry } = counted();
    const step = new RecordingStep();
    step.sleep = () => step.die();
    const run = await runSteps(bench, [...steps, nap], {
      fetch,
      registry,
      step,
      output: { ok: true },
    });
    calls.splice(0);
    bench.clock.now += 3_600_000;
    await run.resume(new RecordingStep());
    expect(sent).toHaveLength(steps.length);
    expect((await run.status()).status).toBe("succeeded");
    return calls;
  }

  it("is told with its start of all that is finished, and asks of none of these steps", () =>
    inRegistry(async (bench) => {
      const steps = Array.from({ length: 6 }, (_, i) => call(`s${i}`));
      expect(await again(bench, steps, json({ n: 1 }))).toEqual(["start", "rest", "settle"]);
    }));

  it("reads in pages what is too much for one answer", () =>
    inRegistry(async (bench) => {
      const text = "x".repeat(500_000);
      const count = Math.floor(MAX_JOURNAL_BYTES / 500_000) + 2;
      const steps = Array.from({ length: count }, (_, i) => call(`s${i}`, { max_bytes: 512 * 1024 }));
      expect(await again(bench, steps, json({ text }))).toEqual(["start", "journal", "rest", "settle"]);
    }));
});

describe("an action that began with the start", () => {
  it("says so again when its request took long to make: its time counts from there, in one try", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const { calls, registry } = counted();
      let isSlow = true;
      const run = await runSteps(
        bench,
        [call("one", { headers: { n: "{% $sum($map([1..9000], function($n) { $n })) %}" } })],
        {
          fetch,
          registry,
          // Evaluations give way to others, and time passes.
          pause: async () => {
            if (isSlow) bench.clock.now += 5_000;
            isSlow = false;
          },
        },
      );
      expect(calls).toEqual(["start", "begin", "settle"]);
      expect(await run.status()).toMatchObject({ status: "succeeded", steps: [{ tries: 1 }] });
    }));
});
