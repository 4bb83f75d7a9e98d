import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_BODY_BYTES, MAX_ENVELOPE_DEPTH } from "../../../src/limits.ts";
import { serveMcp } from "../../../src/mcp/endpoint.ts";
import { legacy, modern, world } from "../support.ts";

const HEADERS = {
  host: "localhost",
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};
const post = (body: BodyInit, headers: { [name: string]: string } = HEADERS) =>
  serveMcp(new Request("http://localhost/mcp", { method: "POST", headers, body }), world().deps);

describe("a message that nests too deep beside its arguments", () => {
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  const client = '"io.modelcontextprotocol/clientInfo":{"name":"f","version":"1"}';
  const meta = (capabilities: string) =>
    `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",${client},"io.modelcontextprotocol/clientCapabilities":${capabilities}}`;
  const call = (capabilities: string) =>
    `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"jobs_list","arguments":{},${meta(capabilities)}}}`;
  const modernHeaders = {
    ...HEADERS,
    ...{ "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "jobs_list" },
  };
  const initialize = (levels: number) =>
    `{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"f","version":"1"},"capabilities":{"experimental":${deep(levels)}}}}`;

  it.each([
    ["in what a modern client can", call(`{"extensions":{"a/b":${deep(20_000)}}}`), modernHeaders],
    ["in what a client of 2025 can", initialize(20_000), HEADERS],
    ["in one of several", `[${initialize(3_000)}]`, HEADERS],
    ["in lists alone", "[".repeat(20_000) + "]".repeat(20_000), HEADERS],
    ["beside its params", `{"jsonrpc":"2.0","id":7,"method":"tools/list","x":${deep(20_000)}}`, HEADERS],
  ])("is refused as the caller's fault: %s", async (_where, body, headers) => {
    const response = await post(body, headers);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("levels beside its arguments");
  });

  it("is served up to the bound", async () => {
    // The message, its params, _meta, what the client can, extensions: five levels.
    const of = async (levels: number) =>
      (await post(call(`{"extensions":{"a/b":${deep(levels)}}}`), modernHeaders)).status;
    expect([await of(MAX_ENVELOPE_DEPTH - 5), await of(MAX_ENVELOPE_DEPTH - 4)]).toEqual([200, 400]);
    expect((await post(initialize(40), HEADERS)).status).toBe(200);
  });
});

const NAMES = [
  "jobs_submit_blueprint",
  "jobs_get_status",
  "jobs_wait",
  "jobs_get_result",
  "jobs_list",
  "jobs_cancel",
  "jobs_retry",
  "jobs_respond",
  "jobs_delete",
  "blueprints_list",
  "blueprints_get",
  "blueprints_save",
  "blueprints_delete",
  "events_read",
  "triggers_save",
  "triggers_list",
  "triggers_fire",
  "triggers_delete",
  "work_claim",
  "work_report",
  "jobs_stats",
  "jobs_bulk",
];
const JOB_ID = "job_01m8k6140a0j496n2byjmxrjcj00";
const TASKS = {
  "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } },
};
const namesOf = (result: unknown): string[] => (result as { tools: { name: string }[] }).tools.map(({ name }) => name);

describe("2025-11-25", () => {
  it("initialize names the server, gives instructions, and promises no push", async () => {
    const { body } = await legacy(world().deps, "initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "test", version: "1" },
    });
    expect(body.result).toMatchObject({
      protocolVersion: "2025-11-25",
      serverInfo: { name: "edge-jobs", title: "Edge Jobs", version: "1.2.3", websiteUrl: "http://localhost/" },
      capabilities: {
        tools: { listChanged: false },
        resources: { listChanged: false },
        prompts: { listChanged: false },
      },
      instructions: expect.stringMatching(
        /^Use this.*later.*schedule.*retry.*poll an API.*many URLs.*approval.*webhook.*\n.*jobs_submit_blueprint/,
      ),
    });
    expect(JSON.stringify(body)).not.toContain("subscribe");
  });

  it("tools/list gives the tools in their order", async () => {
    const { body } = await legacy(world().deps, "tools/list");
    expect(namesOf(body.result)).toEqual(NAMES);
  });

  it("tools/call runs a tool and measures the era", async () => {
    const { deps, measured } = world();
    const { body } = await legacy(deps, "tools/call", {
      name: "jobs_submit_blueprint",
      arguments: { blueprint: "double", input: { n: 1 } },
    });
    expect(body.result).toMatchObject({ structuredContent: { status: "queued", deduplicated: false } });
    const who = { tenant: "local", actor: null };
    expect(measured).toMatchObject([{ name: "jobs_submit_blueprint", outcome: "ok", ms: 0, era: "legacy", ...who }]);
  });
});

describe("2026-07-28", () => {
  it("server/discover names the version, and its answer may be cached by all", async () => {
    const { status, body } = await modern(world().deps, "server/discover");
    expect(status).toBe(200);
    expect(body.result).toMatchObject({ supportedVersions: ["2026-07-28"], cacheScope: "public", ttlMs: 300_000 });
  });

  it.each<[string, JsonObject]>([
    ["tools/call", { name: "jobs_list", arguments: {} }],
    ["tools/list", {}],
    ["resources/list", {}],
    ["prompts/list", {}],
    ["resources/read", { uri: "module://jobs" }],
  ])("the result of %s says who answers, in a few bytes", async (method, params) => {
    const { body } = await modern(world().deps, method, params);
    const { _meta } = body.result as { _meta: { [key: string]: JsonObject } };
    expect(_meta["io.modelcontextprotocol/serverInfo"]).toEqual({ name: "edge-jobs", version: "1.2.3" });
  });

  it("server/discover says who answers, with a small icon that needs no other request", async () => {
    const { body } = await modern(world().deps, "server/discover");
    const { _meta } = body.result as { _meta: { [key: string]: JsonObject } };
    const info = _meta["io.modelcontextprotocol/serverInfo"];
    // Strict about what stands in a URI, as some clients are.
    const src = expect.stringMatching(/^data:image\/svg\+xml,%3Csvg%20[\w%'/:.=-]+%3C\/svg%3E$/);
    expect(info).toMatchObject({ title: "Edge Jobs", icons: [{ src, mimeType: "image/svg+xml", sizes: ["any"] }] });
    expect(JSON.stringify(info).length).toBeLessThan(512);
  });

  it("resources can be subscribed to", async () => {
    const { body } = await modern(world().deps, "server/discover");
    expect(body.result).toMatchObject({ capabilities: { resources: { subscribe: true, listChanged: false } } });
  });

  it.each([
    ["tasks/get", { taskId: JOB_ID }, JOB_ID],
    ["tasks/cancel", { taskId: JOB_ID }, JOB_ID],
    ["resources/read", { uri: `job://${JOB_ID}` }, JOB_ID],
    ["resources/read", { uri: `job://${JOB_ID}/result` }, JOB_ID],
    ["prompts/get", { name: "jobs_postmortem", arguments: { job_id: JOB_ID } }, JOB_ID],
    ["prompts/get", { name: "jobs_postmortem", arguments: { job_id: "what I call it" } }, null],
    ["prompts/get", { name: "jobs_plan", arguments: { goal: "sell the house" } }, null],
  ])("%s of %j leaves in the log that it was about %s", async (method, params, job_id) => {
    const { deps, measured } = world();
    await modern(deps, method, { ...params, _meta: TASKS });
    expect(measured).toHaveLength(1);
    expect(measured[0]?.job_id).toBe(job_id);
  });

  it("tools/list may be cached by its caller and is plain JSON", async () => {
    const { body } = await modern(world().deps, "tools/list");
    expect(namesOf(body.result)).toEqual(NAMES);
    expect(body.result).toMatchObject({ cacheScope: "private", ttlMs: 300_000 });
  });

  it("tools/call runs a tool and measures the era", async () => {
    const { deps, measured } = world();
    const { body } = await modern(deps, "tools/call", {
      name: "jobs_submit_blueprint",
      arguments: { blueprint: "double", input: { n: 1 } },
    });
    expect(body.result).toMatchObject({ structuredContent: { status: "queued" }, resultType: "complete" });
    expect(measured).toMatchObject([{ outcome: "ok", era: "modern" }]);
  });

  it("a subscription is acknowledged with nothing and ends, since nothing is pushed", async () => {
    const { status, told } = await modern(world().deps, "subscriptions/listen", {
      notifications: { toolsListChanged: true, resourceSubscriptions: ["module://jobs"] },
    });
    expect(status).toBe(200);
    expect(told).toMatchObject([{ method: "notifications/subscriptions/acknowledged", params: { notifications: {} } }]);
  });

  it("an unknown tool is a protocol error", async () => {
    const { body } = await modern(world().deps, "tools/call", { name: "jobs_explode", arguments: {} });
    expect(body.error).toMatchObject({ code: -32602 });
  });

  it("an unknown method is 404", async () => {
    const { status, body } = await modern(world().deps, "jobs/explode");
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: -32601 });
  });
});

describe("malformed requests", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  it.each([
    ["text that is not JSON", "{", 400],
    ["nothing", "", 400],
    ["null", "null", 400],
    ["a number", "5", 400],
    ["an empty batch", "[]", 400],
    ["an object that is no request", "{}", 400],
    ["nesting without end", deep, 400],
    [
      "nesting without end in params",
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"jobs_list","arguments":{"metadata":${deep}}}}`,
      200,
    ],
  ])("of %s get a 4xx, or an error for the model", async (_, body, status) => {
    expect((await post(body)).status).toBe(status);
  });

  it("a body that is too large is 413, by its declared length", async () => {
    expect((await post("x".repeat(MAX_BODY_BYTES + 1))).status).toBe(413);
  });

  it("a body that is too large is 413, while it streams", async () => {
    const chunk = new Uint8Array(64 * 1024).fill(32);
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += chunk.length;
        controller.enqueue(chunk);
        if (sent > 4 * MAX_BODY_BYTES) controller.close();
      },
    });
    expect((await post(body)).status).toBe(413);
    expect(sent).toBeLessThan(2 * MAX_BODY_BYTES);
  });

  it("another media type is 415", async () => {
    expect((await post("{}", { ...HEADERS, "content-type": "text/plain" })).status).toBe(415);
  });

  it("text that is not JSON from a foreign origin is refused for its origin", async () => {
    expect((await post("{", { ...HEADERS, origin: "https://evil.example" })).status).toBe(403);
  });
});
