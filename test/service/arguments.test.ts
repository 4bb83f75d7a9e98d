import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { serveMcp } from "../../src/mcp/endpoint.ts";
import { TOOLS } from "../../src/mcp/tools/index.ts";
import { callTool, framesOf, jobIdOf, jobStatus, type World, world } from "../mcp/support.ts";

const HEADERS = {
  host: "localhost",
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};

/** A call whose arguments are JSON text as it is, by the fast lane or by the SDK. */
async function rawCall({ deps }: World, lane: "fast" | "sdk", name: string, args: string) {
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;
  const request = new Request("http://localhost/mcp", { method: "POST", headers: HEADERS, body });
  const response = await serveMcp(request, deps, lane === "sdk" ? { recognise: () => undefined } : {});
  const [frame] = framesOf(await response.text());
  const result = frame?.result as { isError?: boolean; content: { text: string }[] };
  return { isError: result.isError ?? false, text: result.content[0]?.text ?? "" };
}

const plan = (value: string): string => `{"name":"x","steps":[{"id":"x","type":"transform","value":${value}}]}`;

/** What is sent to which tool, and the path of what a double does not hold. */
const LOSSY: [tool: string, args: string, path: string][] = [
  ["jobs_submit_blueprint", `{"blueprint":${plan('{"id":1e999}')}}`, "blueprint.steps[0].value.id"],
  ["jobs_submit_blueprint", `{"blueprint":${plan("[1,-1e400]")}}`, "blueprint.steps[0].value[1]"],
  ["jobs_submit_blueprint", `{"blueprint":${JSON.stringify(plan("9007199254740993"))}}`, "blueprint.steps[0].value"],
  ["jobs_submit_blueprint", '{"blueprint":"double","input":{"n":9007199254740993}}', "input.n"],
  ["jobs_submit_blueprint", '{"blueprint":"double","input":{"n":1e400}}', "input.n"],
  [
    "jobs_submit_blueprint",
    '{"blueprint":"double","input":{"n":1},"metadata":{"a":[-9007199254740992]}}',
    "metadata.a[0]",
  ],
  ["jobs_submit_blueprint", '{"blueprint":"double","input":"{\\"n\\":1e400}"}', "input.n"],
  ["jobs_submit_blueprint", '{"blueprint":"double","timeout_seconds":1e400}', "timeout_seconds"],
  [
    "jobs_submit_blueprint",
    '{"blueprint":"double","input":{"__proto__":{"n":12345678901234567890}}}',
    "input.__proto__.n",
  ],
  ["jobs_respond", `{"job_id":"${jobIdOf(1)}","request_id":"q","action":"accept","content":{"n":1e309}}`, "content.n"],
  ["jobs_retry", `{"job_id":"${jobIdOf(1)}","input":{"n":1e-400}}`, "input.n"],
  ["jobs_list", '{"metadata":{"order":12345678901234567890}}', "metadata.order"],
  ["blueprints_save", `{"blueprint":${plan("1e999")}}`, "blueprint.steps[0].value"],
];

describe.each(["fast", "sdk"] as const)("by the %s lane", (lane) => {
  it.each(LOSSY)("%s %s says where the number is", async (tool, args, path) => {
    const w = world();
    const { isError, text } = await rawCall(w, lane, tool, args);
    expect([isError, text]).toEqual([
      true,
      expect.stringContaining(`\n${path}: is beyond the numbers that are kept exactly`),
    ]);
    expect(w.registry.requests).toEqual([]);
  });

  it("all such numbers are said at once", async () => {
    const args = `{"blueprint":${plan("[1e400,1e401]")},"metadata":{"a":1e402}}`;
    const { text } = await rawCall(world(), lane, "jobs_submit_blueprint", args);
    expect(text.match(/beyond the numbers that are kept exactly/g)).toHaveLength(3);
  });

  it("a number that a double holds is taken", async () => {
    const w = world();
    const args = '{"blueprint":"double","input":{"n":9007199254740991,"m":1e20}}';
    expect(await rawCall(w, lane, "jobs_submit_blueprint", args)).toMatchObject({ isError: false });
    expect(w.registry.requests[0]).toMatchObject({ input: { n: 9_007_199_254_740_991, m: 1e20 } });
  });

  it("a field of the input that is called __proto__ is data", async () => {
    const w = world();
    const args = '{"blueprint":"double","input":{"n":1,"__proto__":{"x":1}},"metadata":{"__proto__":2}}';
    expect(await rawCall(w, lane, "jobs_submit_blueprint", args)).toMatchObject({ isError: false });
    const [request] = w.registry.requests;
    expect(JSON.stringify([request?.input, request?.metadata])).toBe('[{"n":1,"__proto__":{"x":1}},{"__proto__":2}]');
  });

  it("a field that is called __proto__ is refused where the schema allows no other field", async () => {
    const schema = '{"type":"object","properties":{"b":{}},"additionalProperties":false}';
    const blueprint = `{"name":"x","input":${schema},"steps":[{"id":"x","type":"transform","value":1}]}`;
    const args = `{"blueprint":${blueprint},"input":{"__proto__":{"x":1},"b":3}}`;
    const { text } = await rawCall(world(), lane, "jobs_submit_blueprint", args);
    expect(text).toContain("input.__proto__: is not allowed here");
  });

  it("the last of two equal keys counts", async () => {
    const w = world();
    await rawCall(w, lane, "jobs_submit_blueprint", '{"blueprint":"double","input":{"n":1},"input":{"n":2}}');
    expect(w.registry.requests[0]).toMatchObject({ input: { n: 2 } });
  });
});

const PLAN = { name: "x", steps: [{ id: "x", type: "transform", value: 1 }] };

/** What is sent, and what is as if sent. */
const SAME: [tool: string, sent: JsonObject, meant: JsonObject][] = [
  ["jobs_submit_blueprint", { blueprint: JSON.stringify(PLAN) }, { blueprint: PLAN }],
  ["jobs_submit_blueprint", { blueprint: ` \n${JSON.stringify(PLAN, null, 2)}` }, { blueprint: PLAN }],
  ["jobs_submit_blueprint", { blueprint: "double", input: '{"n":1}' }, { blueprint: "double", input: { n: 1 } }],
  [
    "jobs_submit_blueprint",
    { blueprint: "double", input: { n: 1 }, metadata: '{"a":[1]}' },
    { blueprint: "double", input: { n: 1 }, metadata: { a: [1] } },
  ],
  [
    "jobs_submit_blueprint",
    { blueprint: "double", input: { n: 1 }, name: null, run_at: null, timeout_seconds: null, metadata: null },
    { blueprint: "double", input: { n: 1 } },
  ],
  [
    "jobs_submit_blueprint",
    { blueprint: PLAN, input: null, idempotency_key: null, wait_seconds: null },
    { blueprint: PLAN },
  ],
  ["jobs_wait", { job_ids: jobIdOf(1) }, { job_ids: [jobIdOf(1)] }],
  ["jobs_wait", { job_ids: JSON.stringify([jobIdOf(1)]), until: null }, { job_ids: [jobIdOf(1)] }],
  ["jobs_get_status", { job_id: jobIdOf(1), include: "steps" }, { job_id: jobIdOf(1), include: ["steps"] }],
  [
    "jobs_get_status",
    { job_id: jobIdOf(1), include: '["steps","events"]' },
    { job_id: jobIdOf(1), include: ["steps", "events"] },
  ],
  ["jobs_get_status", { job_id: jobIdOf(1), include: null }, { job_id: jobIdOf(1) }],
  ["jobs_list", { status: '["queued","running"]' }, { status: ["queued", "running"] }],
  ["jobs_list", { status: null, metadata: '{"team":"a"}', cursor: null }, { metadata: { team: "a" } }],
  [
    "jobs_respond",
    { job_id: jobIdOf(1), request_id: "q", action: "accept", content: '{"ok":true}' },
    { job_id: jobIdOf(1), request_id: "q", action: "accept", content: { ok: true } },
  ],
  ["jobs_retry", { job_id: jobIdOf(1), input: '{"n":2}', from_step: null }, { job_id: jobIdOf(1), input: { n: 2 } }],
  ["blueprints_save", { blueprint: JSON.stringify(PLAN) }, { blueprint: PLAN }],
  ["blueprints_list", { limit: null }, {}],
];

describe("an argument in another form", () => {
  it.each(SAME)("%s %j is as if sent rightly", async (tool, sent, meant) => {
    const outcomes = await Promise.all(
      [sent, meant].map(async (args) => {
        const w = world();
        w.registry.jobs.set(jobIdOf(1), jobStatus());
        return { reply: await callTool(w.deps, tool, args), requests: w.registry.requests };
      }),
    );
    expect(outcomes[0]).toEqual(outcomes[1]);
  });

  it.each([
    [
      "a blueprint that does not parse",
      { blueprint: '{"name":"x",' },
      "blueprint: is a text that begins as a JSON object",
    ],
    ["a list where an object is wanted", { blueprint: "double", input: "[1]" }, "input: expected object, got string"],
    ["plain text where an object is wanted", { blueprint: "double", input: "n" }, "input: expected object, got string"],
    ["null for what is needed", { blueprint: null }, "blueprint: "],
    [
      "a name that is an object",
      { blueprint: "double", name: '{"a":1}', input: 5 },
      "input: expected object, got number",
    ],
  ])("is no guess: %s", async (_, args, text) => {
    const reply = await callTool(world().deps, "jobs_submit_blueprint", args);
    expect([reply.isError, reply.text]).toEqual([true, expect.stringContaining(text)]);
  });

  it("is not taken for a field that takes text", async () => {
    const w = world();
    await callTool(w.deps, "jobs_submit_blueprint", { blueprint: "double", input: { n: 1 }, name: '["a"]' });
    expect(w.registry.requests[0]).toMatchObject({ name: '["a"]' });
  });

  it("as null is as good as left out in every tool", async () => {
    const optional = TOOLS.flatMap((tool) => {
      const { properties = {}, required = [] } = tool.inputSchema["~standard"].jsonSchema.input({
        target: "draft-2020-12",
      }) as { properties?: JsonObject; required?: string[] };
      return Object.keys(properties).flatMap((name) => (required.includes(name) ? [] : [[tool, name] as const]));
    });
    expect(optional.length).toBeGreaterThan(20);
    for (const [tool, name] of optional) {
      const reply = await callTool(world().deps, tool.name, { [name]: null });
      expect(reply.text, `${tool.name} ${name}`).not.toContain(`\n${name}: `);
    }
  });
});
