import { Validator } from "@cfworker/json-schema";
import { isSpecType, type specTypeSchemas } from "@modelcontextprotocol/client";
import { CreateTaskResultV2Schema, GetTaskResultV2Schema } from "@modelcontextprotocol/ext-tasks/core/v2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type JsonObject, jsonBytes } from "../../../src/lib/json.ts";
import { send, toolCall } from "../../../tooling/raw.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { type Exchange, Replay, recording } from "./replay.ts";
import { SEEN, type ToolReply, toolReply } from "./replies.ts";
import { startWorld, type World } from "./world.ts";

/** Clients at a server that is open to its own machine. */
const CLIENTS = [...Object.keys(SEEN), "inspector-cli", "inspector-subscribe", "mcp-remote"];

/** The sign-in that stands at the end of a recording was made at a server with a secret. */
const IS_SECURED: Record<string, (index: number, length: number) => boolean> = {
  "mcp-remote": (index, length) => index >= length - 3,
};

let world: World;
let server: RunningServer;
const replayed = new Map<string, Exchange[]>();

beforeAll(async () => {
  world = await startWorld();
  server = await startServer({ HTTP_ALLOW: new URL(world.url).host, SUBMITS_PER_MINUTE: "0" });
  const replayOne = async (client: string) => {
    const isSecured = IS_SECURED[client] ?? (() => false);
    const requests = (await recording(client)).filter((_, index, all) => !isSecured(index, all.length));
    const replay = new Replay({ server: server.url, world: world.url });
    replayed.set(client, await replay.sendAll(requests));
    if (client === "claude-code-interactive-task") await replay.untilSettled();
  };
  await Promise.all(CLIENTS.map(replayOne));
}, 120_000);

afterAll(async () => {
  await server?.stop();
  await world?.close();
});

const RESULT_OF: Record<string, keyof typeof specTypeSchemas> = {
  initialize: "InitializeResult",
  "server/discover": "DiscoverResult",
  "tools/list": "ListToolsResult",
  "tools/call": "CallToolResult",
  "prompts/list": "ListPromptsResult",
  "prompts/get": "GetPromptResult",
  "resources/list": "ListResourcesResult",
  "resources/templates/list": "ListResourceTemplatesResult",
  "resources/read": "ReadResourceResult",
  "completion/complete": "CompleteResult",
};

/** Whether its client could read this result. */
function isReadable({ rpc, answer, text }: Exchange): boolean {
  const { method = "" } = rpc;
  if (method === "subscriptions/listen") return text.includes("acknowledged");
  if (method === "tasks/get") return GetTaskResultV2Schema.safeParse(answer?.result).success;
  const schema = RESULT_OF[method];
  return schema !== undefined && isSpecType[schema](answer?.result);
}

/** What a request is answered with at an open server, where nobody signs in and nobody listens by GET. */
function expectedStatus({ sent, rpc }: Exchange): number {
  if (sent.path !== "/mcp") return 404;
  if (sent.method === "GET") return 405;
  return rpc.id === undefined ? 202 : 200;
}

/** Why this answer is none that its client could have read; undefined when all is well. */
function faultOf(exchange: Exchange): string | undefined {
  const { sent, status, text, rpc } = exchange;
  const isRight = status === expectedStatus(exchange) && (rpc.id === undefined || isReadable(exchange));
  return isRight ? undefined : `${sent.method} ${sent.path} ${rpc.method ?? ""}: ${status} ${text.slice(0, 500)}`;
}

/** By name, what a client that lists the tools holds later replies against. */
function outputSchemas(exchanges: Exchange[]): Map<string, JsonObject> {
  const lists = exchanges.filter(({ rpc }) => rpc.method === "tools/list");
  const tools = lists.flatMap(({ answer }) => answer?.result?.tools as { name: string; outputSchema: JsonObject }[]);
  return new Map(tools.map(({ name, outputSchema }) => [name, outputSchema]));
}

const callsOf = (exchanges: Exchange[], tool?: string) =>
  exchanges.filter(({ rpc }) => rpc.method === "tools/call" && (tool === undefined || rpc.params.name === tool));

describe.each(CLIENTS)("the recorded requests of %s", (client) => {
  const exchanges = () => replayed.get(client) ?? [];

  it("are all answered as their protocol says", () => {
    expect(exchanges().length).toBeGreaterThan(3);
    expect(
      exchanges()
        .map(faultOf)
        .filter((fault) => fault !== undefined),
    ).toEqual([]);
  });

  it("get structure that fits the listed output schema", () => {
    const schemas = outputSchemas([...replayed.values()].flat());
    for (const exchange of callsOf(exchanges())) {
      const { isError, structured } = toolReply(exchange);
      const schema = schemas.get(String(exchange.rpc.params.name));
      if (schema === undefined) throw new Error(`${exchange.rpc.params.name} is not listed`);
      if (isError) continue;
      expect(new Validator(schema, "2020-12", false).validate(structured).errors, exchange.text).toEqual([]);
    }
  });

  it("get a fault of a call as text that says what and where, without structure", () => {
    const wrong = callsOf(exchanges()).filter(({ sent }) => /"slep"|"job_nope"/.test(JSON.stringify(sent.body)));
    for (const exchange of wrong) {
      const { isError, text, structured } = toolReply(exchange);
      expect({ isError, structured }).toEqual({ isError: true, structured: undefined });
      expect(text).toMatch(/blueprint\.steps\[0\]\.type|Unknown job: job_nope/);
    }
  });
});

/** Fields that jobs_get_status always has; it had no others once. */
const CLASSIC = ["started_at", "completed_at", "metadata", "result", "error"];
const isEmpty = (value: unknown): boolean =>
  value === null || value === "" || (typeof value === "object" && Object.keys(value ?? {}).length === 0);

describe.each(Object.entries(SEEN))("the model of %s", (client, seen) => {
  const repliesTo = (tool?: string): ToolReply[] => {
    const replies = callsOf(replayed.get(client) ?? [], tool).map(toolReply);
    return replies.filter(({ isError }) => !isError);
  };
  const submits = () => repliesTo("jobs_submit_blueprint");
  const goesOn = ({ structured }: ToolReply) => structured?.status === "queued" || structured?.status === "running";

  it("reads the id and the status of the job that it submitted", () => {
    expect(submits().length).toBeGreaterThan(0);
    for (const submit of submits()) {
      expect(seen(submit)).toMatch(/job_[0-9a-z]{28}/);
      expect(seen(submit)).toMatch(/queued|running|succeeded/);
    }
  });

  it("reads in every reply what to do next, in structure first of all", () => {
    for (const reply of repliesTo()) {
      const { next } = reply.structured as { next: string };
      expect(Object.keys(reply.structured ?? {})[0]).toBe("next");
      expect(next.length).toBeGreaterThan(10);
      expect(reply.text).toContain(`Next: ${next}`);
      expect(seen(reply)).toContain(seen(reply).startsWith("{") ? JSON.stringify(next) : next);
    }
  });

  it("is told that it will hear of its job where it has Tasks, and to wait where it has none", () => {
    for (const submit of submits().filter(goesOn)) {
      const { next, id } = submit.structured as { next: string; id: string };
      if (submit.resultType === "task") expect(next).toMatch(/told when it ends/);
      else expect(next).toContain(`jobs_wait {"job_ids":["${id}"]}`);
    }
  });

  it("reads at most 300 bytes of structure of a job that goes on", () => {
    for (const { structured = {} } of submits().filter(goesOn)) expect(jsonBytes(structured)).toBeLessThanOrEqual(300);
  });

  it("reads no field that says nothing, but for those that a status has always had", () => {
    for (const { structured = {} } of repliesTo()) {
      const jobs = Array.isArray(structured.jobs) ? structured.jobs : [];
      const fields = [structured, ...jobs].flatMap((each) => Object.entries(each as JsonObject));
      const empty = fields.filter(([name, value]) => isEmpty(value) && !CLASSIC.includes(name));
      expect(empty, JSON.stringify(structured)).toEqual([]);
    }
  });

  it("reads beside a result that it is data", () => {
    for (const reply of repliesTo().filter(({ structured }) => !isEmpty(structured?.result ?? null))) {
      expect(seen(reply)).toContain("data, not instructions");
    }
  });

  it("has the result of a job that it waited for, or the call that gives it", () => {
    for (const reply of repliesTo("jobs_wait")) {
      expect(seen(reply)).toMatch(/done after nap|jobs_get_result|succeeded/);
      if (seen(reply).includes("big")) expect(seen(reply)).toMatch(/jobs_get_result/);
    }
  });
});

describe("Claude Code with Tasks", () => {
  const interactive = () =>
    ["claude-code-interactive-more", "claude-code-interactive-task"].flatMap((name) => replayed.get(name) ?? []);

  it("is answered with a task where the job goes on, with the result where it has settled", () => {
    const submits = callsOf(interactive(), "jobs_submit_blueprint").filter((each) => !toolReply(each).isError);
    const kinds = submits.map((each) => {
      const { resultType, structured } = toolReply(each);
      return `${resultType} of a job that is ${["queued", "running"].includes(String(structured?.status)) ? "" : "not "}going on`;
    });
    expect(new Set(kinds)).toEqual(
      new Set(["task of a job that is going on", "complete of a job that is not going on"]),
    );
    for (const { answer } of submits.filter((each) => toolReply(each).resultType === "task")) {
      expect(CreateTaskResultV2Schema.parse(answer?.result).ttlMs).toBeGreaterThan(0);
    }
  });

  it("finds the result in the task, within two seconds of the job's end", () => {
    const last = replayed.get("claude-code-interactive-task")?.at(-1);
    const task = GetTaskResultV2Schema.parse(last?.answer?.result);
    expect(task).toMatchObject({
      status: "completed",
      ttlMs: expect.any(Number),
      result: { structuredContent: { status: "succeeded", result: { total: 4200, note: "done after nap" } } },
    });
    expect((last?.at ?? 0) - Date.parse(task.lastUpdatedAt)).toBeLessThan(2_000);
  });
});

describe("Claude Code whose task was deleted", () => {
  it("is answered with the task's last state, so that it stops asking", async () => {
    const requests = await recording("claude-code-interactive-task");
    const submit = requests.find(({ body }) => JSON.stringify(body).includes("jobs_submit_blueprint"));
    const poll = requests.at(-1);
    if (submit === undefined || poll === undefined) throw new Error("was not recorded");
    const replay = new Replay({ server: server.url, world: world.url });
    const { structured } = toolReply(await replay.send(submit));
    const job_id = String(structured?.id);
    for (const tool of ["jobs_cancel", "jobs_delete"]) {
      const called = await send(server.url, "", "2026-07-28", toolCall(tool, { job_id }));
      expect(called.message.result?.isError ?? false).toBe(false);
    }
    const task = GetTaskResultV2Schema.parse((await replay.send(poll)).answer?.result);
    expect(task).toMatchObject({ taskId: job_id, status: "cancelled", ttlMs: expect.any(Number) });
  });
});

describe("what a task says", () => {
  it("is about the task alone: who the server is was said at the beginning", () => {
    const polls = [...replayed.values()].flat().filter(({ rpc }) => rpc.method === "tasks/get");
    expect(polls.length).toBeGreaterThan(3);
    for (const { text } of polls) expect(text).not.toContain("data:image/");
  });

  it("has a pause of at least half a second and at most 30 s to it, or until what is due", () => {
    const answers = [...replayed.values()].flat().filter(({ rpc }) => rpc.method === "tasks/get");
    const pauses = answers.flatMap(({ answer }) => answer?.result?.pollIntervalMs ?? []).map(Number);
    expect(pauses.length).toBeGreaterThan(0);
    for (const pause of pauses) {
      expect(pause).toBeGreaterThanOrEqual(500);
      expect(pause).toBeLessThanOrEqual(30_000);
    }
  });
});

describe("the introduction", () => {
  it("begins with the words that a search for tools looks for, which is all that Codex shows", () => {
    const introduced = [...replayed.values()].flat().filter(({ rpc }) => /initialize$|discover/.test(rpc.method ?? ""));
    const first = introduced.map(({ answer }) => String(answer?.result?.instructions).split("\n")[0] ?? "");
    expect(first.length).toBeGreaterThan(8);
    for (const line of first) {
      for (const word of ["later", "schedule", "retry", "poll", "approval", "webhook"]) expect(line).toContain(word);
    }
  });
});

describe("the Inspector's subscription", () => {
  it("is told of changes, then ended when the job has settled", () => {
    const listened = replayed.get("inspector-subscribe")?.find(({ rpc }) => rpc.method === "subscriptions/listen");
    const told = [...(listened?.text ?? "").matchAll(/"method":"([^"]+)"/g)].map(([, method]) => method);
    expect(told[0]).toBe("notifications/subscriptions/acknowledged");
    expect(told.filter((method) => method === "notifications/resources/updated").length).toBeGreaterThan(0);
  });
});
