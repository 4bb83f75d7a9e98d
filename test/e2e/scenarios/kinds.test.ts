import { describe, expect, it } from "vitest";
import { MAX_ERROR_CHARS } from "../../../src/limits.ts";
import { stepStatuses, useBench } from "./bench.ts";
import { child, map, question, retry, sleep, stageOf, value } from "./steps.ts";

const bench = useBench();
const { http, effect } = stageOf(bench);

const PAGE_LINKS = {
  handler: "extract-links",
  input: { html: "{% $steps.page.body %}", base_url: "http://site.example/" },
};
const poll = (id: string, key: string, times: number, more: object = {}) => {
  const until = "{% $response.body.ok = true %}";
  return http(id, `/flaky?key=${key}&times=${times}`, { expect: [200, 503], until, every: "1 second", ...more });
};
const fallback = { timeout: "1 second", default: { tag: "none" } };

describe("all kinds in one job", () => {
  it.concurrent("pass their outputs on, act once each, and cost one engine step for each stretch of work and each wait", async () => {
    const steps = [
      http("page", "/"),
      { id: "links", type: "handler", ...PAGE_LINKS },
      poll("build", "all", 1),
      map("each", "{% $steps.links.links %}", [
        effect("visit", { body: { link: "{% $item %}", nth: "{% $index %}" } }),
      ]),
      {
        id: "both",
        type: "parallel",
        branches: {
          left: [sleep("nap", 1), value("left_done", "{% $count($steps.each) %}")],
          right: [effect("call"), question("ask", fallback)],
        },
      },
      child("kid", { name: "kid", steps: [effect("act"), value("sum", "{% $input.n + 1 %}")] }, { input: { n: 41 } }),
      effect("never", { when: "{% $steps.both.left > 99 %}" }),
      value("all", {
        n: "{% $steps.kid %}",
        text: "{% $steps.both.left %} links, tag {% $steps.both.right.content.tag %}",
      }),
    ];
    const id = await bench().submit(steps);
    const job = await bench().settled(id);
    expect(job).toMatchObject({ status: "succeeded", progress: 1, result: { n: 42, text: "3 links, tag none" } });
    expect(stepStatuses(job)).toEqual({
      page: "succeeded",
      links: "succeeded",
      build: "succeeded",
      each: "succeeded",
      both: "succeeded",
      kid: "succeeded",
      never: "skipped",
      all: "succeeded",
    });
    expect(job.steps?.find((step) => step.id === "each")?.items).toEqual({ total: 3, done: 3, failed: 0 });
    // A row is named by a digest of its item.
    const requests = Object.entries(bench().requests(id)).map(([path, count]) => [
      path.replace(/\[[\w-]{22}\]/, "[]"),
      count,
    ]);
    expect(requests.sort()).toEqual([
      ["both.right.call", 1],
      ["build", 2],
      ["each[].visit", 1],
      ["each[].visit", 1],
      ["each[].visit", 1],
      ["page", 1],
    ]);
    expect(
      bench()
        .service.effects.filter((seen) => seen.idempotencyKey?.startsWith(`${id}.each`))
        .map((seen) => seen.body),
    ).toEqual(expect.arrayContaining([{ link: "http://site.example/text", nth: 1 }]));
    const seqs = job.events?.map((event) => event.seq);
    expect(seqs).toEqual(seqs?.map((_, i) => i + 1));
    // Up to the question, its wait, up to the child, its wait, and the rest.
    expect((await bench().instance(id))?.steps).toHaveLength(5);
  });
});

describe("the engine meters", () => {
  it.concurrent.each<[kind: string, metered: number, steps: () => object[]]>([
    ["http", 1, () => [http("a", "/ok.json")]],
    ["http that is retried", 1, () => [http("a", "/flaky?key=metered", { retry: retry(2) })]],
    ["http that asks three times", 1, () => [poll("a", "asks", 2)]],
    ["short sleep", 1, () => [sleep("a", 1)]],
    ["sleep of more than ten seconds", 3, () => [sleep("a", 11)]],
    ["transform", 1, () => [value("a", 1), value("b", 2), value("c", 3)]],
    ["input", 3, () => [question("a", fallback)]],
    [
      "handler",
      1,
      () => [{ id: "a", type: "handler", ...PAGE_LINKS, input: { html: "", base_url: "http://x.example/" } }],
    ],
    ["job", 3, () => [child("a", { name: "kid", steps: [http("b", "/ok.json"), http("c", "/ok.json")] })]],
    ["map of three items", 1, () => [map("a", [1, 2, 3], [http("b", "/ok.json"), value("c", 1)])]],
    [
      "parallel of two",
      1,
      () => [{ id: "a", type: "parallel", branches: { x: [http("b", "/text")], y: [http("c", "/text")] } }],
    ],
    ["step that is skipped", 1, () => [http("a", "/ok.json", { when: "{% false %}" }), value("b", 1)]],
  ])("%s as %i steps", async (_kind, metered, steps) => {
    const job = await bench().run(steps());
    expect(job.status).toBe("succeeded");
    const instance = await bench().instance(job.id);
    expect(instance?.steps.map((step) => step.name)).toHaveLength(metered);
    expect(instance?.status).toBe("complete");
  });
});

describe("http", () => {
  it.concurrent("gives text as text and JSON as JSON, with its size", async () => {
    const output = { text: "{% $steps.text %}", json: "{% $steps.json %}" };
    const job = await bench().run([http("text", "/text"), http("json", "/ok.json")], { output });
    expect(job.result).toMatchObject({
      text: { status: 200, body: "plain text\n", bytes: 11 },
      json: { status: 200, body: { ok: true, items: [1, 2, 3] } },
    });
  });

  it.concurrent("follows a redirect with the same key", async () => {
    const job = await bench().run([http("moved", "/moved")], { output: "{% $steps.moved.body.ok %}" });
    expect(job.result).toEqual({ value: true });
    expect(bench().requests(job.id)).toEqual({ moved: 2 });
  });

  it.concurrent("takes a body of max_bytes, and fails for good on one byte more", async () => {
    const big = (bytes: number) => http("big", `/big?bytes=${bytes}`, { max_bytes: 5_000 });
    const [fits, over] = await Promise.all([bench().run([big(5_000)]), bench().run([big(5_001), effect("after")])]);
    expect(fits).toMatchObject({ status: "succeeded" });
    expect(over).toMatchObject({
      status: "failed",
      error_code: "http_too_large",
      error: expect.stringContaining("max_bytes"),
    });
    expect(bench().requests(over.id)).toEqual({ big: 1 });
  });

  it.concurrent("refuses an address that is not public, without a retry", async () => {
    const job = await bench().run([
      { id: "inside", type: "http", url: "http://169.254.169.254/latest" },
      effect("after"),
    ]);
    expect(job).toMatchObject({ status: "failed", error_code: "refused_address", step: "inside" });
    expect(job.steps?.[0]).toMatchObject({ tries: 1 });
    expect(bench().requests(job.id)).toEqual({});
  });

  it.concurrent("takes the statuses that expect names", async () => {
    const job = await bench().run([http("gone", "/missing", { expect: [404] })], {
      output: "{% $steps.gone.status %}",
    });
    expect(job).toMatchObject({ status: "succeeded", result: { value: 404 } });
  });

  it.concurrent("gives up a poll after its limit", async () => {
    const job = await bench().run([poll("build", "limit", 99, { limit: 2 }), effect("after")]);
    expect(job).toMatchObject({ status: "failed", error_code: "poll_limit", step: "build" });
    expect(bench().requests(job.id)).toEqual({ build: 2 });
  });

  it.concurrent("retries inside a round of a poll", async () => {
    const flaky = poll("build", "round", 2, { expect: [200], retry: retry(2) });
    const job = await bench().run([flaky], { output: "{% $steps.build.body %}" });
    expect(job).toMatchObject({ status: "succeeded", result: { ok: true, calls: 3 } });
    expect(bench().requests(job.id)).toEqual({ build: 3 });
  });
});

describe("what cannot be done fails its step with a reason", () => {
  it.concurrent.each<[what: string, code: string, step: () => object]>([
    ["a map over too many items", "too_many_items", () => map("bad", [1, 2, 3], [effect("x")], { max_items: 2 })],
    ["a template without a value", "expression", () => effect("bad", { body: "n is {% $input.nothing %}" })],
    ["a sleep until nonsense", "sleep_time", () => ({ id: "bad", type: "sleep", until: "{% $job.id %}" })],
    [
      "a handler's wrong input",
      "handler_input",
      () => ({ id: "bad", type: "handler", handler: "extract-links", input: {} }),
    ],
    [
      "a child's wrong input",
      "child_input",
      () => child("bad", { name: "kid", input: { type: "object", required: ["n"] }, steps: [effect("x")] }),
    ],
    ["a question that nobody answers", "input_expired", () => question("bad", { timeout: "1 second" })],
  ])("%s: %s", async (_what, code, step) => {
    const job = await bench().run([step(), effect("after")]);
    expect(job).toMatchObject({ status: "failed", error_code: code, error: expect.stringContaining("bad") });
    expect(job.error?.length).toBeLessThan(MAX_ERROR_CHARS + 100);
    expect(stepStatuses(job)).toMatchObject({ bad: "failed", after: "pending" });
    expect(bench().requests(job.id)).toEqual({});
  });
});
