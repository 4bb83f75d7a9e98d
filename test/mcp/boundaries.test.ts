import { describe, expect, it } from "vitest";
import { newJobId } from "../../src/jobs/id.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { jsonBytes } from "../../src/lib/json.ts";
import { serveMcp } from "../../src/mcp/endpoint.ts";
import { readWanted } from "../../src/mcp/listen/request.ts";
import { shardOfJob } from "../../src/service/context.ts";
import { atBound, nestedLists } from "../support/boundaries.ts";
import { callTool, jobIdOf, legacy, modern, NOW, world } from "./support.ts";

/** What a tool refuses the arguments for; undefined when it does not. */
async function refusalOf(tool: string, args: JsonObject): Promise<string | undefined> {
  const w = world();
  await callTool(w.deps, "jobs_submit_blueprint", { blueprint: "double", input: { n: 1 } });
  const { isError, text } = await callTool(w.deps, tool, args);
  return isError ? text : undefined;
}

/** The same where no such call can succeed: it may fail, but for another reason than its size. */
async function sizeRefusalOf(tool: string, args: JsonObject): Promise<string | undefined> {
  const text = await refusalOf(tool, args);
  return text !== undefined && / at most /.test(text) ? text : undefined;
}

const submit = (args: JsonObject) =>
  refusalOf("jobs_submit_blueprint", { blueprint: "double", input: { n: 1 }, ...args });
const letters = (count: number): string => "a".repeat(count);
const job_id = jobIdOf(1);
const iso = (ms: number): string => new Date(ms).toISOString();

/** An object of this many bytes of JSON. */
const objectOf = (bytes: number): JsonObject => ({ n: 1, a: letters(bytes - jsonBytes({ n: 1, a: "" })) });

const HEADERS = {
  host: "localhost",
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};
const post = (body: BodyInit) =>
  serveMcp(new Request("http://localhost/mcp", { method: "POST", headers: HEADERS, body }), world().deps);

atBound("MAX_BODY_BYTES", {
  of: "a message",
  refusal: /^413 .*larger than 262144 bytes/,
  attempt: async (bytes) => {
    const message = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
    const response = await post(message.padEnd(bytes));
    return response.ok ? undefined : `${response.status} ${await response.text()}`;
  },
});

atBound("MAX_BATCH_BODY_BYTES", {
  of: "a message that submits many jobs",
  refusal: /^413 /,
  attempt: async (bytes) => {
    const args = { blueprint: "double", inputs: [{ n: 1 }] };
    const params = { name: "jobs_submit_blueprint", arguments: args };
    const response = await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }).padEnd(bytes));
    return response.ok ? undefined : `${response.status} ${await response.text()}`;
  },
});

it("a long message that submits one job is refused, whatever it holds", async () => {
  const params = { name: "jobs_submit_blueprint", arguments: { blueprint: "double", input: { inputs: "" } } };
  const response = await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }).padEnd(300_000));
  expect(response.status).toBe(413);
});

atBound("MAX_BATCH_ELEMENTS", {
  of: "arguments with inputs",
  refusal: /arguments: have more than 100000 fields and elements in all/,
  // `blueprint`, `inputs`, `dry_run`, two inputs and their two fields each count too.
  attempt: (elements) => {
    const list = (count: number) => ({ n: 1, list: Array(count).fill(0) });
    const inputs = [list(50_000), list(elements - 50_009)];
    return refusalOf("jobs_submit_blueprint", { blueprint: "double", inputs, dry_run: true });
  },
});

atBound("MAX_BULK_PER_MINUTE", {
  of: "a rate of jobs_bulk",
  refusal: /per_minute: .*60000/,
  attempt: async (per_minute) => {
    const text = await refusalOf("jobs_bulk", { action: "retry", where: { status: "running" }, per_minute });
    return text?.includes("where.status") ? undefined : text;
  },
});

atBound("MAX_EVENT_NAMES", {
  of: "a read of events",
  refusal: /^The arguments are not valid\.\nnames: .*20/,
  attempt: async (count) => {
    const text = await refusalOf("events_read", { names: Array.from({ length: count }, () => "a.b"), cursor: "none" });
    return text?.startsWith("The cursor") ? undefined : text;
  },
});

atBound("MAX_JSON_DEPTH", {
  of: "arguments",
  refusal: /metadata\.a(\[0\]){32}: is nested deeper than 32 levels\. Send a flatter value\./,
  attempt: (levels) => submit({ metadata: { a: [JSON.parse(nestedLists(levels - 2).replace("[]", "[1]"))] } }),
});

atBound("MAX_JSON_ELEMENTS", {
  of: "arguments",
  refusal: /arguments: have more than 10000 fields and elements in all\. Send less at once/,
  // `blueprint`, `input`, `n` and `list` count too.
  attempt: (elements) => submit({ input: { n: 1, list: Array(elements - 4).fill(0) } }),
});

atBound("MAX_INPUT_BYTES", {
  of: "a submit",
  refusal: /input: is 131073 bytes of JSON, more than 131072\. Send less/,
  attempt: (bytes) => submit({ input: objectOf(bytes) }),
});

atBound("MAX_INPUT_BYTES", {
  of: "a retry",
  refusal: /input: is 131073 bytes of JSON, more than 131072\. Send less/,
  attempt: (bytes) => refusalOf("jobs_retry", { job_id, input: objectOf(bytes) }),
});

atBound("MAX_INPUT_BYTES", {
  of: "an answer",
  refusal: /content: is 131073 bytes of JSON, more than 131072\. Send less/,
  attempt: (bytes) =>
    refusalOf("jobs_respond", { job_id, request_id: "a", action: "accept", content: objectOf(bytes) }),
});

atBound("MAX_METADATA_BYTES", {
  of: "a submit",
  refusal: /metadata: is 16385 bytes of JSON, more than 16384\. Send less/,
  attempt: (bytes) => submit({ metadata: objectOf(bytes) }),
});

atBound("MAX_NAME_CHARS", {
  of: "a job's name",
  refusal: /name: must have at most 128 characters\. Send at most 128 characters\./,
  attempt: (chars) => submit({ name: letters(chars) }),
});

atBound("MAX_NAME_CHARS", {
  of: "a step to retry from",
  refusal: /from_step: must have at most 128 characters/,
  attempt: (chars) => sizeRefusalOf("jobs_retry", { job_id, from_step: letters(chars) }),
});

atBound("MAX_IDEMPOTENCY_KEY_CHARS", {
  of: "a submit",
  refusal: /idempotency_key: must have at most 128 characters/,
  attempt: (chars) => submit({ idempotency_key: letters(chars) }),
});

atBound("MAX_REFERENCE_CHARS", {
  of: "a blueprint's name in a submit",
  refusal: /blueprint: must have at most 200 characters/,
  attempt: (chars) => sizeRefusalOf("jobs_submit_blueprint", { blueprint: letters(chars) }),
});

atBound("MAX_REFERENCE_CHARS", {
  of: "a blueprint's name in a filter",
  refusal: /blueprint: must have at most 200 characters/,
  attempt: (chars) => refusalOf("jobs_list", { blueprint: letters(chars) }),
});

atBound("MAX_METADATA_FILTERS", {
  of: "a listing",
  refusal: /metadata: has more than 3 fields\. Filter by fewer fields\./,
  attempt: (count) =>
    refusalOf("jobs_list", { metadata: Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 1])) }),
});

atBound("MAX_LIST_ROWS", {
  of: "a listing",
  refusal: /limit: must be at most 100/,
  attempt: (limit) => refusalOf("jobs_list", { limit }),
});

atBound("MAX_CURSOR_CHARS", {
  of: "a listing",
  refusal: /cursor: must have at most 1024 characters/,
  attempt: (chars) => sizeRefusalOf("jobs_list", { cursor: letters(chars) }),
});

atBound("MAX_RUN_AT_AHEAD_MS", {
  of: "a submit",
  refusal: /run_at: is more than 365 days ahead\. Choose an earlier time\./,
  attempt: (ms) => submit({ run_at: iso(NOW + ms) }),
});

atBound("MAX_JOB_TIMEOUT_MS", {
  of: "a submit",
  refusal: /timeout_seconds: must be at most 31536000/,
  attempt: (ms) => submit({ timeout_seconds: ms / 1_000 }),
  step: 1_000,
});

atBound("MAX_WAIT_MS", {
  of: "a submit",
  refusal: /wait_seconds: must be at most 50/,
  attempt: (ms) => submit({ wait_seconds: ms / 1_000 }),
});

atBound("MAX_WAIT_MS", {
  of: "a wait",
  refusal: /timeout_seconds: must be at most 50/,
  attempt: (ms) => refusalOf("jobs_wait", { job_ids: [job_id], timeout_seconds: ms / 1_000 }),
});

atBound("MAX_WAIT_JOBS", {
  of: "a wait",
  refusal: /job_ids: must have at most 20 items/,
  attempt: (count) => refusalOf("jobs_wait", { job_ids: Array(count).fill(job_id), timeout_seconds: 0 }),
});

atBound("MAX_PAGE_BYTES", {
  of: "a page of a result",
  refusal: /max_bytes: must be at most 10240/,
  attempt: (max_bytes) => sizeRefusalOf("jobs_get_result", { job_id, max_bytes }),
});

atBound("MAX_OUTPUT_BYTES", {
  of: "where a page of a result begins",
  refusal: /offset: must be at most 524288/,
  attempt: (offset) => sizeRefusalOf("jobs_get_result", { job_id, offset }),
});

atBound("MAX_POINTER_CHARS", {
  of: "a page of a result",
  refusal: /pointer: must have at most 1024 characters/,
  attempt: (chars) => sizeRefusalOf("jobs_get_result", { job_id, pointer: `/${letters(chars - 1)}` }),
});

atBound("MAX_ECHO_CHARS", {
  of: "a question's id",
  refusal: /request_id: must have at most 200 characters/,
  attempt: (chars) => sizeRefusalOf("jobs_respond", { job_id, request_id: letters(chars), action: "decline" }),
});

atBound("MAX_ERROR_CHARS", {
  of: "why a job is cancelled",
  refusal: /reason: must have at most 500 characters/,
  attempt: (chars) => refusalOf("jobs_cancel", { job_id, reason: letters(chars) }),
});

atBound("MAX_GOAL_CHARS", {
  of: "a goal",
  refusal: /goal: is longer than 4000 characters\. Shorten it\./,
  attempt: async (chars) => {
    const { body } = await modern(world().deps, "prompts/get", {
      name: "jobs_plan",
      arguments: { goal: letters(chars) },
    });
    return body.error === undefined ? undefined : JSON.stringify(body.error);
  },
});

atBound("MAX_SUBSCRIPTIONS", {
  of: "one subscription",
  refusal: /notifications: 101 resources and tasks, the most is 100\. Listen to the others in another request\./,
  attempt: (count) => {
    const resourceSubscriptions = Array.from({ length: count }, (_, i) => `job://${i}`);
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const wanted = readWanted({ params: { _meta, notifications: { resourceSubscriptions } } });
    return wanted.ok ? undefined : wanted.error.message;
  },
});

atBound("MAX_REGISTRY_SHARDS", {
  of: "the shards that an id can name, counted from 1",
  refusal: /unknown/,
  attempt: (count) => (shardOfJob(newJobId(NOW, new Uint8Array(10), count - 1)) === undefined ? "unknown" : undefined),
});

describe("what is nested without end", () => {
  const deep = nestedLists(100_000);
  const inField = (field: string, rest = "") => `{"jsonrpc":"2.0",${rest}"${field}":${deep}}`;
  const call = '"id":1,"method":"tools/call",';

  it.each([
    ["params", inField("params", call)],
    ["id", inField("id", '"method":"tools/list",')],
    ["method", inField("method", '"id":1,')],
    ["result", inField("result", '"id":1,')],
    ["an unknown field", inField("more", call)],
    ["_meta", `{"jsonrpc":"2.0",${call}"params":{"name":"jobs_list","arguments":{},"_meta":{"a":${deep}}}}`],
    ["arguments", `{"jsonrpc":"2.0",${call}"params":{"name":"jobs_list","arguments":${deep}}}`],
    ["a batch", `[${deep}]`],
    ["params of initialize", inField("params", '"id":1,"method":"initialize",')],
    [
      "capabilities",
      `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{"experimental":${deep}}}}`,
    ],
  ])("in %s is answered as the sender's fault, or not looked at", async (_, body) => {
    const response = await post(body);
    const text = await response.text();
    expect(response.status).toBeLessThan(500);
    expect(text).not.toContain("Internal");
    expect(text.length).toBeLessThan(30_000);
  });
});

describe("names that the protocol's errors repeat", () => {
  it("are cut, however long they are", async () => {
    const name = letters(200_000);
    for (const [method, params] of [
      ["tools/call", { name, arguments: {} }],
      ["prompts/get", { name }],
      ["resources/read", { uri: `job://${name}` }],
      [name, {}],
      ["completion/complete", { ref: { type: "ref/prompt", name }, argument: { name: "a", value: "" } }],
    ] as const) {
      const { body } = await legacy(world().deps, method, params);
      expect(JSON.stringify(body).length).toBeLessThan(3_000);
    }
  });
});

describe("arguments of 100,000 fields", () => {
  it.each([
    ["a list", `[${Array(100_000).fill(0).join()}]`],
    ["an object", `{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":0`).join()}}`],
    ["lists in lists", `[${Array(40_000).fill("[]").join()}]`],
  ])("%s are refused before they are walked", async (_, value) => {
    const args = JSON.parse(`{"blueprint":"double","metadata":{"a":${value}}}`);
    expect(await refusalOf("jobs_submit_blueprint", args)).toContain("more than 10000 fields and elements");
  });
});
