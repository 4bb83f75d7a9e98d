import { z } from "zod";
import { isJsonObject, type Json } from "../lib/json.ts";

/** `admin` is for revoking and listing keys, and for nothing else. */
export const SCOPES = ["jobs:read", "jobs:write", "blueprints:write", "admin"] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

/** What a tool needs when it is not named here: the safe side. */
const OTHER_TOOLS: Scope = "jobs:write";

const TOOLS: ReadonlyMap<unknown, Scope> = new Map<string, Scope>([
  ["jobs_get_status", "jobs:read"],
  ["jobs_list", "jobs:read"],
  ["jobs_wait", "jobs:read"],
  ["jobs_get_result", "jobs:read"],
  ["blueprints_list", "jobs:read"],
  ["blueprints_get", "jobs:read"],
  ["blueprints_save", "blueprints:write"],
  ["blueprints_delete", "blueprints:write"],
]);

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
]);
const WRITING_METHODS: ReadonlySet<unknown> = new Set(["tasks/update", "tasks/cancel"]);

function scopeOf(message: Json | undefined): Scope | undefined {
  if (!isJsonObject(message) || typeof message.method !== "string" || OPEN_METHODS.has(message.method))
    return undefined;
  const { method, params } = message;
  if (method === "tools/call") return TOOLS.get(isJsonObject(params) ? params.name : undefined) ?? OTHER_TOOLS;
  return WRITING_METHODS.has(method) ? "jobs:write" : "jobs:read";
}

/**
 * Every scope that a request to the MCP endpoint needs: one message, or a batch of them.
 * What is no call at all needs none: the protocol's own error is the answer.
 */
export function scopesNeeded(body: Json | undefined): Scope[] {
  const scopes = (Array.isArray(body) ? body : [body]).map(scopeOf);
  return SCOPES.filter((scope) => scopes.includes(scope));
}
