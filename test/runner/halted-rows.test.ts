import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import type { RunnerApi } from "../../src/registry/api/caller.ts";
import { aListQuery, type Bench, CALLER, inRegistry, statusOf } from "../registry/bench.ts";
import { RecordingStep, type RunOptions, runSteps } from "./bench.ts";

const NO_RETRY = { limit: 0 };

const call = (id: string, more: Record<string, Json> = {}): Json => {
  return { id, type: "http", url: `https://api.example.com/${id}`, retry: NO_RETRY, ...more };
};
const branches = (rows: Record<string, Json[]>, more: Record<string, Json> = {}): Json => {
  return { id: "book", type: "parallel", on_error: "continue", branches: rows, ...more };
};
const RELEASE = call("release", { when: "{% $exists($steps.book.error) %}" });

const pathOf = (url: string): string => new URL(url).pathname.slice(1);

/** Turns of the event loop after which whoever was to go on has gone on. */
const STILL = 20;

/**
 * An other side that notes what reached it, in order. `bad*` fails once all others are where they wait for an answer;
 * `slow*` answers when the runner has had its turn after that, `wild*` too, whatever its signal says. No clock is asked.
 */
function world() {
  const effects: string[] = [];
  let inFlight = 0;
  let hasFailed = false;
  /** Requests that began and failures that were told. */
  let moves = 0;
  const allStand = async (isTime: () => boolean, signal?: AbortSignal | null): Promise<void> => {
    for (let still = 0, seen = moves; !isTime() || still < STILL; still++) {
      await scheduler.wait(0);
      signal?.throwIfAborted();
      if (moves !== seen) [still, seen] = [0, moves];
    }
  };
  const fetch: NonNullable<RunOptions["fetch"]> = async (url, init = {}) => {
    const name = pathOf(url);
    moves += 1;
    if (name.startsWith("bad")) {
      await allStand(() => true);
      hasFailed = true;
      moves += 1;
      return new Response("no", { status: 402 });
    }
    if (name === "release") expect(inFlight).toBe(0);
    inFlight += 1;
    try {
      const signal = name.startsWith("slow") ? init.signal : undefined;
      if (/^(slow|wild)/.test(name)) await allStand(() => hasFailed, signal);
      effects.push(name);
      return Response.json({ name });
    } finally {
      inFlight -= 1;
    }
  };
  return { fetch, effects };
}

/** A sleep of this engine never ends: nobody may wait for it. */
class Sleepless extends RecordingStep {
  override sleep(): Promise<void> {
    return new Promise(() => undefined);
  }
}

describe("a row that fails", () => {
  it.each([
    { case: "an action in flight is ended", slow: "slow", effects: ["release"] },
    { case: "an action that cannot be ended is awaited", slow: "wild", effects: ["wild", "release"] },
  ])("$case, nothing beside it begins, and what comes next comes last", ({ slow, effects }) =>
    inRegistry(async (bench) => {
      const { fetch, ...target } = world();
      const rows = { flight: [call("bad")], hotel: [call(slow), call("reserve")] };
      const run = await runSteps(bench, [branches(rows), RELEASE], { fetch });
      expect(target.effects).toEqual(effects);
      expect(await run.status()).toMatchObject({ status: "succeeded", steps: [{ status: "failed" }, {}] });
    }),
  );

  it.each(["POST", "PUT", "PATCH", "DELETE"])(
    "does not hang up on a %s, whose effect would come after what takes it back",
    (method) =>
      inRegistry(async (bench) => {
        const { fetch, effects } = world();
        const rows = { flight: [call("bad")], hotel: [call("slow", { method }), call("reserve")] };
        await runSteps(bench, [branches(rows), RELEASE], { fetch });
        expect(effects).toEqual(["slow", "release"]);
      }),
  );

  it("waits for such a request as long as its step may take, and no longer", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const endless: typeof fetch = (url, init) =>
        pathOf(url) === "endless"
          ? new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))))
          : fetch(url, init);
      const rows = { flight: [call("bad")], hotel: [call("endless", { method: "POST", timeout: "1 second" })] };
      await runSteps(bench, [branches(rows), RELEASE], { fetch: endless });
      expect(effects).toEqual(["release"]);
    }));

  it("lets nobody act who has waited for the turn of its rate meanwhile", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const TURN_MS = 400;
      const rated = (real: RunnerApi): RunnerApi =>
        Object.assign(Object.create(real), {
          begin: async (...asked: Parameters<RunnerApi["begin"]>) => {
            const reply = await real.begin(...asked);
            return reply.do === "run" && asked[1].endsWith("pay") ? { ...reply, turn_ms: TURN_MS } : reply;
          },
        });
      const pause = async (ms: number) => {
        for (let turn = 0; ms === TURN_MS && turn < 10 * STILL; turn++) await scheduler.wait(0);
      };
      const rows = { flight: [call("bad")], hotel: [call("pay", { method: "POST" })] };
      await runSteps(bench, [branches(rows), RELEASE], { fetch, pause, registry: rated });
      expect(effects).toEqual(["release"]);
    }));

  it("of a map lets nobody who waits for a place begin", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const map = {
        id: "book",
        type: "map",
        over: ["bad", "wild_1", "wild_2", "wild_3", "wild_4"],
        concurrency: 3,
        on_error: "continue",
        steps: [call("act", { url: "https://api.example.com/{% $item %}" }), call("further")],
      };
      await runSteps(bench, [map, RELEASE], { fetch });
      expect(effects).toEqual(["wild_1", "wild_2", "release"]);
    }));

  it("in a row of a row ends all rows of both", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const inner = { id: "inner", type: "map", over: [1, 2], steps: [call("bad"), call("never_1")] };
      const rows = { left: [inner, call("never_2")], right: [call("wild"), call("never_3")] };
      const run = await runSteps(bench, [branches(rows), RELEASE], { fetch });
      expect(effects).toEqual(["wild", "release"]);
      expect((await run.status()).status).toBe("succeeded");
    }));

  it("and is passed over inside a row ends only the rows beside it", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const inner = branches({ a: [call("bad")], b: [call("slow"), call("never")] }, { id: "inner" });
      const rows = { left: [inner, call("after")], right: [call("wild"), call("other")] };
      const run = await runSteps(bench, [branches(rows)], { fetch, output: "{% $steps.book.left.body %}" });
      expect((await run.status()).result).toEqual({ name: "after" });
      expect(new Set(effects)).toEqual(new Set(["after", "wild", "other"]));
    }));

  it("fails the job only when all that runs has ended", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const rows = { flight: [call("bad")], hotel: [call("wild"), call("reserve")] };
      const run = await runSteps(bench, [branches(rows, { on_error: "fail" }), call("release")], { fetch });
      expect(effects).toEqual(["wild"]);
      expect(await run.status()).toMatchObject({
        status: "failed",
        error: expect.stringContaining("Step book.flight.bad: HTTP 402"),
      });
    }));

  it.each([
    { what: "a sleep", steps: [{ id: "nap", type: "sleep", for: "1 day" }] },
    { what: "the pause of a poll", steps: [call("free", { until: "{% false %}", every: "1 day" })] },
  ])("does not wait for $what", ({ steps }) =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const rows = { flight: [call("bad")], hotel: [...steps, call("reserve")] };
      const run = await runSteps(bench, [branches(rows), RELEASE], { fetch, step: new Sleepless() });
      expect(effects.at(-1)).toBe("release");
      expect(effects).not.toContain("reserve");
      expect((await run.status()).status).toBe("succeeded");
    }),
  );

  it("does not wait for the pause before another try", () =>
    inRegistry(async (bench) => {
      const target = world();
      const fetch: typeof target.fetch = (url, init) =>
        pathOf(url) === "busy" ? Promise.resolve(new Response("", { status: 503 })) : target.fetch(url, init);
      class Patient extends RecordingStep {
        override async do<T>(name: string, config: Parameters<RecordingStep["do"]>[1], work: () => Promise<T>) {
          if (name !== "book.hotel.busy") return super.do(name, config, work);
          await work().catch(() => undefined);
          return new Promise<T>(() => undefined);
        }
      }
      const busy = call("busy", { retry: { limit: 3, delay: "1 day" } });
      const rows = { flight: [call("bad")], hotel: [busy, call("reserve")] };
      await runSteps(bench, [branches(rows), RELEASE], { fetch, step: new Patient() });
      expect(target.effects).toEqual(["release"]);
    }));

  it("closes the questions beside it", () =>
    inRegistry(async (bench) => {
      const { fetch } = world();
      const step = new RecordingStep();
      step.whileWaiting = () => new Promise(() => undefined);
      const ask = { id: "sure", type: "input", message: "Sure?", schema: { type: "object", properties: {} } };
      const rows = { flight: [call("bad")], hotel: [ask, call("reserve")] };
      const nap = { id: "nap", type: "sleep", for: "1 hour" };
      const run = await runSteps(bench, [branches(rows), nap], { fetch, step });
      expect(await run.status()).toMatchObject({ status: "succeeded", input_requests: [] });
    }));

  it("cancels the children beside it, which act no more", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const step = new RecordingStep();
      step.whileWaiting = () => new Promise(() => undefined);
      const plan = { name: "kid", steps: [call("kid_acts")] };
      const rows = { flight: [call("bad")], hotel: [{ id: "kid", type: "job", blueprint: plan }, call("reserve")] };
      const run = await runSteps(bench, [branches(rows), RELEASE], { fetch, step });
      expect(effects).toEqual(["release"]);
      const kid = (await bench.caller.list(CALLER, aListQuery())).jobs.find((job) => job.parent_id === run.id);
      expect(kid?.status).toBe("cancelled");
      expect(await bench.runner.begin(bench.ref(kid?.id ?? ""), "kid_acts", "t", 1_000, [])).toEqual({ do: "stop" });
    }));
});

describe("what a failed row leaves", () => {
  const DONE = "{% $steps.book %}";

  it("of a map is a list in order, null for what had not finished", () =>
    inRegistry(async (bench) => {
      const { fetch } = world();
      const act = call("act", { url: "https://api.example.com/{% $item %}" });
      const steps = [act, { id: "name", type: "transform", value: "{% $steps.act.body.name %}" }];
      const over = ["quick", "bad", "wild", "slow"];
      const map = { id: "book", type: "map", over, concurrency: 3, on_error: "continue", steps };
      const run = await runSteps(bench, [map], { fetch, output: DONE });
      expect((await run.status()).result).toEqual({
        error: { code: "http_status", message: expect.stringContaining("402"), status: 402 },
        done: ["quick", null, null, null],
      });
    }));

  it("of a parallel is an object of the branches that had finished", () =>
    inRegistry(async (bench) => {
      const { fetch } = world();
      const name = (id: string, of: string) => ({ id, type: "transform", value: `{% $steps.${of}.body.name %}` });
      const rows = { a: [call("bad")], b: [call("quick"), name("n1", "quick")], c: [call("slow"), name("n2", "slow")] };
      const run = await runSteps(bench, [branches(rows)], { fetch, output: DONE });
      expect((await run.status()).result).toMatchObject({ error: { status: 402 }, done: { b: "quick" } });
      expect((await run.status()).result).not.toHaveProperty("done.c");
    }));

  const rows = { flight: [call("bad")], bus: [call("quick")], hotel: [call("slow"), call("reserve")] };
  const trip = [branches(rows), RELEASE];
  const OUTPUT = { book: DONE, release: "{% $steps.release.body %}" };

  it("is the same at a resume, and nothing begins that had not", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const run = await runSteps(
        bench,
        [...trip, { id: "ok", type: "input", message: "?", schema: { type: "object", properties: {} } }],
        {
          fetch,
          output: OUTPUT,
          step: Object.assign(new RecordingStep(), { whileWaiting: async () => Promise.reject(new Error("late")) }),
        },
      );
      await run.resume();
      await run.resume(new RecordingStep());
      expect(effects).toEqual(["quick", "release"]);
    }));

  it("is the same in the next attempt, where the engine remembers nothing, and for a retry", () =>
    inRegistry(async (bench) => {
      const { fetch, effects } = world();
      const first = await halfWay(bench, fetch);
      bench.engine.claims = { state: "ended", detail: "gone" };
      bench.clock.now += 120_000;
      await bench.reconciler.onAlarm();
      expect(
        await bench.runner.begin({ ...bench.ref(first, 2), run: 1 }, "book.hotel.reserve", "t", 1_000, []),
      ).toEqual({
        do: "halted",
      });
      const again = await runSteps(bench, trip, { fetch, output: OUTPUT, existing: first, attempt: 2 });
      expect(await again.status()).toMatchObject({ status: "succeeded", result: { release: { name: "release" } } });
      expect((await again.status()).result?.book).toMatchObject({ done: { bus: { body: { name: "quick" } } } });
      expect(effects).toEqual(["quick", "release"]);
      const retry = await bench.caller.retry(CALLER, first, { from_step: "release", input: null });
      if (!retry.ok) throw new Error(JSON.stringify(retry.error));
      const retried = await runSteps(bench, trip, { fetch, output: OUTPUT, existing: retry.value.id });
      expect((await retried.status()).result?.book).toMatchObject({ done: { bus: { body: { name: "quick" } } } });
      expect(effects).toEqual(["quick", "release", "release"]);
    }));

  /** The attempt dies once it has decided, before the next step. */
  async function halfWay(bench: Bench, fetch: NonNullable<RunOptions["fetch"]>): Promise<string> {
    const step = new RecordingStep();
    const run = await runSteps(bench, trip, {
      fetch,
      output: OUTPUT,
      step,
      registry: (real) => ({
        ...bound(real),
        begin: (ref, path, ...rest) => (path === "release" ? step.die() : real.begin(ref, path, ...rest)),
      }),
    });
    expect((await statusOf(bench, run.id)).status).toBe("running");
    return run.id;
  }
});

/** The methods of a registry that is a proxy. */
const METHODS = [
  "start",
  "retrying",
  "polled",
  "finish",
  "rest",
  "ask",
  "spawn",
  "halt",
  "abandon",
  "collect",
  "mark",
  "settle",
] as const;
const bound = (real: Bench["runner"]): Bench["runner"] =>
  Object.fromEntries(METHODS.map((name) => [name, real[name].bind(real)])) as unknown as Bench["runner"];
