import { version } from "../package.json";
import { principalOf, refusalResponse } from "./auth/principal.ts";
import type { Env } from "./env.ts";
import { health, methodNotAllowed, notFound } from "./http/answers.ts";
import { home } from "./http/home.ts";
import { mcpDeps } from "./mcp/deps.ts";
import { answerWithoutServer, serveMcp } from "./mcp/endpoint.ts";

export { JobRegistry } from "./registry/job-registry.ts";
export { JobWorkflow } from "./runner/job-workflow.ts";

function mcp(request: Request, env: Env): Response | Promise<Response> {
  if (request.method !== "POST") return answerWithoutServer(request);
  const principal = principalOf(request, env);
  return principal.ok ? serveMcp(request, mcpDeps(env, principal.value, version)) : refusalResponse(principal.error);
}

function route(request: Request, env: Env): Response | Promise<Response> {
  const { pathname, origin } = new URL(request.url);
  if (pathname === "/mcp") return mcp(request, env);
  if (pathname !== "/" && pathname !== "/healthz") return notFound();
  if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed("GET, HEAD");
  return pathname === "/" ? home(request, { version, origin }) : health(version);
}

export default { fetch: route } satisfies ExportedHandler<Env>;
