import { type CallToolResult, SERVER_INFO_META_KEY } from "@modelcontextprotocol/server";
import { callTool } from "../call-tool.ts";
import type { McpDeps } from "../deps.ts";
import { serverInfo } from "../server-info.ts";
import type { PlainCall } from "./recognise.ts";

/** The SDK's envelopes around a tool's result, byte for byte: a test compares both lanes. */

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

function modernAnswer(result: CallToolResult, id: string | number, deps: McpDeps): Response {
  const typed = "resultType" in result ? result : { ...result, resultType: "complete" };
  const _meta = { [SERVER_INFO_META_KEY]: serverInfo(deps) };
  return new Response(message({ ...typed, _meta }, id), { headers: JSON_HEADERS });
}

export async function answerPlainCall(call: PlainCall, request: Request, deps: McpDeps): Promise<Response> {
  const { era, id, tool, args, isTold } = call;
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
