import { withPrincipal } from "../auth/authenticate.ts";
import { actorOf } from "../auth/principal.ts";
import { type Env, settingsOf } from "../env.ts";
import type { RequestLog } from "../lib/log.ts";
import { askAs, askAsServer } from "../registry/api/client.ts";
import { answerRoute } from "./answer-route.ts";
import { health, methodNotAllowed } from "./answers.ts";
import { home } from "./home.ts";
import { hookRoute } from "./hook-route.ts";
import { keysRoute } from "./keys.ts";
import { OAUTH_PATHS, oauthRoute, RESOURCE_METADATA_PATHS, resourceMetadata } from "./oauth.ts";
import { newRouter, serve } from "./router.ts";
import { readSession, signIn, signOut } from "./session.ts";

/** What the routes outside /mcp are given. */
export interface RouteDeps {
  env: Env;
  context: ExecutionContext;
  log: RequestLog;
  version: string;
}

const router = newRouter<RouteDeps>();

router.get("/ui/session", ({ req, env: deps }) => readSession(req.raw, { ...deps, now: Date.now }));
router.post("/ui/session", ({ req, env: deps }) => signIn(req.raw, { ...deps, now: Date.now }));
router.delete("/ui/session", ({ req, env: deps }) => signOut(req.raw, { ...deps, now: Date.now }));
router.all("/ui/session", () => methodNotAllowed("GET, POST, DELETE"));

serve(router, "GET", "/healthz", ({ env: { version } }) => health(version));

serve(router, "GET", "/", ({ req, env: { env, version } }) => {
  const { secrets, publicOrigin } = settingsOf(env);
  const origin = publicOrigin ?? new URL(req.url).origin;
  return home(req.raw, { version, origin, isLocked: secrets !== undefined });
});

// Its own paths and methods are told only to whoever may call it.
router.all("/keys/*", ({ req: { raw: request }, env: { env, log } }) =>
  withPrincipal(request, new URL(request.url), env, log, (principal) =>
    keysRoute(request, {
      principal,
      ask: askAs(env.JOB_REGISTRY, { ...principal, actor: actorOf(principal) }),
      askAsServer: askAsServer(env.JOB_REGISTRY, principal.tenant),
      shards: settingsOf(env).shards,
      log,
      now: Date.now,
    }),
  ),
);

router.all("/hooks/:token", ({ req, env: { env, log } }) =>
  hookRoute(req.raw, req.param("token"), { env, log, now: Date.now }),
);

router.all("/a/:token", ({ req, env: { env, log } }) => answerRoute(req.raw, req.param("token"), { env, log }));

for (const path of RESOURCE_METADATA_PATHS) {
  router.all(path, ({ req, env: { env } }) => resourceMetadata(req.raw, env));
}
for (const path of OAUTH_PATHS) {
  router.all(path, ({ req, env: { env, context, log } }) => oauthRoute(req.raw, env, context, log));
}

export const serveRoutes = async (request: Request, deps: RouteDeps): Promise<Response> => router.fetch(request, deps);
