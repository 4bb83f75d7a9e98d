import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import {
  type ApplicationInputRequest,
  type CreateTaskSessionFromClientOptions,
  createTaskSessionFromClient,
  type RawClientDispatch,
  type SerializedTaskReference,
  type TaskEnabledSession,
} from "@modelcontextprotocol/ext-tasks/client";
import {
  type CallToolResultV2,
  CreateTaskResultV2Schema,
  GetTaskResultV2Schema,
} from "@modelcontextprotocol/ext-tasks/core/v2";
import pMap from "p-map";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { useServer } from "../support/server.ts";
import { setting } from "../support/setting.ts";

const REVISION = "2026-07-28";
const CLIENT = { name: "edge-jobs-tests", version: "1.0.0" };
const CAPABILITIES = { elicitation: {}, extensions: { "io.modelcontextprotocol/tasks": {} } };
const FRAMING = { protocolVersion: REVISION, clientInfo: CLIENT, clientCapabilities: CAPABILITIES };
const META = {
  "io.modelcontextprotocol/protocolVersion": REVISION,
  "io.modelcontextprotocol/clientInfo": CLIENT,
  "io.modelcontextprotocol/clientCapabilities": CAPABILITIES,
};

const server = useServer({ SUBMITS_PER_MINUTE: "0", MAX_ACTIVE_JOBS: "0" });

const Message = z.object({
  method: z.string(),
  params: z.looseObject({ name: z.string().optional(), taskId: z.string().optional() }),
});
const Answer = z.union([
  z.object({ result: z.json() }),
  z.object({ error: z.object({ code: z.int(), message: z.string(), data: z.json().optional() }) }),
]);

/** The client leaves the requests of the extension to its host, since the SDK's own parser does not know them. */
const dispatch: RawClientDispatch = async (request) => {
  const { method, params } = Message.parse(request);
  const response = await fetch(`${server().url}/mcp`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": REVISION,
      "mcp-method": method,
      "mcp-name": params.taskId ?? params.name ?? "",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer = Answer.parse(await response.json());
  if ("result" in answer) return { kind: "result", result: answer.result };
  const { code, message, data } = answer.error;
  return { kind: "error", error: { code, message, ...(data !== undefined && { data }) } };
};

type OnInput = NonNullable<CreateTaskSessionFromClientOptions["onInputRequest"]>;

/** Runs with a client of its own. Its endpoint has a name that outlives it, so that others can take its tasks over. */
async function withSession<T>(use: (session: TaskEnabledSession) => Promise<T>, onInputRequest?: OnInput): Promise<T> {
  const client = new Client(CLIENT, {
    capabilities: { elicitation: {} },
    versionNegotiation: { mode: { pin: REVISION } },
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server().url}/mcp`)));
  const session = createTaskSessionFromClient(client, {
    endpointId: "edge-jobs",
    rawDispatch: dispatch,
    v2RequestFraming: FRAMING,
    ...(onInputRequest && { onInputRequest }),
  });
  try {
    return await use(session);
  } finally {
    await session.close();
    await client.close();
  }
}

const submit = (session: TaskEnabledSession, steps: object[], input = {}) =>
  session.callTool<CallToolResultV2>(
    "jobs_submit_blueprint",
    JSON.parse(JSON.stringify({ blueprint: { name: "as-task", steps }, input })),
  );

const APPROVED = [
  {
    id: "approve",
    type: "input",
    message: "Release {% $input.tag %}?",
    schema: { type: "object", properties: { note: { type: "string" } }, required: ["note"] },
  },
  {
    id: "done",
    type: "transform",
    value: { action: "{% $steps.approve.action %}", note: "{% $steps.approve.content.note %}" },
  },
];
const NAP = (seconds: number) => [
  { id: "nap", type: "sleep", for: `${seconds} seconds` },
  { id: "done", type: "transform", value: "awake" },
];

describe("the official client of the Tasks extension", () => {
  it("drives a job that asks to its end", async () => {
    const asked: ApplicationInputRequest[] = [];
    const seen: string[] = [];
    const onInput = (async (request: ApplicationInputRequest) => {
      asked.push(request);
      return { action: "accept", content: { note: "ship it" } };
    }) as OnInput;
    const { outcome } = await withSession(async (session) => {
      const execution = await submit(session, APPROVED, { tag: "v2" });
      expect(execution).toMatchObject({ kind: "task", handle: { taskId: expect.stringMatching(/^job_/) } });
      return execution.settle({ onEvent: (event) => void (event.type === "task" && seen.push(event.task.status)) });
    }, onInput);
    expect(outcome).toMatchObject({
      status: "completed",
      result: {
        resultType: "complete",
        structuredContent: { status: "succeeded", result: { action: "accept", note: "ship it" } },
      },
    });
    expect(asked).toMatchObject([{ kind: "elicitation", params: { message: "Release v2?" } }]);
    expect(seen).toContain("input_required");
  });

  it("cancels a job", async () => {
    const [outcome, task] = await withSession(async (session) => {
      const execution = await submit(session, NAP(3_600));
      if (execution.kind !== "task") throw new Error("no task");
      await execution.cancel();
      const { outcome } = await execution.settle();
      return [outcome, await session.task(execution.handle.taskId).snapshot()] as const;
    });
    expect(outcome).toMatchObject({ status: "cancelled" });
    expect(task).toMatchObject({ status: "cancelled", retentionMs: expect.any(Number) });
  });

  it("gets a job's failure as the tool's error", async () => {
    const { outcome } = await withSession(async (session) => {
      const broken = { id: "broken", type: "transform", value: "{% $error('out of paint') %}" };
      return (await submit(session, [broken])).settle();
    });
    expect(outcome).toMatchObject({
      status: "completed",
      result: { isError: true, structuredContent: { status: "failed", error_code: "expression" } },
    });
  });

  it("recovers a job after a kill -9 of the server right behind the answer", async () => {
    const kept: SerializedTaskReference[] = [];
    await withSession(async (session) => {
      const execution = await submit(session, NAP(2));
      if (execution.kind !== "task") throw new Error("no task");
      await execution.handoff((reference) => void kept.push(reference));
      await server().kill9();
    });
    await server().restart();
    const [reference] = kept;
    if (reference === undefined) throw new Error("nothing was kept");
    const { outcome } = await withSession(async (session) => (await session.resumeTask(reference)).settle());
    expect(outcome).toMatchObject({
      status: "completed",
      result: { structuredContent: { id: reference.taskId, status: "succeeded", result: { value: "awake" } } },
    });
  }, 90_000);
});

describe("a task", () => {
  const TIMES = setting("TASKS");

  it(`is found directly after the answer that names it, ${TIMES} times of ${TIMES}`, async () => {
    const blueprint = { name: "instant", steps: [{ id: "done", type: "transform", value: 1 }] };
    const run_at = new Date(Date.now() + 3_600_000).toISOString(); // the engine has no part in this
    const call = { name: "jobs_submit_blueprint", arguments: { blueprint, run_at }, _meta: META };
    const once = async (): Promise<boolean> => {
      const submitted = await dispatch({ method: "tools/call", params: call });
      const { taskId } = CreateTaskResultV2Schema.parse(submitted.kind === "result" ? submitted.result : submitted);
      const got = await dispatch({ method: "tasks/get", params: { taskId, _meta: META } });
      return got.kind === "result" && GetTaskResultV2Schema.parse(got.result).taskId === taskId;
    };
    const found = await pMap(Array.from({ length: TIMES }), once, { concurrency: 8 });
    expect(found.filter((resolved) => resolved)).toHaveLength(TIMES);
  }, 240_000);
});
