import { type CallToolResult, ProtocolErrorCode, SERVER_INFO_META_KEY } from "@modelcontextprotocol/server";
import type { McpDeps } from "../deps.ts";
import { callTool } from "../protocol/call-tool.ts";
import { observe, type Problem } from "../protocol/observe.ts";
import { briefServerInfo } from "../protocol/server-info.ts";
import { GET_TASK, getTask } from "../tasks/get.ts";
import type { PlainCall, PlainTaskGet, PlainToolCall } from "./recognise.ts";

/** The SDK's envelopes around a result, byte for byte: a test compares both lanes. */

const JSON_HEADERS = new Headers({ "content-type": "application/json" });
const STREAM_HEADERS = new Headers({
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  connection: "keep-alive",
  "x-accel-buffering": "no",
});

const message = (result: object, id: string | number): string => JSON.stringify({ result, jsonrpc: "2.0", id });

/** The 2025 lane always answers with a stream, here of one event. */
const legacyAnswer = (result: CallToolResult, id: string | number): Response =>
  new Response(`event: message\ndata: ${message(result, id)}\n\n`, { headers: STREAM_HEADERS });

function modernAnswer(result: object, id: string | number, deps: McpDeps): Response {
  const typed = "resultType" in result ? result : { ...result, resultType: "complete" };
  const _meta = { [SERVER_INFO_META_KEY]: briefServerInfo(deps) };
  return new Response(message({ ...typed, _meta }, id), { headers: JSON_HEADERS });
}

const errorAnswer = ({ crash, text }: Problem, id: string | number): Response => {
  const code = crash ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams;
  return new Response(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: text } }), {
    headers: JSON_HEADERS,
  });
};

async function answerTaskGet({ id, taskId }: PlainTaskGet, deps: McpDeps): Promise<Response> {
  const outcome = await observe(
    GET_TASK,
    deps,
    "modern",
    () => getTask(taskId, deps),
    () => taskId,
  );
  return outcome.ok ? modernAnswer(outcome.value, id, deps) : errorAnswer(outcome.error, id);
}

async function answerToolCall({ era, id, tool, args, isTold }: PlainToolCall, request: Request, deps: McpDeps) {
  // The signal is made only for a tool that looks at it.
  const context = {
    isTold,
    get signal() {
      return request.signal;
    },
  };
  const result = await callTool(tool, { args, context }, deps, era);
  return era === "legacy" ? legacyAnswer(result, id) : modernAnswer(result, id, deps);
}

export const answerPlainCall = (call: PlainCall, request: Request, deps: McpDeps): Promise<Response> =>
  "taskId" in call ? answerTaskGet(call, deps) : answerToolCall(call, request, deps);
