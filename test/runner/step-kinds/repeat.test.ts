import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { MAX_EVENTS, MAX_OUTPUT_BYTES } from "../../../src/limits.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, inRegistry, statusOf } from "../../registry/bench.ts";
import { setting } from "../../support/setting.ts";
import { Crash, json, RecordingStep, runSteps, scripted } from "../bench.ts";

const call = (id: string, more: Record<string, Json> = {}): Json => {
  return { id, type: "http", url: `https://api.example.com/${id}`, retry: { limit: 0 }, ...more };
};
const value = (id: string, made: Json, more: Record<string, Json> = {}): Json => {
  return { id, type: "transform", value: made, ...more };
};
const repeat = (steps: Json[], more: Record<string, Json> = {}): Json => ({
  id: "loop",
  type: "repeat",
  steps,
  ...more,
});

const storedPaths = ({ storage }: Bench): string[] =>
  [
    ...storage.sql.exec<{ path: string }>(`SELECT path FROM job_values
      UNION SELECT key AS path FROM jobs, json_each(outputs_json) WHERE key NOT LIKE '@%' ORDER BY path`),
  ].map(({ path }) => path);

const lastState = "{% $steps.loop %}";

describe("repeat", () => {
  it("gives each round the state that the one before left, and yields the last", () =>
    inRegistry(async (bench) => {
      const steps = [
        value("seed", 5),
        repeat([value("next", { sum: "{% $state.sum + $round %}", seen: "{% $append($state.seen, $round) %}" })], {
          state: { sum: "{% $steps.seed %}", seen: [] },
          until: "{% $state.sum > 10 %}",
        }),
      ];
      const run = await runSteps(bench, steps, { output: lastState });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { sum: 11, seen: [1, 2, 3] } });
      expect(run.step.names).toEqual(["segment-1"]);
    }));

  it("computes the state with next, over the state before, the round and its steps", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ items: [1, 2], cursor: "b" }), json({ items: [3] }));
      const page = call("page", { query: { cursor: "{% $state.cursor %}" } });
      const steps = [
        repeat([page, value("noise", "not the state")], {
          next: {
            cursor: "{% $steps.page.body.cursor %}",
            items: "{% $append($state.items, $steps.page.body.items) %}",
            round: "{% $round %}",
          },
          while: "{% $exists($state.cursor) %}",
        }),
      ];
      const run = await runSteps(bench, steps, { fetch, output: lastState });
      expect((await run.status()).result).toEqual({ items: [1, 2, 3], round: 2 });
      expect(sent.map(({ url }) => url)).toEqual([
        "https://api.example.com/page",
        "https://api.example.com/page?cursor=b",
      ]);
      expect(sent.map(({ headers }) => headers.get("idempotency-key"))).toEqual([
        `${run.id}.loop#1.page`,
        `${run.id}.loop#2.page`,
      ]);
    }));

  it("runs the first round whatever its condition says", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [repeat([value("n", "{% $round %}")], { while: "{% false %}" })]);
      expect((await run.status()).result).toEqual({ value: 1 });
    }));

  it("without a condition runs its limit of rounds, and succeeds", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [repeat([value("n", "{% $round %}")], { limit: "{% 2 + 1 %}" })]);
      expect((await run.status()).result).toEqual({ value: 3 });
    }));

  it("fails at its limit when it is not over, and stops with its state when it may", () =>
    inRegistry(async (bench) => {
      const endless = { until: "{% $state > 9 %}", limit: 2 };
      const failing = await runSteps(bench, [repeat([value("n", "{% $round %}")], endless)]);
      expect(await failing.status()).toMatchObject({
        status: "failed",
        error_code: "repeat_limit",
        error: 'Step loop: After 2 rounds until is not true yet. Raise limit, or set "on_limit": "stop".',
      });
      const stops = await runSteps(bench, [repeat([value("n", "{% $round %}")], { ...endless, on_limit: "stop" })]);
      expect(await stops.status()).toMatchObject({ status: "succeeded", result: { value: 2 } });
    }));

  it("keeps nothing as nothing: a round that yields nothing leaves a state that is not there", () =>
    inRegistry(async (bench) => {
      const skipped = value("never", 1, { when: "{% $exists($state.gone) %}" });
      const steps = [repeat([skipped], { state: { first: true }, limit: 2 })];
      const run = await runSteps(bench, steps, { output: { there: "{% $exists($steps.loop) %}" } });
      expect((await run.status()).result).toEqual({ there: false });
    }));

  it("hides an outer state behind its own, and shows the outer item, index and round where it has none", () =>
    inRegistry(async (bench) => {
      const inner = { id: "inner", type: "repeat", state: 0, limit: 2, steps: [value("n", "{% $state + $item %}")] };
      const each = { id: "each", type: "map", over: [10, 20], steps: [inner] };
      const steps = [
        repeat([each, value("sum", "{% $state + $sum($steps.each) + $round %}")], { state: 100, limit: 2 }),
      ];
      const run = await runSteps(bench, steps, { output: lastState });
      expect((await run.status()).result).toEqual({ value: 100 + 60 + 1 + 60 + 2 });
    }));

  it("leaves the function $round what it is, beside the round of that name", () =>
    inRegistry(async (bench) => {
      const rounded = "{% [$round(1.46 * $round, 1), 2.5 ~> $round(), 3.7 ~> $round] %}";
      const run = await runSteps(
        bench,
        [value("before", "{% $map([1.2, 2.6], $round) %}"), repeat([value("n", rounded)], { limit: 2 })],
        {
          output: { before: "{% $steps.before %}", loop: lastState },
        },
      );
      expect((await run.status()).result).toEqual({ before: [1, 2.6], loop: [2.9, 2, 4] });
    }));

  it("waits between two rounds, and neither before the first nor after the last", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [repeat([value("n", "{% $round %}")], { limit: 3, pause: "1 hour" })]);
      expect((await run.status()).status).toBe("succeeded");
      expect(run.step.sleeps.map(([, ms]) => ms)).toEqual([3_600_000, 3_600_000]);
    }));

  it("does not begin a pause that its job does not see the end of", () =>
    inRegistry(async (bench) => {
      const steps = [repeat([value("n", "{% $round %}")], { limit: 3, pause: "2 hours" })];
      const run = await runSteps(bench, steps, { timeoutMs: 3_600_000 });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "limit_exceeded" });
      expect(run.step.waited).toEqual([]);
    }));

  it.each([
    [MAX_OUTPUT_BYTES, "succeeded"],
    [MAX_OUTPUT_BYTES + 1, "failed"],
  ])("with a state of %i bytes has %s", (bytes, status) =>
    inRegistry(async (bench) => {
      // A list of two texts, with their quotes, the comma and the brackets.
      const half = Math.floor((bytes - 7) / 2);
      const texts = ["a".repeat(half), "b".repeat(bytes - 7 - half)];
      const each = { id: "each", type: "map", over: [0, 1], steps: [value("text", "{% $input.texts[$item] %}")] };
      const run = await runSteps(bench, [repeat([each], { limit: 1 }), value("end", 1)], { input: { texts } });
      expect((await run.status()).status).toBe(status);
      if (status === "failed") expect((await run.status()).error_code).toBe("output_too_large");
    }),
  );

  it("fails with the step that fails in it, and goes on from that when it may", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({}), () => new Response("no", { status: 402 }));
      const failing = await runSteps(bench, [repeat([call("pay")])], { fetch });
      expect(await failing.status()).toMatchObject({
        status: "failed",
        error: expect.stringContaining("Step loop#2.pay: HTTP 402"),
        steps: [{ id: "loop", status: "failed" }],
      });
      const steps = [repeat([call("pay")], { on_error: "continue" }), value("code", "{% $steps.loop.error.code %}")];
      const going = await runSteps(bench, steps, { fetch });
      expect((await going.status()).result).toEqual({ value: "http_status" });
    }));
});

describe("of a round that is over", () => {
  it("only the state is kept, in one row however many there were", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({ page: 1 }));
      const child = {
        id: "kid",
        type: "job",
        blueprint: { name: "kid", steps: [value("one", 1)] },
        when: "{% false %}",
      };
      const each = { id: "each", type: "map", over: [1, 2], steps: [call("item")] };
      const after = value("after", 1);
      const steps = [repeat([call("page"), each, child, value("n", "{% $round %}")], { limit: 4 }), after];
      await runSteps(bench, steps, { fetch });
      expect(storedPaths(bench)).toEqual(["loop.$rounds"]);
    }));

  it("no open work is left", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({ page: 1 }));
      const seen: string[][] = [];
      const registry = (real: Bench["runner"]) =>
        new Proxy(real, {
          get: (target, name) =>
            name !== "roundEnded"
              ? Reflect.get(target, name)
              : async (...args: Parameters<Bench["runner"]["roundEnded"]>) => {
                  const answer = await target.roundEnded(...args);
                  const [row] = bench.storage.sql.exec<{ run_json: string }>("SELECT run_json FROM jobs");
                  seen.push(Object.keys(JSON.parse(row?.run_json ?? "{}").open ?? {}));
                  return answer;
                },
        });
      await runSteps(bench, [repeat([call("page")], { limit: 3, pause: "1 minute" })], { fetch, registry });
      expect(seen).toEqual([[], [], []]);
    }));

  it("costs four rows beside what its steps cost", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      await bench.runner.repeating(bench.ref(id), "loop", []);
      const cost = await rowsOf(bench.storage, () =>
        bench.runner.roundEnded(bench.ref(id), "loop", { round: 1, over: false, state: { n: 1 } }, []),
      );
      expect(cost.written).toBeLessThanOrEqual(4);
    }));
});

/** Dies in the middle of each call of this name, before or after the registry has it, once for each call. */
function dyingIn(name: "roundEnded" | "begin" | "finish" | "repeating" | "rest", after: boolean) {
  const died = new Set<string>();
  return (real: Bench["runner"]) =>
    new Proxy(real, {
      get: (target, method) => {
        const call = Reflect.get(target, method);
        if (method !== name || typeof call !== "function") return call;
        return async (...args: unknown[]) => {
          const which = JSON.stringify([args[1], name === "roundEnded" ? args[2] : null]);
          if (died.has(which)) return call.apply(target, args);
          died.add(which);
          if (after) await call.apply(target, args);
          throw new Crash();
        };
      },
    });
}

describe("a repeat whose process dies", () => {
  const bills = repeat([call("pay", { method: "POST" }), value("sum", "{% $state + $steps.pay.body.n %}")], {
    state: 0,
    limit: 3,
    pause: "1 minute",
  });

  it.each(
    (["roundEnded", "begin", "finish", "repeating", "rest"] as const).flatMap((name) => [
      { name, after: false },
      { name, after: true },
    ]),
  )(
    "in $name (after the registry has it: $after) goes on in the same round, and does nothing twice",
    ({ name, after }) =>
      inRegistry(async (bench) => {
        const keys: string[] = [];
        const fetch = async (_url: string, init: RequestInit = {}) => {
          const key = new Headers(init.headers).get("idempotency-key") ?? "";
          if (!keys.includes(key)) keys.push(key);
          return Response.json({ n: keys.indexOf(key) + 1 });
        };
        const run = await runSteps(bench, [bills], { fetch, registry: dyingIn(name, after) });
        for (let resumes = 0; resumes < 12 && (await run.status()).status === "running"; resumes++) {
          await run.resume(new RecordingStep());
        }
        expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: 6 } });
        expect(keys).toEqual([1, 2, 3].map((round) => `${run.id}.loop#${round}.pay`));
      }),
  );

  it("goes on in the same round when it is the step that dies", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(
        json({ n: 1 }),
        json({ n: 2 }),
        () => Promise.reject(new Crash()),
        json({ n: 3 }),
      );
      const run = await runSteps(bench, [bills], { fetch });
      expect(sent).toHaveLength(3);
      await run.resume(new RecordingStep());
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: 6 } });
      expect(sent.map(({ headers }) => headers.get("idempotency-key"))).toEqual(
        [1, 2, 3, 3].map((round) => `${run.id}.loop#${round}.pay`),
      );
    }));
});

it(
  "a long repeat goes on where its process died, does each round once, and leaves as much as a short one",
  () =>
    inRegistry(async (bench) => {
      const rounds = setting("ROUNDS");
      const deaths = [rounds / 4, rounds / 2, rounds - 1];
      const keys = new Set<string>();
      let sent = 0;
      const fetch = async (_url: string, init: RequestInit = {}) => {
        sent += 1;
        keys.add(new Headers(init.headers).get("idempotency-key") ?? "");
        if (keys.size === deaths[0]) {
          deaths.shift();
          throw new Crash();
        }
        return Response.json({ n: 1 });
      };
      const pay = call("pay", { method: "POST" });
      const plan = [repeat([pay, value("sum", "{% $state + $steps.pay.body.n %}")], { state: 0, limit: rounds })];
      const run = await runSteps(bench, plan, { fetch });
      while ((await run.status()).status === "running") await run.resume(new RecordingStep());
      const { error, result, events } = await run.status();
      expect([error, result, deaths]).toEqual([null, { value: rounds }, []]);
      expect([keys.size, sent]).toEqual([rounds, rounds + 3]);
      expect(storedPaths(bench)).toEqual(["loop.$rounds"]);
      expect(events?.length).toBeLessThanOrEqual(MAX_EVENTS);
    }),
  300_000,
);

async function retried(bench: Bench, id: string, from_step: string | null = null): Promise<string> {
  const request = { from_step, input: null };
  const reply = await bench.caller.retry(CALLER, id, request);
  if (!reply.ok) throw new Error(JSON.stringify(reply.error));
  await bench.settleBackground();
  return reply.value.id;
}

describe("a retry of a job that ended inside a repeat", () => {
  const steps = [
    repeat([call("pay", { method: "POST" }), value("sum", "{% $state + $steps.pay.body.n %}")], { state: 0, limit: 4 }),
  ];

  it("goes on with the state of the last finished round", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(
        json({ n: 1 }),
        json({ n: 2 }),
        () => new Response("", { status: 402 }),
        json({ n: 3 }),
      );
      const run = await runSteps(bench, steps, { fetch });
      expect((await run.status()).error).toContain("loop#3.pay");
      const again = await retried(bench, run.id);
      const retry = await runSteps(bench, steps, { fetch, existing: again, step: new RecordingStep() });
      // Its limit counts its own rounds.
      expect(await retry.status()).toMatchObject({ status: "succeeded", result: { value: 1 + 2 + 3 * 4 } });
      expect(sent.map(({ headers }) => headers.get("idempotency-key"))).toEqual([
        ...[1, 2, 3].map((round) => `${run.id}.loop#${round}.pay`),
        `${run.id}.loop#3.pay~1`,
        ...[4, 5, 6].map((round) => `${run.id}.loop#${round}.pay`),
      ]);
    }));

  it("begins at the first round when it is told to begin there", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ n: 1 }), () => new Response("", { status: 402 }), json({ n: 1 }));
      const run = await runSteps(bench, steps, { fetch });
      const again = await retried(bench, run.id, "loop");
      await runSteps(bench, steps, { fetch, existing: again, step: new RecordingStep() });
      expect(await statusOf(bench, again)).toMatchObject({ result: { value: 4 } });
      expect(sent.at(2)?.headers.get("idempotency-key")).toBe(`${run.id}.loop#1.pay~1`);
    }));
});
