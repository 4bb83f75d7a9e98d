import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { REVOKED_KEY, type Refusal, refusalHeaders, requireScopes } from "../auth/refusal.ts";
import { parseJobId } from "../jobs/id.ts";
import { BROKEN_BODY, BrokenBody } from "../lib/http/whole-body.ts";
import { readTrace } from "../lib/trace-context.ts";
import { KeyRevoked, KeyWatch } from "../registry/api/keys.ts";
import { HOME_SHARD } from "../service/context.ts";
import { openApiDocument } from "./openapi-document.ts";
import { problemResponse, refusedResponse } from "./problem-details.ts";
import { argumentsOf } from "./request-arguments.ts";
import type { RestDeps } from "./rest-deps.ts";
import { METHODS, type RestContext, type Route } from "./route.ts";
import { ROUTES } from "./routes/index.ts";

/** `/api/v1`: the operations of the service floor as REST. */

const BASE = "/api/v1";

type RestRequest = Context<{ Bindings: RestDeps }>;

const refusal = (refused: Refusal, { req, env }: RestRequest): Response => {
  const { status, code, message, fix } = refused;
  const headers = Object.fromEntries(refusalHeaders(refused, req.raw, env.log));
  return problemResponse({ status, code, detail: `${message} ${fix}`, headers });
};

const notFound = (): Response => {
  const detail = `Nothing is here. GET ${BASE}/openapi.json says what there is.`;
  return problemResponse({ status: 404, code: "not_found", detail });
};

const methodNotAllowed = (allowed: readonly string[]): Response =>
  problemResponse({
    status: 405,
    code: "method_not_allowed",
    detail: `Use ${allowed.join(" or ")}.`,
    headers: { allow: allowed.join(", ") },
  });

/** What is no job's id is not repeated in the log. */
const jobIdIn = (value: unknown): string | null =>
  typeof value === "string" && parseJobId(value) !== undefined ? value : null;

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** A page of another site must not use what the browser can reach; who is no page sends no Origin. */
const onlyAllowedPages: MiddlewareHandler<{ Bindings: RestDeps }> = async ({ req, env }, next) => {
  const origin = req.header("origin");
  if (origin === undefined || env.pages().includes(URL.parse(origin)?.hostname ?? "")) return next();
  const detail = "This page may not call. Its host must be listed in ALLOWED_ORIGINS.";
  return problemResponse({ status: 403, code: "foreign_origin", detail });
};

/** The answer of the route, and the job that it is about. */
async function answerOf(
  route: Route,
  { req }: RestRequest,
  context: RestContext,
): Promise<{ response: Response; jobId: string | null }> {
  const args = await argumentsOf(route, req.raw, new URL(req.url), (name) => req.param(name) ?? "");
  if (!args.ok) return { response: problemResponse(args.error), jobId: null };
  const { job_id } = args.value;
  const outcome = await route.call(args.value, context);
  if (!outcome.ok) {
    const named = "job_id" in outcome.error ? outcome.error.job_id : job_id;
    return { response: refusedResponse(outcome.error, String(named ?? "")), jobId: jobIdIn(job_id) };
  }
  if (outcome.value instanceof Response) return { response: outcome.value, jobId: jobIdIn(job_id) };
  const { status, body, location } = outcome.value;
  const headers = { "cache-control": "no-store", ...(location !== undefined && { location: `${BASE}${location}` }) };
  const jobId = jobIdIn(job_id) ?? jobIdIn("id" in body ? body.id : undefined);
  return { response: Response.json(body, { status, headers }), jobId };
}

async function serve(route: Route, request: RestRequest): Promise<Response> {
  const { env: deps, req } = request;
  const principal = await deps.principal();
  if (!principal.ok) return refusal(principal.error, request);
  deps.log.caller = principal.value;
  const allowed = requireScopes(principal.value.scopes, [route.scope, ...(route.alsoNeeds ?? [])]);
  if (!allowed.ok) return refusal(allowed.error, request);
  const watch = new KeyWatch();
  const service = deps.service(principal.value, watch);
  const { headers, signal } = req.raw;
  const { keepAliveMs, background } = deps;
  const { origin } = new URL(req.url);
  const trace = readTrace(headers.get("traceparent"), headers.get("tracestate"));
  const askAsServer = deps.askAsServer(principal.value);
  const context = { ...service, trace, askAsServer, headers, origin, signal, keepAliveMs, background };
  const started = service.now();
  const { response, jobId } = await answerOf(route, request, context);
  // A revoked key is told so whatever it asked, also where that asked the registry nothing.
  if (watch.verdict === "unknown" && principal.value.key_id !== null) {
    await service.ask(HOME_SHARD, (registry, caller) => registry.checkKey(caller));
  }
  const name = route.operation;
  deps.measure({ name, outcome: response.ok ? "ok" : "refused", ms: service.now() - started });
  deps.log.write({
    event: "rest_call",
    name,
    status: response.status,
    actor: service.actor ?? null,
    job_id: jobId,
    ...trace,
  });
  return response;
}

/** What was thrown although it is expected, and what no route expected: a bug, or a lost connection. */
function thrown(error: Error, request: RestRequest): Response {
  const { env: deps, req } = request;
  if (error instanceof KeyRevoked) return refusal(REVOKED_KEY, request);
  if (error instanceof BrokenBody) {
    const { status, code, message } = BROKEN_BODY;
    return problemResponse({ status, code, detail: message });
  }
  const reference = deps.newReference();
  deps.measure({ name: `${req.method} ${req.routePath}`, outcome: "crash", ms: 0 });
  deps.log.write({ event: "crash", path: new URL(req.url).pathname, reference, error: describe(error) });
  const detail = `Internal error, reference ${reference}. The request is not the cause: try once more; if it stays, tell the operator the reference.`;
  return problemResponse({ status: 500, code: "internal_error", detail });
}

/** As Hono writes a path with arguments. */
const pattern = (path: string): string => `${BASE}${path.replace(/\{(\w+)\}/g, ":$1")}`;

function build(): Hono<{ Bindings: RestDeps }> {
  const app = new Hono<{ Bindings: RestDeps }>({ getPath: ({ url }) => new URL(url).pathname });
  app.use(
    onlyAllowedPages,
    cors({
      origin: (origin) => origin,
      allowMethods: [...METHODS],
      allowHeaders: ["Content-Type", "Authorization", "Idempotency-Key", "Last-Event-ID", "traceparent", "tracestate"],
      exposeHeaders: ["Location", "Retry-After", "WWW-Authenticate"],
    }),
  );
  for (const route of ROUTES) app.on(route.method, pattern(route.path), (request) => serve(route, request));
  app.get(`${BASE}/openapi.json`, ({ env }) => Response.json(openApiDocument(env.version)));
  app.all(`${BASE}/openapi.json`, () => methodNotAllowed(["GET", "HEAD"]));
  for (const [path, routes] of Map.groupBy(ROUTES, (route) => route.path)) {
    const allowed = routes.map(({ method }) => method);
    app.all(pattern(path), () =>
      methodNotAllowed(allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : method))),
    );
  }
  app.notFound(notFound);
  app.onError(thrown);
  return app;
}

const app = build();

export const serveRest = async (request: Request, deps: RestDeps): Promise<Response> => app.fetch(request, deps);

/** Whether {@link serveRest} is who answers this path. */
export const isRest = ({ pathname }: URL): boolean => pathname === BASE || pathname.startsWith(`${BASE}/`);
