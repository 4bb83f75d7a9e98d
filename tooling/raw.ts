import type { JsonObject } from "../src/lib/json.ts";

/** The wire itself, for tests that compare bytes: no client between them and the server. */

export const ERAS = ["2025-11-25", "2026-07-28"] as const;
export type EraVersion = (typeof ERAS)[number];

export interface RawReply {
  status: number;
  /** The status line and headers that could tell something, and the body, as one text. */
  bytes: string;
  /** The JSON-RPC message; of several in a stream the last. */
  message: { result?: JsonObject; error?: JsonObject };
}

export interface Call {
  method: string;
  params: JsonObject;
}

const named = ({ name, uri, taskId }: JsonObject): string | undefined =>
  [name, uri, taskId].find((value) => typeof value === "string");

const LISTEN = "subscriptions/listen";
/** Streams, and what shows that all has come that a call of it can ask for. */
const ENOUGH: Readonly<Record<string, RegExp>> = {
  [LISTEN]: /^data: .*"notifications":\{"/m,
  "events/stream": /^data: .*\/heartbeat"/m,
};

/** What clients of 2025 do not have. */
export const isModernOnly = ({ method }: Pick<Call, "method">): boolean =>
  method.startsWith("tasks/") || method === LISTEN;

/** Only calls of the Tasks extension declare it: a submit that does is answered with a task. */
const capabilitiesFor = (method: string): JsonObject =>
  isModernOnly({ method }) ? { extensions: { "io.modelcontextprotocol/tasks": {} } } : {};

function modernParams({ method, params }: Call): JsonObject {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "edge-jobs-tests", version: "1.0.0" },
    "io.modelcontextprotocol/clientCapabilities": capabilitiesFor(method),
  };
  return { _meta, ...params };
}

export function rawRequest(key: string, era: EraVersion, { method, params }: Call): RequestInit & { body: string } {
  const isModern = era === "2026-07-28";
  const headers: Record<string, string> = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": era,
    ...(isModern && { "mcp-method": method }),
  };
  const name = isModern ? named(params) : undefined;
  if (name !== undefined) headers["mcp-name"] = name;
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method,
    params: isModern ? modernParams({ method, params }) : params,
  });
  return { method: "POST", headers, body };
}

function messageOf(text: string): RawReply["message"] {
  const last = [...text.matchAll(/^data: (\{.*)$/gm)].at(-1)?.[1] ?? text;
  return last.startsWith("{") ? JSON.parse(last) : {};
}

/** A stream to its end; one that says more than that there is nothing, only so far. */
async function textOf(response: Response, { method }: Call): Promise<string> {
  const enough = ENOUGH[method];
  if (enough === undefined) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (enough.test(text)) break;
  }
  return text.replaceAll(": keep-alive\n\n", "");
}

/** Sends one call. @param url of the server, without path */
export async function send(url: string, key: string, era: EraVersion, call: Call): Promise<RawReply> {
  const response = await fetch(`${url}/mcp`, rawRequest(key, era, call));
  const text = await textOf(response, call);
  const told = ["content-type", "www-authenticate", "cache-control", "retry-after"].map((name) => [
    name,
    response.headers.get(name),
  ]);
  return { status: response.status, bytes: JSON.stringify([response.status, told, text]), message: messageOf(text) };
}

export const toolCall = (name: string, args: JsonObject): Call => ({
  method: "tools/call",
  params: { name, arguments: args },
});
