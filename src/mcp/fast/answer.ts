import { ProtocolErrorCode, SERVER_INFO_META_KEY } from "@modelcontextprotocol/server";
import type { McpDeps } from "../deps.ts";
import { callTool } from "../protocol/call-tool.ts";
import type { Measurement } from "../protocol/metrics.ts";
import { observe, type Problem } from "../protocol/observe.ts";
import { briefServerInfo } from "../protocol/server-info.ts";
import { GET_TASK, getTask } from "../tasks/get.ts";
import type { CallContext } from "../tool.ts";
import { jobsWait } from "../tools/jobs-wait.ts";
import type { PlainCall, PlainStatic, PlainTaskGet, PlainToolCall } from "./recognise.ts";

/** The SDK's envelopes around a result, byte for byte: a test compares both lanes. */

const JSON_HEADERS = new Headers({ "content-type": "application/json" });
const STREAM_HEADERS = new Headers({
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  connection: "keep-alive",
  "x-accel-buffering": "no",
});

/** Answers of one server definition that are the same for everybody, as the SDK made the first of each. */
export type StaticAnswers = Map<string, string>;

const envelope = (result: string, id: string | number): string =>
  `{"result":${result},"jsonrpc":"2.0","id":${JSON.stringify(id)}}`;

/** The 2025 lane always answers with a stream, here of one event. */
const legacyAnswer = (result: string, id: string | number): Response =>
  new Response(`event: message\ndata: ${envelope(result, id)}\n\n`, { headers: STREAM_HEADERS });

const modernAnswer = (result: string, id: string | number): Response =>
  new Response(envelope(result, id), { headers: JSON_HEADERS });

function modernResult(result: object, deps: McpDeps): string {
  const typed = "resultType" in result ? result : { ...result, resultType: "complete" };
  const _meta = { [SERVER_INFO_META_KEY]: briefServerInfo(deps) };
  return JSON.stringify({ ...typed, _meta });
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
  return outcome.ok ? modernAnswer(modernResult(outcome.value, deps), id) : errorAnswer(outcome.error, id);
}

async function answerToolCall(
  { era, id, tool, args, isTold }: PlainToolCall,
  request: Request,
  deps: McpDeps,
  look?: CallContext["look"],
): Promise<Response> {
  // The signal is made only for a tool that looks at it.
  const context = {
    isTold,
    ...(look && { look }),
    get signal() {
      return request.signal;
    },
  };
  const result = await callTool(tool, { args, context }, deps, era);
  return era === "legacy" ? legacyAnswer(JSON.stringify(result), id) : modernAnswer(modernResult(result, deps), id);
}

/** A look, which is the whole answer when there is nothing to wait for; else the SDK's wait begins with it. */
async function answerWait(call: PlainToolCall, request: Request, deps: McpDeps, { askSdk }: Rest): Promise<Response> {
  const measured: Measurement[] = [];
  const look: CallContext["look"] = {};
  const response = await answerToolCall(call, request, { ...deps, record: (one) => measured.push(one) }, look);
  if (look.seen !== undefined) return askSdk({ ...deps, seen: look.seen });
  measured.forEach(deps.record);
  return response;
}

/** Made by the SDK once, then sent as it stands. */
async function answerStatic(
  { era, id, subject }: PlainStatic,
  deps: McpDeps,
  { answers, askSdk }: Rest,
): Promise<Response> {
  const key = [era, subject, deps.version, deps.home, deps.groups ?? "", deps.scopes.join()].join(" ");
  const answerOf = era === "legacy" ? legacyAnswer : modernAnswer;
  const known = answers.get(key);
  if (known !== undefined) return answerOf(known, id);
  const response = await askSdk(deps);
  const text = await response.clone().text();
  const [before = "", after = ""] = (await answerOf("|", id).text()).split("|");
  if (response.ok && text.startsWith(before) && text.endsWith(after)) {
    answers.set(key, text.slice(before.length, text.length - after.length));
  }
  return response;
}

/** What else an answer may need. */
interface Rest {
  answers: StaticAnswers;
  /** Has the SDK answer the same request. */
  askSdk: (deps: McpDeps) => Promise<Response>;
}

export async function answerPlainCall(call: PlainCall, request: Request, deps: McpDeps, rest: Rest): Promise<Response> {
  switch (call.kind) {
    case "static":
      return answerStatic(call, deps, rest);
    case "task":
      return answerTaskGet(call, deps);
    case "tool":
      return call.tool === jobsWait ? answerWait(call, request, deps, rest) : answerToolCall(call, request, deps);
    default:
      return call satisfies never;
  }
}
