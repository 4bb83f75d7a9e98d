import type { Principal } from "../../src/auth/principal.ts";
import { SCOPES, type Scope } from "../../src/auth/scopes.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { RequestLog } from "../../src/lib/log.ts";
import { ok } from "../../src/lib/result.ts";
import type { Called, RestDeps } from "../../src/rest/rest-deps.ts";
import { serveRest } from "../../src/rest/serve-rest.ts";
import { type World as Mcp, world as mcpWorld } from "../mcp/support.ts";

export { jobIdOf, jobStatus } from "../mcp/support.ts";

/** The same registry in memory as the tools' tests have, behind the routes. */
export interface World extends Pick<Mcp, "registry"> {
  mcp: Mcp["deps"];
  deps: RestDeps;
  called: Called[];
}

export interface Over {
  scopes?: readonly Scope[];
  rest?: Partial<RestDeps>;
  service?: Partial<Mcp["deps"]>;
}

export function world({ scopes = SCOPES, rest, service }: Over = {}): World {
  const { registry, deps: mcp } = mcpWorld({ scopes, ...service });
  const called: Called[] = [];
  const principal: Principal = { tenant: mcp.tenant, key_id: null, scopes };
  const deps: RestDeps = {
    principal: async () => ok(principal),
    service: () => mcp,
    askAsServer: () => mcp.ask,
    pages: () => ["localhost"],
    version: "1.2.3",
    keepAliveMs: 1_000,
    log: new RequestLog(() => registry.now),
    measure: (call) => called.push(call),
    newReference: () => "ref-1",
    background: (work) => void work,
    ...rest,
  };
  return { registry, mcp, deps, called };
}

export interface Asked {
  body?: unknown;
  /** Sent as it is, instead of `body`. */
  text?: string;
  headers?: Record<string, string>;
}

export const ask = ({ deps }: World, method: string, path: string, { body, text, headers }: Asked = {}) => {
  const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const init = {
    method,
    headers: { ...(content !== undefined && { "content-type": "application/json" }), ...headers },
  };
  return serveRest(
    new Request(`http://localhost/api/v1${path}`, content === undefined ? init : { ...init, body: content }),
    deps,
  );
};

export interface Answer {
  status: number;
  headers: Headers;
  body: JsonObject;
}

export async function api(w: World, method: string, path: string, asked: Asked = {}): Promise<Answer> {
  const response = await ask(w, method, path, asked);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}
