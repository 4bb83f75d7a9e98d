import fc from "fast-check";
import { expect, it } from "vitest";
import { KIND_TABLE } from "../../../src/blueprint/kinds/index.ts";
import { isSettled, type JobStatusName } from "../../../src/jobs/status.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { inRegistry, planOf } from "../../registry/bench.ts";
import { Family, statusesOf } from "./family.ts";

/** A step without its id: ids are given when the whole plan is known. */
type Draft = JsonObject;

/** What waits for a time, a person, an event or a worker is left out. */
const WAITING = ["input", "sleep", "worker"];

const more = fc.record(
  {
    when: fc.constantFrom("{% true %}", "{% false %}", "{% $exists($input.x) %}"),
    on_error: fc.constant("continue"),
  },
  { requiredKeys: [] },
);
const url = fc.constantFrom("ok", "bad", "list").map((name) => `https://api.example.com/${name}`);
const value = fc.constantFrom("{% $input %}", "{% $input.x %}", "{% $error('no') %}", 7, [], "{% [1..3] %}");
const undo = { type: "http", url: "https://api.example.com/undo" };

const LEAVES: Record<string, fc.Arbitrary<Draft>> = {
  http: fc
    .tuple(url, fc.constantFrom({}, { undo }, { pages: { next: "link", items: "{% $response.body %}", limit: 3 } }))
    .map(([to, fields]) => ({ url: to, retry: { limit: 0 }, ...fields })),
  transform: fc.record({ value }),
  handler: fc.constantFrom(
    { handler: "extract-links", input: { html: "", base_url: "https://x.example/" } },
    { handler: "extract-links", input: {} },
  ),
  store: fc.constantFrom(
    { key: "k" },
    { key: "k", value: "{% $input %}" },
    { key: "k", value: null },
    { key: "k", value: 1, if: "absent" },
  ),
  emit: fc.constant({ event: "plan.went_on", data: "{% $input %}" }),
  ai: fc.constantFrom({ prompt: "say it" }, { prompt: "{% $input %}", schema: { type: "object" } }),
  end: fc.constantFrom({ as: "succeeded", output: 1 }, { as: "failed" }),
};

const { steps } = fc.letrec<{ step: Draft; steps: Draft[]; around: Draft }>((tie) => {
  const inner = fc.array(tie("step"), { minLength: 1, maxLength: 2 });
  const ofKind = Object.entries(LEAVES).map(([type, fields]) =>
    fc.tuple(fields, more).map(([own, common]) => ({ type, ...own, ...common })),
  );
  const around: Record<string, fc.Arbitrary<Draft>> = {
    map: fc.record({
      over: fc.constantFrom("{% $input.list %}", "{% $input.x %}", [1, 2, 3]),
      concurrency: fc.integer({ min: 1, max: 3 }),
      steps: inner,
    }),
    repeat: fc.record({
      limit: fc.integer({ min: 1, max: 3 }),
      on_limit: fc.constantFrom("fail", "stop"),
      until: fc.constantFrom("{% false %}", "{% $round = 2 %}"),
      steps: inner,
    }),
    parallel: fc.record(
      { branches: fc.record({ a: inner, b: inner }), first: fc.constantFrom(true, "b") },
      { requiredKeys: ["branches"] },
    ),
    job: fc.record({ blueprint: inner.map((list) => ({ name: "kid", steps: list })), detached: fc.boolean() }),
  };
  const nests = Object.entries(around).map(([type, fields]) =>
    fc.tuple(fields, more).map(([own, common]) => ({ type, ...own, ...common })),
  );
  return {
    around: fc.oneof(...nests),
    step: fc.oneof({ depthSize: "small", withCrossShrink: true }, fc.oneof(...ofKind), tie("around")),
    steps: fc.array(tie("step"), { minLength: 1, maxLength: 4 }),
  };
});

/** The same steps, with ids. */
function withIds(drafts: Draft[], count = { n: 0 }): JsonObject[] {
  return drafts.map(({ steps: list, branches, blueprint, ...step }) => {
    count.n += 1;
    const id = `s${count.n}`;
    const inside = (each: unknown) => withIds(each as Draft[], count);
    return {
      id,
      ...step,
      ...(list !== undefined && { steps: inside(list) }),
      ...(branches !== undefined && {
        branches: Object.fromEntries(
          Object.entries(branches as JsonObject).map(([name, each]) => [name, inside(each)]),
        ),
      }),
      ...(blueprint !== undefined && {
        blueprint: { name: "kid", steps: withIds((blueprint as { steps: Draft[] }).steps) },
      }),
    };
  });
}

const typesOf = (all: JsonObject[]): string[] =>
  [...JSON.stringify(all).matchAll(/"type":"([a-z]+)"/g)].map(([, type = ""]) => type);

/** `bad` is 402; `list` has three pages of which the last is empty. */
const fetch = async (address: string) => {
  const { pathname, searchParams } = new URL(address);
  if (pathname === "/bad") return new Response("no", { status: 402 });
  const page = Number(searchParams.get("page") ?? 1);
  const headers: HeadersInit = page < 3 ? { link: `<?page=${page + 1}>; rel="next"` } : {};
  return Response.json([page], { headers });
};
const completion = {
  model: "m",
  choices: [{ message: { role: "assistant", content: "{}" }, finish_reason: "stop" }],
  usage: { total_tokens: 3 },
};
const model = {
  settings: { model: "test-model", baseUrl: "https://model.example.com/v1", key: "k", tokensPerDay: 0 },
  run: undefined,
  fetch: async () => Response.json(completion),
};

it("a plan in which nothing waits settles, and so does all that it starts", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(steps, async (drafts) => {
      const all = withIds(drafts);
      for (const type of typesOf(all)) seen.add(type);
      await inRegistry(async (bench) => {
        const known = { handlers: ["extract-links"], secrets: [], model: "test-model" };
        const plan = planOf(all, {}, known);
        const started = bench.clock.now;
        await bench.submit({ plan, plan_hash: crypto.randomUUID(), input: { list: [1, 2] } });
        await new Family(bench, { fetch, model }).runAll();
        for (const { id, status, error_code = null } of await statusesOf(bench)) {
          expect([id, isSettled(status as JobStatusName), error_code]).toEqual([id, true, error_code]);
          expect(["engine_step", "engine_wait", "job_timeout", "job_interrupted", "bug"]).not.toContain(error_code);
        }
        expect(bench.clock.now - started).toBeLessThan(60_000);
      });
    }),
    { numRuns: 40 },
  );
  expect([...KIND_TABLE.keys()].filter((kind) => !seen.has(kind)).sort()).toEqual(WAITING);
});
