import { env } from "cloudflare:workers";
import { version } from "../package.json";
import { pageHosts } from "./auth/allowed-origins.ts";
import { authenticate } from "./auth/authenticate.ts";
import type { Principal } from "./auth/principal.ts";
import { refusalResponse } from "./auth/refusal.ts";
import { refuseOwnJob } from "./egress/self-call.ts";
import { type Env, readSettings, settingsOf } from "./env.ts";
import { health, methodNotAllowed, notFound } from "./http/answers.ts";
import { withinBoundary } from "./http/boundary.ts";
import { home } from "./http/home.ts";
import { keysRoute } from "./http/keys.ts";
import { isOAuthPath, oauthRoute } from "./http/oauth.ts";
import { mcpDeps } from "./mcp/deps.ts";
import { answerWithoutServer, serveMcp } from "./mcp/protocol/endpoint.ts";
import { callerRegistry } from "./registry/api/keys.ts";

export { JobRegistry } from "./registry/job-registry.ts";
export { JobWorkflow } from "./runner/job-workflow.ts";

// A Worker whose variables cannot be used does not start, so that its deployment fails and the one before goes on.
readSettings(env);

/** Who calls is decided here, before anything else looks at the request. */
async function withPrincipal(
  request: Request,
  url: URL,
  env: Env,
  serve: (principal: Principal) => Promise<Response>,
): Promise<Response> {
  const principal = await authenticate(request, url, env, Date.now());
  return principal.ok ? serve(principal.value) : refusalResponse(principal.error, request);
}

function mcp(request: Request, url: URL, env: Env): Promise<Response> {
  if (request.method !== "POST") return answerWithoutServer(request, pageHosts(env, url));
  return withPrincipal(request, url, env, (principal) => serveMcp(request, mcpDeps(env, principal, version, url)));
}

const keys = (request: Request, url: URL, env: Env): Promise<Response> =>
  withPrincipal(request, url, env, (principal) =>
    keysRoute(request, {
      principal,
      registry: (shard) => callerRegistry(env.JOB_REGISTRY, principal, shard),
      trusted: (shard) => callerRegistry(env.JOB_REGISTRY, { tenant: principal.tenant, key_id: null }, shard),
      shards: settingsOf(env).shards,
      now: Date.now,
    }),
  );

async function route(request: Request, url: URL, env: Env, context: ExecutionContext): Promise<Response> {
  const ownJob = await refuseOwnJob(request, env.AUTH_SECRET);
  if (ownJob !== undefined) return ownJob;
  const { pathname } = url;
  if (pathname === "/mcp") return mcp(request, url, env);
  if (pathname === "/keys" || pathname.startsWith("/keys/")) return keys(request, url, env);
  if (isOAuthPath(pathname)) return oauthRoute(request, env, context);
  if (pathname !== "/" && pathname !== "/healthz") return notFound();
  if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed("GET, HEAD");
  if (pathname === "/healthz") return health(version);
  const { secrets, publicOrigin } = settingsOf(env);
  return home(request, { version, origin: publicOrigin ?? url.origin, isLocked: secrets !== undefined });
}

const fetch = (request: Request, env: Env, context: ExecutionContext): Promise<Response> =>
  withinBoundary(
    request,
    (url) => route(request, url, env, context),
    () => crypto.randomUUID(),
  );

export default { fetch } satisfies ExportedHandler<Env>;
