import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { eventTypes, inRegistry } from "../registry/bench.ts";
import { Crash, DiesAsleep, json, RecordingStep, replaced, runSteps, scripted } from "./bench.ts";

const call = (id: string, more: Record<string, Json> = {}): Json => {
  return { id, type: "http", url: `https://api.example.com/${id}`, ...more };
};

/** Before it, what ended is reported. */
const NAP = { id: "nap", type: "sleep", for: "1 minute" };

describe("a blueprint", () => {
  it("runs its steps in order and yields the last output", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 2 }), json({ n: 3 }));
      const run = await runSteps(
        bench,
        [
          call("one"),
          call("two"),
          { id: "sum", type: "transform", value: "{% $steps.one.body.n + $steps.two.body.n %}" },
        ],
        { fetch },
      );
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: 5 }, progress: 1 });
      expect(sent.map((request) => request.url)).toEqual([
        "https://api.example.com/one",
        "https://api.example.com/two",
      ]);
    }));

  it("yields its output template when it has one", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({ n: 2 }));
      const run = await runSteps(bench, [call("one")], { fetch, output: { twice: "{% $steps.one.body.n * 2 %}" } });
      expect((await run.status()).result).toEqual({ twice: 4 });
    }));

  it("uses one engine step for any number of short steps, and its end", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const pure = { id: "pure", type: "transform", value: 1 };
      const run = await runSteps(bench, [call("one"), pure, call("two")], { fetch });
      expect(run.step.names).toEqual(["segment-1"]);
    }));

  it("keeps a timeline from acceptance to its end", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const run = await runSteps(bench, [call("one")], { fetch });
      const status = await run.status();
      expect(eventTypes(status)).toEqual([
        "accepted",
        "dispatched",
        "started",
        "step_started",
        "step_succeeded",
        "settled",
      ]);
      expect(status.events?.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    }));

  it("skips a step whose condition is false; it yields nothing", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}));
      const run = await runSteps(bench, [call("one", { when: "{% $input.go %}" })], {
        fetch,
        input: { go: false },
        output: { one: "{% $steps.one %}" },
      });
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        steps: [{ status: "skipped" }],
      });
      expect((await run.status()).result).toEqual({});
      expect(sent).toEqual([]);
    }));

  it.each<[string, Json[], Json]>([
    ["a sleep", [{ id: "wait", type: "sleep", for: "1 second" }], 1],
    ["a skipped step", [{ id: "two", type: "transform", when: "{% {} %}", value: 2 }], 1],
    ["a transform of nothing", [{ id: "two", type: "transform", value: "{% $input.missing %}" }], 1],
    ["nothing", [], 1],
    ["a transform of null", [{ id: "two", type: "transform", value: null }], null],
  ])("yields the output of the last step that has one, before %s", (_title, more, value) =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [{ id: "one", type: "transform", value: 1 }, ...more]);
      expect((await run.status()).result).toEqual({ value });
    }),
  );

  it("takes the same values for true in when, expect and until", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({ no: [0, {}], yes: [0, { a: false }] }));
      const retry = { limit: 0 };
      const steps: Json[] = ["no", "yes"].flatMap((name): Json[] => [
        call(`expect_${name}`, { expect: `{% $response.body.${name} %}`, retry, on_error: "continue" }),
        call(`until_${name}`, { until: `{% $response.body.${name} %}`, limit: 1, retry, on_error: "continue" }),
        { id: `when_${name}`, type: "transform", when: `{% $input.${name} %}`, value: "ran" },
      ]);
      const input = { no: [0, {}], yes: [0, { a: false }] };
      const output = Object.fromEntries(
        ["no", "yes"].flatMap((name) => [
          [`expect_${name}`, `{% $steps.expect_${name}.error.code %}`],
          [`until_${name}`, `{% $steps.until_${name}.error.code %}`],
          [`when_${name}`, `{% $steps.when_${name} %}`],
        ]),
      );
      const run = await runSteps(bench, steps, { fetch, input, output });
      expect((await run.status()).result).toEqual({
        expect_no: "http_status",
        until_no: "poll_limit",
        when_yes: "ran",
      });
    }));

  it("shows later steps what is stored, before a crash and after it", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(
        () => new Response('{"zero": -0}', { headers: { "content-type": "application/json" } }),
      );
      const look: Json = { id: "look", type: "transform", value: "{% $string(1 / ($steps.one.body.zero + 1)) %}" };
      const run = await runSteps(bench, [call("one"), look], {
        fetch,
        output: ["{% $steps.one.body.zero %}", "{% $steps.look %}"],
      });
      expect(JSON.stringify((await run.status()).result)).toBe('{"value":[0,"1"]}');
    }));

  it("fails at the step whose expression fails, and says where", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [{ id: "bad", type: "transform", value: { a: ["{% $number('x') %}"] } }]);
      const status = await run.status();
      expect(status).toMatchObject({
        status: "failed",
        error_code: "expression",
        step: "bad",
        steps: [{ status: "failed" }],
      });
      expect(status.error).toContain("a[0]");
    }));

  it("goes on from a failure that is tolerated, and shows it", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(() => new Response("no", { status: 404 }));
      const run = await runSteps(
        bench,
        [
          call("one", { on_error: "continue" }),
          { id: "code", type: "transform", value: "{% $steps.one.error.code %}" },
        ],
        { fetch },
      );
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        result: { value: "http_status" },
        steps: [{ status: "failed", error: expect.stringContaining("404") }, { status: "succeeded" }],
      });
    }));

  it("fails when its output template fails", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const run = await runSteps(bench, [call("one")], { fetch, output: "a {% $steps.one.body.nothing %}" });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "expression" });
      expect((await run.status()).error).toContain("output");
    }));
});

describe("sleep", () => {
  it("sleeps by the engine until its time, once", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [{ id: "nap", type: "sleep", for: "90 seconds" }]);
      expect(run.step.sleeps).toEqual([["wake-1", 90_000]]);
      expect(await run.status()).toMatchObject({ status: "succeeded", result: {}, steps: [{ status: "succeeded" }] });
    }));

  it("does not start anew in another run of the attempt", () =>
    inRegistry(async (bench) => {
      const nap = { id: "nap", type: "sleep", for: "90 seconds" };
      const run = await runSteps(bench, [nap], { step: new DiesAsleep() });
      bench.clock.now += 60_000;
      const again = new DiesAsleep();
      await run.resume(again);
      expect(again.asked).toEqual([30_000]);
      bench.clock.now += 60_000;
      const late = new RecordingStep();
      await run.resume(late);
      expect(late.sleeps).toEqual([]);
      expect((await run.status()).status).toBe("succeeded");
    }));

  it.each([
    ["3600 seconds", undefined],
    ["3601 seconds", "limit_exceeded"],
    ["2 days", "limit_exceeded"],
    ["365 days", "limit_exceeded"],
    ["1 second", undefined],
  ])("of %s in a job of an hour fails at once if it cannot end in it", (value, code) =>
    inRegistry(async (bench) => {
      const nap = { id: "nap", type: "sleep", for: "{% $input.for %}" };
      const run = await runSteps(bench, [nap], { input: { for: value }, timeoutMs: 3_600_000 });
      const { status, error_code, error } = await run.status();
      expect([status, error_code ?? undefined]).toEqual([code === undefined ? "succeeded" : "failed", code]);
      expect(run.step.waited).toHaveLength(code === undefined ? 1 : 0);
      if (code !== undefined) expect(error).toContain("the job ends at");
    }),
  );

  it("that was begun is not measured anew by another run of the attempt", () =>
    inRegistry(async (bench) => {
      const nap = { id: "nap", type: "sleep", for: "50 minutes" };
      const run = await runSteps(bench, [nap], { timeoutMs: 3_600_000, step: new DiesAsleep() });
      bench.clock.now += 1_800_000;
      const again = new RecordingStep();
      await run.resume(again);
      expect(again.sleeps).toEqual([["wake-1", 1_200_000]]);
    }));

  it("that goes beyond the job is passed over where failures are, and leaves nothing open", () =>
    inRegistry(async (bench) => {
      const nap = { id: "nap", type: "sleep", for: "{% '2 hours' %}", on_error: "continue" };
      const after = { id: "after", type: "transform", value: "{% $steps.nap.error.code %}" };
      const run = await runSteps(bench, [nap, after], { timeoutMs: 3_600_000 });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: "limit_exceeded" } });
      const [row] = [...bench.storage.sql.exec("SELECT run_json FROM jobs WHERE job_id = ?", run.id)];
      expect(JSON.parse(String(row?.run_json))).not.toHaveProperty("open.nap");
    }));

  it.each([
    ["tomorrow", "sleep_time"],
    ["-1 seconds", "sleep_time"],
    ["999 days", "limit_exceeded"],
  ])("refuses a duration that came out as %s", (value, error_code) =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [{ id: "nap", type: "sleep", for: "{% $input.for %}" }], {
        input: { for: value },
      });
      expect(await run.status()).toMatchObject({ status: "failed", error_code });
    }),
  );
});

describe("map", () => {
  const double = (more: Record<string, Json> = {}): Json => ({
    id: "each",
    type: "map",
    over: "{% $input.items %}",
    steps: [call("fetch"), { id: "twice", type: "transform", value: "{% $item * 2 + $index %}" }],
    ...more,
  });

  it("yields each item's last output, in order", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const run = await runSteps(bench, [double()], { fetch, input: { items: [10, 20, 30] } });
      expect(await run.status()).toMatchObject({
        result: { value: [20, 41, 62] },
        steps: [{ items: { total: 3, done: 3, failed: 0 } }],
      });
      expect(run.step.names).toEqual(["segment-1"]);
    }));

  it("takes nothing as no items and a single value as one", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}));
      const none = await runSteps(bench, [double()], { fetch });
      expect((await none.status()).result).toEqual({ value: [] });
      const one = await runSteps(bench, [double()], { fetch, input: { items: 4 } });
      expect((await one.status()).result).toEqual({ value: [8] });
    }));

  it("never works on more items at once than its concurrency", () =>
    inRegistry(async (bench) => {
      let now = 0;
      let most = 0;
      const fetch = async () => {
        most = Math.max(most, ++now);
        await scheduler.wait(1);
        now -= 1;
        return Response.json({});
      };
      await runSteps(bench, [double({ concurrency: 3 })], { fetch, input: { items: [...Array(20).keys()] } });
      expect(most).toBe(3);
    }));

  it("fails with its first failed item and starts no further ones", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}), () => new Response("no", { status: 404 }));
      const run = await runSteps(bench, [double({ concurrency: 1 })], { fetch, input: { items: [1, 2, 3, 4] } });
      expect(await run.status()).toMatchObject({
        status: "failed",
        step: "each",
        error: expect.stringContaining("Step each[1].fetch: HTTP 404"),
      });
      expect(sent).toHaveLength(2);
    }));

  it("counts items that failed and were tolerated", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(() => new Response("no", { status: 404 }), json({}));
      const steps = [call("fetch", { on_error: "continue" })];
      const run = await runSteps(bench, [double({ steps, concurrency: 1 })], { fetch, input: { items: [1, 2] } });
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        steps: [{ items: { total: 2, done: 2, failed: 1 } }],
      });
    }));

  it("refuses more items than max_items", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [double({ max_items: 2 })], { input: { items: [1, 2, 3] } });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "too_many_items" });
    }));
});

describe("a crash", () => {
  it("after an output was reported: the step is not run again, in this attempt or the next", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 1 }));
      let crash = true;
      const run = await runSteps(bench, [call("one"), NAP], {
        fetch,
        output: "{% $steps.one.body.n %}",
        registry: (real) =>
          replaced(real, {
            finish: async (...report) => {
              await real.finish(...report);
              if (crash) throw new Crash("died after the report");
              return { do: "go" };
            },
          }),
      });
      crash = false;
      await run.resume(new RecordingStep());
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: 1 } });
      expect(sent).toHaveLength(1);
    }));

  it("while a step acts: it runs again with the same key, and no retry is used up", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}));
      const noRetry = { retry: { limit: 0, delay: "1 second", backoff: "fixed" } };
      let crash = true;
      const run = await runSteps(bench, [call("one", noRetry)], {
        fetch,
        registry: (real) =>
          replaced(real, {
            start: async (...report) => {
              const answer = await real.start(...report);
              if (crash) throw new Crash("died after the step began");
              return answer;
            },
          }),
      });
      expect(sent).toHaveLength(0);
      crash = false;
      await run.resume(new RecordingStep());
      expect(await run.status()).toMatchObject({ status: "succeeded", steps: [{ tries: 2 }] });
      expect(eventTypes(await run.status())).toContain("step_retrying");
    }));
});

describe("a report whose answer was lost", () => {
  it("is sent again with a new stub and changes nothing twice", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}));
      let losses = 2;
      // Before rows an end is a report of its own.
      const rows = { id: "rows", type: "map", over: [1], steps: [{ id: "n", type: "transform", value: 1 }] };
      const run = await runSteps(bench, [call("one"), rows], {
        fetch,
        registry: (real) =>
          replaced(real, {
            finish: async (...report) => {
              const answer = await real.finish(...report);
              if (losses-- > 0) throw new Error("Network connection lost.");
              return answer;
            },
          }),
      });
      expect((await run.status()).status).toBe("succeeded");
      expect(eventTypes(await run.status()).filter((type) => type === "step_succeeded")).toHaveLength(2);
      expect(losses).toBe(-1);
      expect(sent).toHaveLength(1);
    }));
});
