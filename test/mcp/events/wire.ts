import { isJsonObject, type Json, type JsonObject } from "../../../src/lib/json.ts";
import type { McpDeps } from "../../../src/mcp/deps.ts";
import { serveMcp } from "../../../src/mcp/endpoint.ts";

/** Requests of the Events extension as its clients send them: none says a name in a header, or declares anything. */

const HEADERS = {
  host: "localhost",
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2026-07-28",
};
export const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

export function send(
  deps: McpDeps,
  method: string,
  params: JsonObject = {},
  { id = 1, signal }: { id?: string | number; signal?: AbortSignal } = {},
): Promise<Response> {
  const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta: META } });
  const headers = { ...HEADERS, "mcp-method": method };
  return serveMcp(
    new Request("http://localhost/mcp", { method: "POST", headers, body, ...(signal && { signal }) }),
    deps,
  );
}

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});

/** The answer's result, or its error. */
export async function ask(deps: McpDeps, method: string, params: JsonObject = {}) {
  const response = await send(deps, method, params);
  const body: JsonObject = JSON.parse(await response.text());
  return { status: response.status, result: objectOf(body.result), error: objectOf(body.error) };
}

export const listOf = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter((each) => isJsonObject(each)) : [];
