import { env } from "cloudflare:workers";
import { version } from "../package.json";
import { pageHosts } from "./auth/allowed-origins.ts";
import { withPrincipal } from "./auth/authenticate.ts";
import { refuseOwnJob } from "./egress/self-call.ts";
import { type Env, readSettings } from "./env.ts";
import { withinBoundary } from "./http/boundary.ts";
import { type RouteDeps, serveRoutes } from "./http/routes.ts";
import type { RequestLog } from "./lib/log.ts";
import { mcpDeps } from "./mcp/deps.ts";
import { answerWithoutServer, serveMcp } from "./mcp/endpoint.ts";
import { JobRegistry as RegistryOfTwoReleases } from "./registry/calls-of-0-1-0.ts";
import { restDeps } from "./rest/rest-deps.ts";
import { isRest, serveRest } from "./rest/serve-rest.ts";
import { newestPlan } from "./service/triggers/ready-plan.ts";

export { JobWorkflow } from "./runner/job-workflow.ts";

/** Of this release and the one before, with what the floors above it know of blueprints. */
export class JobRegistry extends RegistryOfTwoReleases {
  protected override findNewest(tenant: string, name: string) {
    return newestPlan(this.env, tenant, name);
  }
}

// A Worker whose variables cannot be used does not start, so that its deployment fails and the one before goes on.
readSettings(env);

function mcp(request: Request, url: URL, env: Env, log: RequestLog): Promise<Response> {
  if (request.method !== "POST") return answerWithoutServer(request, pageHosts(env, url));
  return withPrincipal(request, url, env, log, (principal) =>
    serveMcp(request, mcpDeps(env, principal, version, url, log)),
  );
}

function faceOf(request: Request, url: URL, deps: RouteDeps): Promise<Response> {
  const { env, log } = deps;
  if (url.pathname === "/mcp") return mcp(request, url, env, log);
  if (isRest(url)) return serveRest(request, restDeps(request, url, env, version, log));
  return serveRoutes(request, deps);
}

const fetch = (request: Request, env: Env, context: ExecutionContext): Promise<Response> =>
  withinBoundary(
    request,
    async (url, log) =>
      (await refuseOwnJob(request, env.AUTH_SECRET)) ?? faceOf(request, url, { env, context, log, version }),
    { now: Date.now, newReference: () => crypto.randomUUID() },
  );

export default { fetch } satisfies ExportedHandler<Env>;
