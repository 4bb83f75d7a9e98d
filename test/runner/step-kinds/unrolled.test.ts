import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { MAX_SEGMENT_ACTIONS } from "../../../src/limits.ts";
import { inRegistry } from "../../registry/bench.ts";
import { runSteps } from "../bench.ts";

/** One step of a round; `{s}` stands for the state, `{r}` for the round, `{x}` for what the steps' ids end in. */
const BODY: Record<string, JsonObject> = {
  send: {
    type: "http",
    method: "POST",
    url: "https://api.example.com/add",
    body: { n: "{% {s}.n %}", round: "{% {r} %}" },
  },
  odd: { type: "transform", value: "{% {s}.n * 2 %}", when: "{% {r} % 2 = 1 %}" },
  each: {
    type: "map",
    over: "{% [1..{r}] %}",
    steps: [{ id: "row{x}", type: "transform", value: "{% $item + {s}.n %}" }],
  },
  both: {
    type: "parallel",
    branches: {
      left: [{ id: "left{x}", type: "transform", value: "{% {r} %}" }],
      right: [{ id: "nap{x}", type: "sleep", for: "1 second" }],
    },
  },
  tried: { type: "http", url: "https://api.example.com/bad", on_error: "continue", retry: { limit: 0 } },
};
const NEXT = {
  n: "{% {s}.n + $count($steps.each{x}) + ($exists($steps.odd{x}) ? $steps.odd{x} : 1) %}",
  sent: "{% $append({s}.sent, $steps.send{x}.body.got) %}",
  failed: "{% $exists($steps.tried{x}.error) %}",
  left: "{% $steps.both{x}.left %}",
};

const filled = <Value extends Json>(value: Value, names: Record<"s" | "r" | "x", string>): Value =>
  JSON.parse(JSON.stringify(value).replace(/\{([srx])\}/g, (_, name: "s" | "r" | "x") => names[name]));

const bodyOf = (kinds: readonly string[], names: Record<"s" | "r" | "x", string>): JsonObject[] =>
  kinds.map((kind) => filled({ id: `${kind}{x}`, ...BODY[kind] }, names));

/** References to steps that are not there are faults. */
const nextOf = (kinds: readonly string[], names: Record<"s" | "r" | "x", string>): JsonObject => ({
  n: filled("{% {s}.n + 1 %}", names),
  ...Object.fromEntries(
    Object.entries(NEXT)
      .filter(([, text]) => [...text.matchAll(/\$steps\.(\w+)\{x\}/g)].every(([, kind = ""]) => kinds.includes(kind)))
      .map(([field, text]) => [field, filled(text, names)]),
  ),
});

const first = { n: 1, sent: [] };

const repeated = (kinds: readonly string[], rounds: number): JsonObject[] => {
  const names = { s: "$state", r: "$round", x: "" };
  const until = `{% $round = ${rounds} %}`;
  return [{ id: "loop", type: "repeat", state: first, steps: bodyOf(kinds, names), next: nextOf(kinds, names), until }];
};

function unrolled(kinds: readonly string[], rounds: number): JsonObject[] {
  const steps: JsonObject[] = [{ id: "state_0", type: "transform", value: first }];
  for (let round = 1; round <= rounds; round++) {
    const names = { s: `$steps.state_${round - 1}`, r: `${round}`, x: `_${round}` };
    steps.push(...bodyOf(kinds, names), { id: `state_${round}`, type: "transform", value: nextOf(kinds, names) });
  }
  return steps;
}

async function ends(steps: JsonObject[]) {
  const sent: unknown[] = [];
  let result: unknown;
  await inRegistry(async (bench) => {
    const fetch = async (url: string, { body }: RequestInit = {}) => {
      if (url.endsWith("/bad")) return new Response("no", { status: 400 });
      sent.push(JSON.parse(String(body)));
      return Response.json({ got: sent.length });
    };
    const run = await runSteps(bench, steps, { fetch });
    result = await run.status().then(({ status, error, result }) => ({ status, error, result }));
  });
  return { sent, result };
}

describe("a repeat of n rounds", () => {
  it("ends as the plan does that writes its rounds out, and sends the same", async () => {
    const kinds = fc.uniqueArray(fc.constantFrom(...Object.keys(BODY)), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(kinds, fc.integer({ min: 1, max: 4 }), async (chosen, rounds) => {
        const looped = await ends(repeated(chosen, rounds));
        expect(looped).toMatchObject({ result: { status: "succeeded" } });
        expect(looped).toEqual(await ends(unrolled(chosen, rounds)));
      }),
      { numRuns: 12 },
    );
  });

  it("costs one engine step while they are short, and one more for each budget of a segment", () =>
    inRegistry(async (bench) => {
      const loop = (limit: number) => [
        {
          id: "loop",
          type: "repeat",
          limit,
          state: 0,
          steps: [{ id: "n", type: "transform", value: "{% $state + $round %}" }],
        },
      ];
      const few = await runSteps(bench, loop(100));
      expect(few.step.names).toEqual(["segment-1"]);
      const many = await runSteps(bench, loop(MAX_SEGMENT_ACTIONS + 1));
      expect(many.step.names).toEqual(["segment-1", "segment-2"]);
      const rounds = MAX_SEGMENT_ACTIONS + 1;
      expect((await many.status()).result).toEqual({ value: (rounds * (rounds + 1)) / 2 });
    }));
});
