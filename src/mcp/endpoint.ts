import type { McpServerFactory } from "@modelcontextprotocol/server";
import { createMcpHandler } from "agents/mcp/server";
import { REVOKED_KEY, refusalResponse, requireScopes } from "../auth/refusal.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { parseJson } from "../lib/exact-json.ts";
import { bodyText } from "../lib/http/body-text.ts";
import { wholeBody } from "../lib/http/whole-body.ts";
import { isDeeperThan, isJsonObject, type Json, utf8Bytes } from "../lib/json.ts";
import { echo } from "../lib/safe-text.ts";
import { MAX_BODY_BYTES, MAX_ENVELOPE_DEPTH, MAX_STATIC_ANSWERS } from "../limits.ts";
import { KeyRevoked } from "../registry/api/keys.ts";
import { areOfMany, BODY_BOUNDS } from "../service/arguments.ts";
import type { McpDeps } from "./deps.ts";
import type { Listened } from "./events/event-request.ts";
import { pushEvents, type StreamId } from "./events/push-stream.ts";
import { answerPlainCall, type StaticAnswers } from "./fast/answer.ts";
import { recognise } from "./fast/recognise.ts";
import { listen } from "./listen/listen.ts";
import { listenRequest } from "./listen/request.ts";
import { CORS_OPTIONS } from "./protocol/cors.ts";
import { scopesNeeded } from "./protocol/required-scopes.ts";
import { sanitizeRequest } from "./protocol/sanitize-request.ts";
import { reachOf, TOOL_GROUPS, toolsShown, unknownGroups } from "./protocol/tools-for-request.ts";
import { traceOf } from "./protocol/trace.ts";
import { buildServer } from "./server.ts";

/** The front door: Origin and Host policy, CORS, both protocol eras. */
const frontDoor = (factory: McpServerFactory, pages: readonly string[], corsOptions: typeof CORS_OPTIONS | false) =>
  createMcpHandler(factory, { route: "/mcp", allowedOriginHostnames: [...pages], corsOptions });

const noServer: McpServerFactory = () => {
  throw new Error("only a POST reaches a server");
};

/**
 * Everything but POST: a browser's preflight is answered, the rest is 405. Needs no credentials.
 * @param pages hostnames of the web pages that may call
 */
export async function answerWithoutServer(request: Request, pages: readonly string[]): Promise<Response> {
  const response = await frontDoor(noServer, pages, CORS_OPTIONS).fetch(request);
  if (response.status === 405) response.headers.set("allow", "POST, OPTIONS");
  return response;
}

const tooLarge = (): Response => {
  const error = { code: -32_000, message: `The request is larger than ${MAX_BODY_BYTES} bytes.` };
  return Response.json({ jsonrpc: "2.0", id: null, error }, { status: 413 });
};

/** Whether the message nests deeper than any client's, beside the arguments of its call: schemas of the SDK recurse. */
function isTooDeep(message: Json): boolean {
  if (!isJsonObject(message)) return isDeeperThan(message, MAX_ENVELOPE_DEPTH);
  const { params = null, ...rest } = message;
  const { arguments: _checkedByTools, ...beside } = isJsonObject(params) ? params : { params };
  return isDeeperThan([rest, beside], MAX_ENVELOPE_DEPTH);
}

const tooDeep = (body: Json): Response => {
  const message = `The request nests deeper than ${MAX_ENVELOPE_DEPTH} levels beside its arguments. Send a flatter one.`;
  const id = idOf(body);
  return Response.json(
    { jsonrpc: "2.0", id: id === "" ? null : id, error: { code: -32_600, message } },
    { status: 400 },
  );
};

const idOf = (body: Json): StreamId =>
  isJsonObject(body) && (typeof body.id === "string" || typeof body.id === "number") ? body.id : "";

function unknownTools(groups: readonly string[]): Response {
  const message = `?tools= names ${echo(groups.join(", "))}, and knows ${TOOL_GROUPS.join(", ")}.`;
  return Response.json({ jsonrpc: "2.0", id: null, error: { code: -32_000, message } }, { status: 400 });
}

const isStream = ({ headers }: Response): boolean => headers.get("content-type") === "text/event-stream";

/** Whether the message submits many jobs: only such a one may be long. */
const isOfMany = (body: Json | undefined): boolean =>
  isJsonObject(body) && body.method === "tools/call" && isJsonObject(body.params) && areOfMany(body.params.arguments);

/** How a request is served that is allowed. Tests bring servers of their own, or take the fast lane away. */
export interface Lanes {
  build: typeof buildServer;
  recognise: typeof recognise;
}

/** Of this isolate. Names of the deployment are part of what is kept, and callers choose them. */
const staticAnswers = new WeakMap<Lanes["build"], StaticAnswers>();

function answersOf(build: Lanes["build"]): StaticAnswers {
  const answers = staticAnswers.get(build) ?? new BoundedMap<string, string>(MAX_STATIC_ANSWERS);
  staticAnswers.set(build, answers);
  return answers;
}

/**
 * A revoked key is told so whatever it asked, also where that asks the registry nothing. What a call reaches of the
 * registry looks at the key itself, so the look that is ours goes beside it.
 * @param alwaysLook the answer may come before the registry was asked
 */
async function unlessRevoked(
  request: Request,
  { key, log }: McpDeps,
  alwaysLook: boolean,
  serve: () => Promise<Response>,
): Promise<Response> {
  if (key === undefined) return serve();
  const { watch, check } = key;
  // What it says, also of a broken connection, stands in the verdict.
  const looked = alwaysLook ? check().catch(() => {}) : undefined;
  const [response] = await Promise.all([serve(), looked]);
  if (watch.verdict === "unknown") await check().catch((error) => passRevoked(error));
  if (watch.verdict !== "revoked") return response;
  await response.body?.cancel();
  return refusalResponse(REVOKED_KEY, request, log);
}

function passRevoked(error: unknown): void {
  if (!(error instanceof KeyRevoked)) throw error;
}

/** One POST to /mcp. The body is read once, under our bound, before anything is parsed. */
export async function serveMcp(request: Request, given: McpDeps, lanes: Partial<Lanes> = {}): Promise<Response> {
  const wrong = unknownGroups(given.groups ?? null);
  if (wrong.length > 0) return unknownTools(wrong);
  const text = await wholeBody(bodyText(request, BODY_BOUNDS));
  if (text === undefined) return tooLarge();
  const parsed = parseJson(text);
  if (text.length > MAX_BODY_BYTES / 3 && utf8Bytes(text) > MAX_BODY_BYTES && !isOfMany(parsed)) return tooLarge();
  const call = (lanes.recognise ?? recognise)(request, parsed);
  // The fast lane takes only requests that have nothing to sanitize.
  const parsedBody = call === undefined && parsed !== undefined ? sanitizeRequest(parsed) : parsed;
  if (call === undefined && parsedBody !== undefined && [parsedBody].flat().some(isTooDeep)) return tooDeep(parsedBody);
  const deps = { ...given, trace: traceOf(parsedBody, request.headers) };
  const allowed = requireScopes(deps.scopes, scopesNeeded(parsedBody));
  if (!allowed.ok) return refusalResponse(allowed.error, request, deps.log);
  const askSdk = (deps: McpDeps) => serveBySdk(request, text, parsedBody, { ...deps, gone: request.signal }, lanes);
  if (call === undefined) return unlessRevoked(request, deps, true, () => askSdk(deps));
  const rest = { answers: answersOf(lanes.build ?? buildServer), askSdk };
  return unlessRevoked(request, deps, call.kind === "static", () => answerPlainCall(call, request, deps, rest));
}

async function serveBySdk(
  request: Request,
  text: string,
  parsedBody: Json | undefined,
  deps: McpDeps,
  lanes: Partial<Lanes>,
): Promise<Response> {
  const build = lanes.build ?? buildServer;
  // Only a page has an Origin, and only its browser looks at the headers of CORS.
  const cors = request.headers.has("origin") && CORS_OPTIONS;
  let pushed: Listened | undefined;
  const openPush = (listened: Listened) => {
    pushed = listened;
  };
  const shown = () => toolsShown(deps.scopes, deps.groups ?? null);
  const handler = frontDoor(
    ({ era }) => build({ ...deps, openPush }, era, {}, reachOf(parsedBody, shown)),
    deps.pages(),
    cors,
  );
  // What cannot be parsed goes on as it came: the front door has the answer, after its Origin check.
  if (parsedBody === undefined) return handler.fetch(new Request(request, { body: text }));
  const response = await handler.fetch(request, { parsedBody });
  if (pushed !== undefined) return pushEvents(pushed, idOf(parsedBody), request, response, deps);
  const wanted = listenRequest(parsedBody);
  return wanted && isStream(response) ? listen(wanted, request, response, deps) : response;
}
