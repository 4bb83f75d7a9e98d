import {
  CallToolResultV2Schema,
  CreateTaskResultV2Schema,
  GetTaskResultV2Schema,
} from "@modelcontextprotocol/ext-tasks/core/v2";
import { describe, expect, it } from "vitest";
import type { JobStatus } from "../../../src/jobs/view.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { McpDeps } from "../../../src/mcp/deps.ts";
import { serveMcp } from "../../../src/mcp/endpoint.ts";
import { KeyRevoked } from "../../../src/registry/api/keys.ts";
import {
  callTool,
  type Envelope,
  jobIdOf,
  jobStatus,
  legacy,
  NOW,
  ofTenant,
  RETENTION_MS,
  type World,
  world,
} from "../support.ts";

/** Submitted for as late as can be, with the longest timeout, and then kept. */
const UNSETTLED_TTL_MS = 2 * 365 * 86_400_000 + RETENTION_MS;

const TASKS = "io.modelcontextprotocol/tasks";
const DECLARING: JsonObject = { elicitation: {}, extensions: { [TASKS]: {} } };
const ID = jobIdOf(1);
const METHODS = ["tasks/get", "tasks/update", "tasks/cancel"];

/** One request of 2026-07-28 with these client capabilities. */
async function send(
  deps: McpDeps,
  method: string,
  params: JsonObject,
  capabilities = DECLARING,
  named = params.name ?? params.taskId,
): Promise<Envelope> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  const headers = new Headers({
    host: "localhost",
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
  });
  if (typeof named === "string") headers.set("mcp-name", named);
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } });
  const response = await serveMcp(new Request("http://localhost/mcp", { method: "POST", headers, body }), deps);
  return { status: response.status, body: await response.json(), told: [] };
}

const submit = (deps: McpDeps, args: JsonObject = {}, capabilities = DECLARING) =>
  send(
    deps,
    "tools/call",
    { name: "jobs_submit_blueprint", arguments: { blueprint: "double", input: { n: 1 }, ...args } },
    capabilities,
  );

function withJob(fields: Partial<JobStatus> = {}): World {
  const w = world();
  w.registry.jobs.set(ID, jobStatus(fields));
  return w;
}

async function get(w: World): Promise<JsonObject> {
  const { body } = await send(w.deps, "tasks/get", { taskId: ID });
  return GetTaskResultV2Schema.parse(body.result) as JsonObject;
}

const question = (request_id: string): JobStatus["input_requests"][number] => ({
  request_id,
  step: request_id,
  message: "Sure?",
  schema: { type: "object", properties: { yes: { type: "boolean" } } },
  expires_at: "2026-11-21T12:00:00.000Z",
});

const asking = (): World => withJob({ status: "input_required", input_requests: [question("ok"), question("why")] });
const ACCEPT = { action: "accept", content: { yes: true } };
const update = (w: World, inputResponses: JsonObject) =>
  send(w.deps, "tasks/update", { taskId: ID, inputResponses }).then(({ body }) => body);
const ACKNOWLEDGED = {
  resultType: "complete",
  _meta: { "io.modelcontextprotocol/serverInfo": expect.objectContaining({ name: "edge-jobs" }) },
};

describe("jobs_submit_blueprint, called with the Tasks extension", () => {
  it("answers with a flat task beside the whole reply", async () => {
    const { body } = await submit(world().deps);
    expect(CreateTaskResultV2Schema.parse(body.result)).toMatchObject({
      resultType: "task",
      taskId: ID,
      status: "working",
      statusMessage: "0 %",
      createdAt: "2026-11-20T12:00:00.000Z",
      lastUpdatedAt: "2026-11-20T12:00:00.000Z",
      ttlMs: UNSETTLED_TTL_MS,
      pollIntervalMs: 1_000,
    });
    expect(body.result).toMatchObject({
      content: [{ type: "text", text: expect.stringContaining("durable") }, { type: "resource_link" }],
      structuredContent: { id: ID, status: "queued" },
    });
    for (const field of ["task", "result", "error", "inputRequests", "requestState", "ttl", "pollInterval"]) {
      expect(body.result).not.toHaveProperty(field);
    }
  });

  it("waits first, and answers what has settled by then as a plain result, which nobody has to be told of again", async () => {
    const w = world();
    const { body } = await submit(w.deps, { wait_seconds: 5 });
    expect(body.result).toMatchObject({ resultType: "complete", structuredContent: { id: ID, status: "succeeded" } });
    expect(body.result).not.toHaveProperty("taskId");
  });

  it.each(["succeeded", "failed", "cancelled"] as const)(
    "answers a repeated submit of a %s job as a plain result",
    async (status) => {
      const w = world();
      await submit(w.deps, { idempotency_key: "key" });
      w.registry.change(ID, { status, poll_after_ms: 0 });
      const { body } = await submit(w.deps, { idempotency_key: "key" });
      expect(body.result).toMatchObject({ resultType: "complete", structuredContent: { id: ID, status } });
    },
  );

  it.each(["queued", "running", "input_required"] as const)(
    "answers with a task when the job is still %s after the wait",
    async (status) => {
      const w = world();
      await submit(w.deps, { idempotency_key: "key" });
      w.registry.change(ID, { status });
      const { body } = await submit(w.deps, { idempotency_key: "key" });
      expect(body.result).toMatchObject({ resultType: "task", taskId: ID });
    },
  );

  it.each([
    ["a dry run", { dry_run: true }],
    ["an error", { blueprint: "unheard-of" }],
  ])("answers %s as ever", async (_, args) => {
    const { body } = await submit(world().deps, args);
    expect(body.result).toMatchObject({ resultType: "complete", content: [{ type: "text" }] });
    expect(body.result).not.toHaveProperty("taskId");
  });

  it.each<[string, JsonObject]>([
    ["declares nothing", {}],
    ["declares another extension", { extensions: { "io.modelcontextprotocol/ui": {} } }],
  ])("answers a request that %s without a task", async (_, capabilities) => {
    const { body } = await submit(world().deps, {}, capabilities);
    expect(body.result).toMatchObject({ resultType: "complete", structuredContent: { id: ID } });
    expect(body.result).not.toHaveProperty("taskId");
  });

  it("answers clients of 2025 without a task, whatever they declare", async () => {
    const { body } = await legacy(world().deps, "tools/call", {
      name: "jobs_submit_blueprint",
      arguments: { blueprint: "double", input: { n: 1 } },
      _meta: { "io.modelcontextprotocol/clientCapabilities": DECLARING },
    });
    expect(body.result).toMatchObject({ structuredContent: { id: ID } });
    expect(JSON.stringify(body)).not.toMatch(/taskId|resultType/);
  });

  it("leaves every other tool as it was", async () => {
    const { body } = await send(withJob().deps, "tools/call", { name: "jobs_get_status", arguments: { job_id: ID } });
    expect(body.result).toMatchObject({ resultType: "complete" });
    expect(body.result).not.toHaveProperty("taskId");
  });
});

describe("tasks/get", () => {
  it.each<[JobStatus["status"], string]>([
    ["queued", "working"],
    ["running", "working"],
    ["input_required", "input_required"],
    ["succeeded", "completed"],
    ["failed", "completed"],
    ["cancelled", "cancelled"],
  ])("calls a %s job %s", async (status, expected) => {
    expect(await get(withJob({ status }))).toMatchObject({ resultType: "complete", taskId: ID, status: expected });
  });

  it("tells how far a job is, and when to ask again", async () => {
    const task = await get(withJob({ message: "3 of 6 pages", poll_after_ms: 4_000 }));
    expect(task).toMatchObject({ statusMessage: "50 % | twice | 3 of 6 pages", pollIntervalMs: 4_000 });
  });

  it("dates the last change by the newest event, and a settled job by its end", async () => {
    const at = "2026-11-20T12:00:03.000Z";
    const events = [{ seq: 1, at, type: "step_started" as const, step: "twice", message: null }];
    expect(await get(withJob({ events }))).toMatchObject({ lastUpdatedAt: at });
    const completed_at = "2026-11-20T12:00:09.000Z";
    expect(await get(withJob({ status: "succeeded", events, completed_at }))).toMatchObject({
      lastUpdatedAt: completed_at,
    });
  });

  it("will be there as long as any job can be, and says the same number each time until it has settled", async () => {
    const w = withJob({ submitted_at: new Date(NOW - 60_000).toISOString() });
    expect(await get(w)).toMatchObject({ ttlMs: UNSETTLED_TTL_MS });
    w.registry.now += 3_600_000;
    expect(await get(w)).toMatchObject({ ttlMs: UNSETTLED_TTL_MS });
  });

  it("lives until a settled job is purged, counted from its submission", async () => {
    const task = await get(withJob({ status: "succeeded", expires_at: "2026-11-20T13:00:00.000Z", poll_after_ms: 0 }));
    expect(task).toMatchObject({ ttlMs: 3_600_000 });
    expect(task).not.toHaveProperty("pollIntervalMs");
  });

  it("inlines what jobs_get_status replies, as a whole result", async () => {
    const events = [{ seq: 1, at: "2026-11-20T12:00:03.000Z", type: "accepted" as const, step: null, message: null }];
    const w = withJob({ status: "succeeded", progress: 1, result: { n: 42 }, events });
    const { content, structured } = await callTool(w.deps, "jobs_get_status", { job_id: ID });
    const { result } = await get(w);
    expect(CallToolResultV2Schema.parse(result)).toEqual({
      resultType: "complete",
      content,
      structuredContent: structured,
    });
  });

  it.each([
    ["succeeded", "completed"],
    ["failed", "completed"],
    ["cancelled", "cancelled"],
  ] as const)(
    "answers for a %s job that was deleted as it stood, so that nobody asks on for ever",
    async (status, as) => {
      const w = world();
      w.registry.gone.set(ID, jobStatus({ status, poll_after_ms: 0 }));
      const task = await get(w);
      expect(task).toMatchObject({ status: as });
      expect(task).not.toHaveProperty("pollIntervalMs");
      if (as === "completed") expect(JSON.stringify(task.result)).toContain("the job was deleted");
      // To every tool it is unknown.
      expect(await callTool(w.deps, "jobs_get_status", { job_id: ID })).toMatchObject({ text: `Unknown job: ${ID}` });
    },
  );

  it("says who answers in a few bytes", async () => {
    const { body } = await send(withJob().deps, "tasks/get", { taskId: ID });
    expect(body.result).toMatchObject({
      _meta: { "io.modelcontextprotocol/serverInfo": { name: "edge-jobs", version: "1.2.3" } },
    });
    expect(JSON.stringify(body)).not.toContain("data:image");
  });

  it("inlines a failure as a tool's error", async () => {
    const task = await get(withJob({ status: "failed", error: "Step twice: boom", error_code: "expression" }));
    expect(task).toMatchObject({
      statusMessage: "Step twice: boom",
      result: { resultType: "complete", isError: true, structuredContent: { error_code: "expression" } },
    });
    expect(task).not.toHaveProperty("error");
  });

  it("has the engine's own failure as an error of the protocol", async () => {
    const task = await get(withJob({ status: "failed", error: "The engine lost the job.", error_code: "engine_lost" }));
    expect(task).toMatchObject({
      status: "failed",
      error: { code: -32603, message: "The engine lost the job.", data: { error_code: "engine_lost" } },
    });
    expect(task).not.toHaveProperty("result");
  });

  it("asks every open question as an elicitation", async () => {
    const { inputRequests } = await get(asking());
    const params = { message: "Sure?", requestedSchema: question("ok").schema };
    const asked = { method: "elicitation/create", params };
    expect(inputRequests).toEqual({ ok: asked, why: asked });
  });
});

describe("tasks/update", () => {
  it("answers a question as jobs_respond does, and says nothing more", async () => {
    const w = asking();
    expect((await update(w, { ok: ACCEPT })).result).toEqual(ACKNOWLEDGED);
    expect(w.registry.calls).toEqual([{ jobId: ID, request_id: "ok", ...ACCEPT }]);
  });

  it("answers several at once", async () => {
    const w = asking();
    await update(w, { why: { action: "decline" }, ok: ACCEPT });
    expect(w.registry.calls).toMatchObject([{ request_id: "ok" }, { request_id: "why", action: "decline" }]);
  });

  it.each(["decline", "cancel"])("takes %s as a refusal to answer", async (action) => {
    const w = asking();
    await update(w, { ok: { action } });
    expect(w.registry.calls).toEqual([{ jobId: ID, request_id: "ok", action: "decline", content: null }]);
  });

  it("ignores answers to what is not asked", async () => {
    const w = asking();
    expect((await update(w, { other: { ignored: true }, constructor: ACCEPT })).result).toEqual(ACKNOWLEDGED);
    expect(w.registry.calls).toEqual([]);
  });

  it("ignores an answer that another one came before", async () => {
    const w = asking();
    const look = w.registry.status.bind(w.registry);
    w.registry.respondError = { code: "already_answered", action: "accept", at: 0 };
    w.registry.status = async (...args) => {
      const seen = await look(...args);
      w.registry.change(ID, { status: "running", input_requests: [] });
      return seen;
    };
    expect((await update(w, { ok: ACCEPT })).result).toEqual(ACKNOWLEDGED);
  });

  it.each<[string, JsonObject[string]]>([
    ["no object", 5],
    ["no action", {}],
    ["an unknown action", { action: "maybe" }],
    ["a content that is no object", { action: "accept", content: "yes" }],
    ["a wrapped result", { method: "elicitation/create", result: ACCEPT }],
  ])("refuses %s, by the question's key", async (_, response) => {
    const w = asking();
    expect((await update(w, { ok: response })).error).toMatchObject({
      code: -32602,
      message: expect.stringMatching(/^inputResponses\.ok: /),
    });
    expect(w.registry.calls).toEqual([]);
  });

  it("refuses a call without responses", async () => {
    const w = asking();
    const { body } = await send(w.deps, "tasks/update", { taskId: ID });
    expect(body.error).toMatchObject({ code: -32602, message: expect.stringContaining("inputResponses: is missing") });
  });

  it("says what does not fit the question, with the path", async () => {
    const w = asking();
    const faults = [{ path: "content.yes", message: "is no boolean", fix: "Send true or false." }];
    w.registry.respondError = { code: "invalid_content", faults };
    expect((await update(w, { ok: ACCEPT })).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("content.yes: is no boolean. Send true or false."),
    });
  });

  const FULL = { code: "storage_full", stored_bytes: 11, limit_bytes: 10 } as const;

  it("says by the question's key that there is no room for the answer, and how to make some", async () => {
    const w = asking();
    w.registry.respondError = FULL;
    const { error } = await update(w, { ok: ACCEPT });
    expect(error).toMatchObject({
      code: -32602,
      message: expect.stringMatching(/^inputResponses\.ok: .*11 bytes are stored, the most is 10\.\nNext: jobs_list/s),
    });
    w.registry.respondError = undefined;
    expect((await update(w, { ok: ACCEPT })).result).toEqual(ACKNOWLEDGED);
  });

  it("takes the answer that has room beside one that has none, and names only that", async () => {
    const w = asking();
    const respond = w.registry.respond.bind(w.registry);
    w.registry.respond = async (caller, jobId, answer) => {
      w.registry.respondError = answer.action === "accept" ? FULL : undefined;
      const reply = await respond(caller, jobId, answer);
      w.registry.change(ID, { status: "input_required", input_requests: [question("ok")] });
      return reply;
    };
    const { error } = await update(w, { ok: ACCEPT, why: { action: "decline" } });
    expect(JSON.stringify(error)).toContain("inputResponses.ok: ");
    expect(JSON.stringify(error)).not.toContain("inputResponses.why");
    expect(w.registry.calls.at(-1)).toMatchObject({ request_id: "why", action: "decline" });
  });

  it("ignores that there is no room for an answer that another one came before", async () => {
    const w = asking();
    const look = w.registry.status.bind(w.registry);
    w.registry.respondError = FULL;
    w.registry.status = async (...args) => {
      const seen = await look(...args);
      w.registry.change(ID, { status: "running", input_requests: [] });
      return seen;
    };
    expect((await update(w, { ok: ACCEPT })).result).toEqual(ACKNOWLEDGED);
  });
});

describe("tasks/cancel", () => {
  it("cancels the job, and says nothing more", async () => {
    const w = withJob();
    const { body } = await send(w.deps, "tasks/cancel", { taskId: ID });
    expect(body.result).toEqual(ACKNOWLEDGED);
    expect(w.registry.jobs.get(ID)?.status).toBe("cancelled");
  });

  it("acknowledges a settled job, which stays as it is", async () => {
    const w = withJob({ status: "succeeded" });
    const { body } = await send(w.deps, "tasks/cancel", { taskId: ID });
    expect(body.result).toEqual(ACKNOWLEDGED);
    expect(w.registry.jobs.get(ID)?.status).toBe("succeeded");
  });
});

describe.each(METHODS)("%s", (method) => {
  const params = (taskId: string): JsonObject => ({ taskId, ...(method === "tasks/update" && { inputResponses: {} }) });

  it.each(["nonsense", jobIdOf(7), jobIdOf(7, 999), "x".repeat(100)])(
    "says of %j what every tool says of an unknown job",
    async (taskId) => {
      const w = withJob();
      const { status, body } = await send(w.deps, method, params(taskId));
      expect([status, body.error]).toMatchObject([200, { code: -32602 }]);
      const { text } = await callTool(w.deps, "jobs_get_status", { job_id: taskId });
      expect(body.error).toMatchObject({ message: text });
    },
  );

  it("says the same of another tenant's job", async () => {
    const w = withJob();
    const { body } = await send(ofTenant(w, "other").deps, method, params(ID));
    expect(body.error).toEqual({ code: -32602, message: `Unknown job: ${ID}` });
    expect(w.registry.calls).toEqual([]);
  });

  it("needs the extension, declared by the request itself", async () => {
    const w = withJob();
    const { status, body } = await send(w.deps, method, params(ID), { elicitation: {} });
    expect([status, body.error]).toMatchObject([
      400,
      { code: -32021, data: { requiredCapabilities: { extensions: { [TASKS]: {} } } } },
    ]);
    expect(w.registry.calls).toEqual([]);
    expect(w.measured).toMatchObject([{ name: method, outcome: "tool_error", era: "modern" }]);
  });

  it("does not exist for clients of 2025", async () => {
    const { body } = await legacy(withJob().deps, method, params(ID));
    expect(body.error).toMatchObject({ code: -32601 });
  });

  it("refuses a header that names another task", async () => {
    const w = withJob();
    const { status, body } = await send(w.deps, method, params(ID), DECLARING, jobIdOf(2));
    expect([status, body.error]).toMatchObject([400, { code: -32020 }]);
    expect(w.registry.calls).toEqual([]);
  });

  it("is measured", async () => {
    const w = withJob();
    await send(w.deps, method, params(ID));
    expect(w.measured).toMatchObject([{ name: method, outcome: "ok", era: "modern" }]);
  });

  it("tells a crash by its reference only", async () => {
    const w = withJob();
    w.registry.status = w.registry.cancel = () => Promise.reject(new Error("secret inside"));
    const { body } = await send(w.deps, method, params(ID));
    expect(body.error).toMatchObject({ code: -32603, message: expect.stringContaining("ref-1") });
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  it("tells the holder of a revoked key so", async () => {
    const w = withJob();
    w.registry.status = w.registry.cancel = () => Promise.reject(new KeyRevoked("revoked"));
    const { body } = await send(w.deps, method, params(ID));
    expect(body.error).toMatchObject({ code: -32602, message: expect.stringContaining("revoked") });
  });

  it("needs the scope of what it does", async () => {
    const w = withJob();
    const scope = method === "tasks/get" ? "jobs:read" : "jobs:write";
    const others = w.deps.scopes.filter((held) => held !== scope);
    expect((await send({ ...w.deps, scopes: others }, method, params(ID))).status).toBe(403);
    expect((await send({ ...w.deps, scopes: [scope] }, method, params(ID))).status).toBe(200);
  });
});

describe("server/discover", () => {
  it("offers the Tasks extension", async () => {
    const { body } = await send(world().deps, "server/discover", {}, {});
    expect(body.result).toMatchObject({ capabilities: { extensions: { [TASKS]: {} } } });
    expect(body.result).not.toHaveProperty("capabilities.tasks");
  });

  it("is the only place that does: initialize of 2025 knows nothing of it", async () => {
    const clientInfo = { name: "test", version: "1" };
    const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    const { body } = await legacy(world().deps, "initialize", hello);
    expect(JSON.stringify(body)).not.toContain("tasks");
  });

  it.each(["tasks/list", "tasks/result"])("has no method %s", async (method) => {
    const { status, body } = await send(withJob().deps, method, { taskId: ID });
    expect([status, body.error]).toMatchObject([404, { code: -32601 }]);
  });
});
