import { SCOPES } from "../../src/auth/scopes.ts";
import { isJsonObject, type JsonObject, utf8Bytes } from "../../src/lib/json.ts";
import { RequestLog } from "../../src/lib/log.ts";
import type { McpDeps } from "../../src/mcp/deps.ts";
import { serveMcp } from "../../src/mcp/endpoint.ts";
import type { Measurement } from "../../src/mcp/protocol/metrics.ts";
import { cursorsOf } from "../../src/service/cursors.ts";
import { hookToken } from "../../src/service/triggers/hook-token.ts";
import { askOf } from "./ask.ts";
import { blueprint } from "./builders.ts";
import { FakeRegistry } from "./fake-registry.ts";

export * from "./builders.ts";

export const RETENTION_MS = 30 * 86_400_000;

export interface World {
  registry: FakeRegistry;
  deps: McpDeps;
  measured: Measurement[];
  /** Shards in the order in which stubs of them were taken. */
  stubs: number[];
}

export function world(over: Partial<McpDeps> = {}): World {
  const registry = new FakeRegistry();
  const measured: Measurement[] = [];
  const stubs: number[] = [];
  const deps: McpDeps = {
    tenant: "local",
    scopes: SCOPES,
    pages: () => ["localhost"],
    version: "1.2.3",
    home: "http://localhost/",
    ask: askOf((shard) => {
      stubs.push(shard);
      return registry;
    }, over.tenant),
    shards: 1,
    dryRunsPerMinute: 0,
    retentionMs: RETENTION_MS,
    cursors: cursorsOf("local"),
    webhookSecrets: ["HOOK_SECRET"],
    hookToken: (shard, hookId) => hookToken({ tenant: "local", shard, hookId }),
    publicOrigin: null,
    blueprints: [blueprint(1), blueprint(2)],
    handlers: [],
    secrets: [],
    now: () => registry.now,
    random: Math.random,
    newReference: () => "ref-1",
    log: new RequestLog(() => registry.now),
    record: (measurement) => measured.push(measurement),
    background: () => {},
    ...over,
  };
  return { registry, deps, measured, stubs };
}

/** The same objects, for somebody of another tenant. */
export const ofTenant = (w: World, tenant: string): World => ({
  ...w,
  deps: { ...w.deps, tenant, ask: askOf(() => w.registry, tenant) },
});

export interface Envelope {
  status: number;
  body: JsonObject;
  /** What came before the answer, in a stream. */
  told: JsonObject[];
}

const URL_MCP = "http://localhost/mcp";
/** Constructed requests have no Host of their own. */
const ACCEPT = { host: "localhost", "content-type": "application/json", accept: "application/json, text/event-stream" };

/** The messages of server-sent events. */
export const framesOf = (text: string): JsonObject[] =>
  [...text.matchAll(/^data: (\{.*)$/gm)].map(([, frame = "{}"]): JsonObject => JSON.parse(frame));

async function read(response: Response): Promise<Envelope> {
  const text = await response.text();
  const frames = framesOf(text);
  const body = frames.at(-1) ?? JSON.parse(text || "{}");
  return { status: response.status, body, told: frames.slice(0, -1) };
}

/** One request of 2025-11-25. */
export async function legacy(deps: McpDeps, method: string, params: JsonObject = {}): Promise<Envelope> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { ...ACCEPT, "mcp-protocol-version": "2025-11-25" };
  return read(await serveMcp(new Request(URL_MCP, { method: "POST", headers, body }), deps));
}

/** One request of 2026-07-28, and the reply as it comes. */
export function modernReply(
  deps: McpDeps,
  method: string,
  params: JsonObject = {},
  more: { [header: string]: string } = {},
): Promise<Response> {
  const named = params.name ?? params.uri ?? params.taskId;
  const headers: { [name: string]: string } = {
    ...ACCEPT,
    ...more,
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
  };
  if (typeof named === "string") headers["mcp-name"] = named;
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    ...(isJsonObject(params._meta) && params._meta),
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } });
  return serveMcp(new Request(URL_MCP, { method: "POST", headers, body }), deps);
}

/** One request of 2026-07-28. */
export const modern = async (deps: McpDeps, method: string, params: JsonObject = {}): Promise<Envelope> =>
  read(await modernReply(deps, method, params));

export interface ToolResult {
  isError: boolean;
  text: string;
  structured: JsonObject;
  content: JsonObject[];
}

/** What a reply of a tool takes: fields and text together. */
export const replyBytes = ({ structured, text }: ToolResult): number =>
  utf8Bytes(JSON.stringify(structured)) + utf8Bytes(JSON.stringify(text));

/** Calls a tool over the wire. */
export async function callTool(deps: McpDeps, name: string, args: JsonObject): Promise<ToolResult> {
  const { body } = await modern(deps, "tools/call", { name, arguments: args });
  const result = body.result as { isError?: boolean; content: JsonObject[]; structuredContent?: JsonObject };
  const [first] = result.content;
  return {
    isError: result.isError ?? false,
    text: String(first?.text),
    structured: result.structuredContent ?? {},
    content: result.content,
  };
}
