import { SCOPES, type Scope } from "../../auth/scopes.ts";
import { isJsonObject, type Json } from "../../lib/json.ts";
import { TOOLS } from "../tools/index.ts";

/** What a call of a tool that is not there needs: the safe side. */
const UNKNOWN_TOOL: Scope = "jobs:write";

const BY_TOOL: ReadonlyMap<unknown, readonly Scope[]> = new Map(
  TOOLS.map(({ name, scope, alsoNeeds = [] }) => [name, [scope, ...alsoNeeds]]),
);

/** What every key may ask: it is the same for all tenants. */
const OPEN_METHODS: ReadonlySet<unknown> = new Set([
  "initialize",
  "notifications/initialized",
  "notifications/cancelled",
  "ping",
  "server/discover",
  "tools/list",
  "prompts/list",
  "resources/templates/list",
  "skills/list",
  "skills/get",
]);
const WRITING_METHODS: ReadonlySet<unknown> = new Set(["tasks/update", "tasks/cancel"]);

function scopesOf(message: Json | undefined): readonly Scope[] {
  if (!isJsonObject(message) || typeof message.method !== "string" || OPEN_METHODS.has(message.method)) return [];
  const { method, params } = message;
  if (method === "tools/call") return BY_TOOL.get(isJsonObject(params) ? params.name : undefined) ?? [UNKNOWN_TOOL];
  return [WRITING_METHODS.has(method) ? "jobs:write" : "jobs:read"];
}

/**
 * Every scope that a request to the MCP endpoint needs: one message, or a batch of them.
 * What is no call at all needs none: the protocol's own error is the answer.
 */
export function scopesNeeded(body: Json | undefined): Scope[] {
  const scopes = (Array.isArray(body) ? body : [body]).flatMap(scopesOf);
  return SCOPES.filter((scope) => scopes.includes(scope));
}
