import {
  CancelTaskResultV2Schema,
  CreateTaskResultV2Schema,
  GetTaskResultV2Schema,
  UpdateTaskResultV2Schema,
} from "@modelcontextprotocol/ext-tasks/core/v2";
import * as V1 from "@modelcontextprotocol/sdk/types.js";
import { type StandardSchemaV1, specTypeSchemas as V2 } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import type { JobStatus } from "../../../src/jobs/view.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { type Envelope, jobIdOf, jobStatus, legacy, modern, type World, world } from "../support.ts";

/** Every kind of message that the server sends, against the official schemas of its era. */

const ID = jobIdOf(1);
const GOOD = { name: "jobs_submit_blueprint", arguments: { blueprint: "double", input: { n: 1 } } };
const QUESTION: JobStatus["input_requests"][number] = {
  request_id: "sure",
  step: "sure",
  message: "Sure?",
  schema: { type: "object", properties: { yes: { type: "boolean" } } },
  expires_at: "2026-11-21T12:00:00.000Z",
};

function withJob(fields: Partial<JobStatus> = {}): World {
  const w = world();
  w.registry.jobs.set(ID, jobStatus(fields));
  return w;
}

/** What is asked, and the result's schema in 2025-11-25 and in 2026-07-28. */
const RESULTS: [method: string, params: JsonObject, v1: StandardSchemaV1, v2: StandardSchemaV1][] = [
  ["tools/list", {}, V1.ListToolsResultSchema, V2.ListToolsResult],
  ["tools/call", GOOD, V1.CallToolResultSchema, V2.CallToolResult],
  ["tools/call", { name: "jobs_get_status", arguments: { job_id: ID } }, V1.CallToolResultSchema, V2.CallToolResult],
  ["tools/call", { name: "jobs_get_status", arguments: {} }, V1.CallToolResultSchema, V2.CallToolResult],
  ["tools/call", { name: "jobs_list", arguments: {} }, V1.CallToolResultSchema, V2.CallToolResult],
  ["resources/list", {}, V1.ListResourcesResultSchema, V2.ListResourcesResult],
  ["resources/templates/list", {}, V1.ListResourceTemplatesResultSchema, V2.ListResourceTemplatesResult],
  ["resources/read", { uri: `job://${ID}` }, V1.ReadResourceResultSchema, V2.ReadResourceResult],
  ["resources/read", { uri: "blueprint://guide" }, V1.ReadResourceResultSchema, V2.ReadResourceResult],
  ["resources/read", { uri: "ui://jobs/progress" }, V1.ReadResourceResultSchema, V2.ReadResourceResult],
  ["prompts/list", {}, V1.ListPromptsResultSchema, V2.ListPromptsResult],
  ["prompts/get", { name: "jobs_plan", arguments: { goal: "x" } }, V1.GetPromptResultSchema, V2.GetPromptResult],
  [
    "completion/complete",
    { ref: { type: "ref/resource", uri: "job://{job_id}" }, argument: { name: "job_id", value: "job_" } },
    V1.CompleteResultSchema,
    V2.CompleteResult,
  ],
];

const ERRORS: [title: string, method: string, params: JsonObject][] = [
  ["an unknown tool", "tools/call", { name: "jobs_explode", arguments: {} }],
  ["an unknown method", "jobs/explode", {}],
  ["an unknown resource", "resources/read", { uri: "job://nope" }],
  ["an unknown prompt", "prompts/get", { name: "nope" }],
  ["a prompt without its argument", "prompts/get", { name: "jobs_plan" }],
  ["a call without a name", "tools/call", {}],
];

/** @throws with what is wrong */
async function check(schema: StandardSchemaV1, value: unknown): Promise<void> {
  const checked = await schema["~standard"].validate(value);
  if (checked.issues) throw new Error(`${JSON.stringify(checked.issues)}\n${JSON.stringify(value)}`);
}

async function checkResult({ body }: Envelope, envelope: StandardSchemaV1, result: StandardSchemaV1): Promise<void> {
  await check(envelope, body);
  await check(result, body.result);
}

describe("results are what the official schemas of their era say", () => {
  it.each(RESULTS)("%s %j", async (method, params, v1, v2) => {
    const { deps } = withJob();
    await checkResult(await legacy(deps, method, params), V1.JSONRPCResultResponseSchema, v1);
    await checkResult(await modern(deps, method, params), V2.JSONRPCResultResponse, v2);
  });

  it.each(["2025-03-26", "2025-06-18", "2025-11-25"])("initialize for %s", async (protocolVersion) => {
    const hello = { protocolVersion, capabilities: {}, clientInfo: { name: "test", version: "1" } };
    const answer = await legacy(world().deps, "initialize", hello);
    await checkResult(answer, V1.JSONRPCResultResponseSchema, V1.InitializeResultSchema);
    expect(answer.body.result).toMatchObject({ protocolVersion });
  });

  it("ping, which only 2025 has", async () => {
    await checkResult(await legacy(world().deps, "ping"), V1.JSONRPCResultResponseSchema, V1.EmptyResultSchema);
  });

  it("server/discover, which only 2026 has", async () => {
    await checkResult(await modern(world().deps, "server/discover"), V2.JSONRPCResultResponse, V2.DiscoverResult);
  });
});

describe("errors are what the official schemas of their era say", () => {
  it.each(ERRORS)("%s", async (_, method, params) => {
    await check(V1.JSONRPCErrorResponseSchema, (await legacy(world().deps, method, params)).body);
    await check(V2.JSONRPCErrorResponse, (await modern(world().deps, method, params)).body);
  });
});

describe("notifications are what the official schemas of their era say", () => {
  const waiting = { name: "jobs_wait", arguments: { job_ids: [ID], timeout_seconds: 1 }, _meta: { progressToken: 1 } };

  it("of progress", async () => {
    for (const ask of [legacy, modern]) {
      const { told } = await ask(withJob().deps, "tools/call", waiting);
      expect(told.length).toBeGreaterThan(0);
      for (const message of told) {
        await check(V1.ProgressNotificationSchema, message);
        await check(V2.ProgressNotification, message);
        await check(V2.JSONRPCNotification, message);
      }
    }
  });

  it("of a subscription that was taken", async () => {
    const { told } = await modern(world().deps, "subscriptions/listen", { notifications: {} });
    expect(told).toHaveLength(1);
    await check(V2.SubscriptionsAcknowledgedNotification, told[0]);
  });
});

describe("tasks are what the official schemas of their extension say", () => {
  const declaring = {
    "io.modelcontextprotocol/clientCapabilities": {
      elicitation: {},
      extensions: { "io.modelcontextprotocol/tasks": {} },
    },
  };
  const ask = async (w: World, method: string, params: JsonObject): Promise<unknown> => {
    const { body } = await modern(w.deps, method, { ...params, _meta: declaring });
    await check(V2.JSONRPCResultResponse, body);
    return body.result;
  };

  it("a submit that declares them", async () => {
    CreateTaskResultV2Schema.parse(await ask(world(), "tools/call", GOOD));
  });

  it.each<[string, Partial<JobStatus>]>([
    ["running", {}],
    ["asking", { status: "input_required", input_requests: [QUESTION] }],
    ["succeeded", { status: "succeeded", result: { n: 2 }, progress: 1, poll_after_ms: 0 }],
    ["failed", { status: "failed", error: "Step a: HTTP 500", error_code: "http_status", poll_after_ms: 0 }],
    ["lost", { status: "failed", error: "lost", error_code: "engine_lost", poll_after_ms: 0 }],
    ["cancelled", { status: "cancelled", poll_after_ms: 0 }],
  ])("of a job that is %s", async (_, fields) => {
    GetTaskResultV2Schema.parse(await ask(withJob(fields), "tasks/get", { taskId: ID }));
  });

  it("what is acknowledged", async () => {
    const asking = withJob({ status: "input_required", input_requests: [QUESTION] });
    const inputResponses = { sure: { action: "decline" } };
    UpdateTaskResultV2Schema.parse(await ask(asking, "tasks/update", { taskId: ID, inputResponses }));
    CancelTaskResultV2Schema.parse(await ask(withJob(), "tasks/cancel", { taskId: ID }));
  });
});

describe("the schemas", () => {
  it("refuse what is none", async () => {
    await expect(check(V2.CallToolResult, { content: "text" })).rejects.toThrow("content");
    await expect(check(V1.ListToolsResultSchema, { tools: [{ name: 5 }] })).rejects.toThrow("tools");
    await expect(check(V2.JSONRPCErrorResponse, { jsonrpc: "2.0", id: 1, error: "bad" })).rejects.toThrow("error");
    await expect(check(V2.DiscoverResult, {})).rejects.toThrow("supportedVersions");
  });
});
