import { type SecretRef, withSecrets } from "../../blueprint/secret-refs.ts";
import type { Secrets } from "../../egress/secrets.ts";
import type { Scope } from "../../expression/template.ts";
import { urlencoded } from "../../expression/url-query.ts";
import type { StepError } from "../../jobs/job.ts";
import { digest } from "../../lib/digest.ts";
import { jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { ok, type Result } from "../../lib/result.ts";
import { childOf } from "../../lib/trace-context.ts";
import type { RunContext, StepOf } from "../context.ts";
import { authHeaders, bytesOfBase64, isSigned } from "./http-auth.ts";
import type { Turn } from "./http-pages.ts";
import { badRequest, targetUrl, withoutParameters, withQuery } from "./http-url.ts";

export interface HttpRequest {
  url: string;
  init: RequestInit;
  /** Those of one try, with the action's key unless the blueprint brings its own. */
  headers: (key: string) => Promise<Result<Headers, StepError>>;
  /** Values with a slash, which were sent as one component of the path. */
  slashes: readonly string[];
}

const SPAN_CHARS = 16;

/** Fields whose values are evaluated, besides the URL: those of what is sent, and those of the headers of one try. */
const CONTENT_FIELDS = ["query", "form", "body"] as const;
const HEADER_FIELDS = ["headers", "auth"] as const;
type Field = (typeof CONTENT_FIELDS | typeof HEADER_FIELDS)[number];
type Parts = { [Name in Field]?: Json };

/** The value with the secrets that the document names in it, none of which goes to a host that it is not bound to. */
function filled(document: Json, value: Json, place: string, target: URL, secrets: Secrets): Result<Json, StepError> {
  const faults: string[] = [];
  const read = ({ secret, prefix = "" }: SecretRef, keys: readonly (string | number)[]): Json => {
    const found = secrets.get(secret);
    const path = jsonPath(place, keys);
    if (found === undefined)
      faults.push(`${path}: the secret ${secret} is not there any more, or AUTH_SECRET was changed: set it again`);
    else if (!secrets.mayGo(secret, target))
      faults.push(`${path}: the secret ${secret} may not be sent to ${target.host}`);
    return `${prefix}${found ?? ""}`;
  };
  const whole = withSecrets(document, value, read);
  return faults.length === 0 ? ok(whole) : badRequest(faults.join("; "));
}

async function evaluatedParts(
  context: RunContext,
  step: StepOf<"http">,
  fields: readonly Field[],
  scope: Scope,
  target: URL,
): Promise<Result<Parts, StepError>> {
  const parts: Parts = {};
  for (const field of fields) {
    // A parsed document: what it leaves out is not there.
    const document = step[field] as Json | undefined;
    if (document === undefined) continue;
    const value = await context.evaluate(document, scope);
    if (!value.ok) return value;
    if (value.value === undefined) continue;
    const whole = filled(document, value.value, field, target, context.ports.secrets);
    if (!whole.ok) return whole;
    parts[field] = whole.value;
  }
  return ok(parts);
}

/** What every request carries, unless the blueprint says otherwise. */
async function ownHeaders({ trace, ports, ref }: RunContext, path: string): Promise<Headers> {
  // A span of its own for each step, the same in every try.
  const span = trace && childOf(trace, (await digest(`${ref.job_id}.${path}`)).slice(0, SPAN_CHARS));
  return new Headers({ "user-agent": ports.userAgent, ...span });
}

/** The runtime writes a header's value with letters beyond ASCII into its log, which no secret may get into. */
function setHeader(headers: Headers, name: string, value: string, secrets: Secrets): Result<null, StepError> {
  if (/[^ -~\t]/.test(value) && secrets.areIn(value)) {
    return badRequest(`headers.${name}: a secret with letters beyond ASCII cannot stand in a header`);
  }
  try {
    headers.set(name, value);
    return ok(null);
  } catch {
    return badRequest(`headers.${name} is no valid header`);
  }
}

/** Null and nothing are left out: a header has no such value. */
function withGiven(headers: Headers, given: JsonObject, secrets: Secrets): Result<Headers, StepError> {
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    if (typeof value === "object") {
      return badRequest(
        `headers.${name} is ${Array.isArray(value) ? "a list" : "an object"}; a header's value is text`,
      );
    }
    const set = setHeader(headers, name, String(value), secrets);
    if (!set.ok) return set;
  }
  return ok(headers);
}

/** `{"base64": "..."}`, as only the document can write it, stands for bytes. */
const isBinary = (document: Json | undefined): boolean =>
  isJsonObject(document) && typeof document.base64 === "string" && Object.keys(document).length === 1;

function bytesOf(text: Json | undefined): Result<Uint8Array<ArrayBuffer>, StepError> {
  if (typeof text !== "string") return badRequest("body.base64 gives no text");
  const bytes = bytesOfBase64(text);
  return bytes === undefined ? badRequest("body.base64 is not base64") : ok(bytes);
}

interface Payload {
  body: string | Uint8Array<ArrayBuffer>;
  /** What it is unless a header says otherwise; undefined: the platform's own for text. */
  type?: string;
}

function payloadOf({ body, form }: Parts, step: StepOf<"http">): Result<Payload | undefined, StepError> {
  if (isJsonObject(form)) return ok({ body: urlencoded(form), type: "application/x-www-form-urlencoded" });
  if (body === undefined) return ok(undefined);
  if (isBinary(step.body)) {
    const bytes = bytesOf(isJsonObject(body) ? body.base64 : undefined);
    return bytes.ok ? ok({ body: bytes.value, type: "application/octet-stream" }) : bytes;
  }
  return ok(typeof body === "string" ? { body } : { body: JSON.stringify(body), type: "application/json" });
}

/** The headers with the action's key, unless the blueprint brings its own. */
function withKey(headers: Headers, key: string): Headers {
  const keyed = new Headers(headers);
  if (!keyed.has("idempotency-key")) keyed.set("idempotency-key", key);
  return keyed;
}

/** Parts of a request that are the same in every try. */
interface Fixed {
  step: StepOf<"http">;
  scope: Scope;
  path: string;
  target: URL;
  payload: Payload | undefined;
}

/** The headers of one try: those of signatures hold its key and time. */
async function headersOf(
  context: RunContext,
  { step, scope, path, target, payload }: Fixed,
  key: string,
): Promise<Result<Headers, StepError>> {
  const timestamp = Math.floor(context.ports.now() / 1_000);
  const { secrets } = context.ports;
  const parts = await evaluatedParts(context, withoutOver(step), HEADER_FIELDS, { ...scope, timestamp }, target);
  if (!parts.ok) return parts;
  const { auth, headers: given } = parts.value;
  const headers = withGiven(await ownHeaders(context, path), isJsonObject(given) ? given : {}, secrets);
  if (!headers.ok) return headers;
  const { value } = headers;
  if (payload?.type !== undefined && !value.has("content-type")) value.set("content-type", payload.type);
  if (!isJsonObject(auth)) return headers;
  const sealed = { key, timestamp, body: payload?.body ?? "" };
  const added = await authHeaders(context, step, auth, scope, sealed);
  if (!added.ok) return added;
  for (const [name, text] of added.value) {
    const set = setHeader(value, name, text, secrets);
    if (!set.ok) return set;
  }
  return headers;
}

/** What `over` gives is asked for apart: it sees the body. Made once for each step, so that its templates are compiled once. */
const withoutOvers = new WeakMap<StepOf<"http">, StepOf<"http">>();
function withoutOver(step: StepOf<"http">): StepOf<"http"> {
  if (step.auth?.hmac === undefined) return step;
  const known = withoutOvers.get(step) ?? { ...step, auth: { hmac: { ...step.auth.hmac, over: "" } } };
  withoutOvers.set(step, known);
  return known;
}

/** The URL with its query. @param turn to another page, whose URL has its query already */
function wholeUrl(url: string, query: Json | undefined, turn: Turn | undefined): Result<string, StepError> {
  if (turn === undefined) return withQuery(url, query);
  if ("url" in turn) return withQuery(url, undefined);
  const own = isJsonObject(query) ? query : {};
  return withQuery(withoutParameters(url, Object.keys(turn.query)), { ...own, ...turn.query });
}

/** The request with every template evaluated. @param turn to another page of the step */
export async function buildRequest(
  context: RunContext,
  step: StepOf<"http">,
  scope: Scope,
  path: string,
  turn?: Turn,
): Promise<Result<HttpRequest, StepError>> {
  const turned = turn !== undefined && "url" in turn ? ok({ url: turn.url, slashes: [] }) : undefined;
  const built = turned ?? (await targetUrl(context, step, scope));
  if (!built.ok) return built;
  const target = new URL(built.value.url);
  const parts = await evaluatedParts(context, step, CONTENT_FIELDS, scope, target);
  if (!parts.ok) return parts;
  const url = wholeUrl(built.value.url, parts.value.query, turn);
  if (!url.ok) return url;
  const payload = payloadOf(parts.value, step);
  if (!payload.ok) return payload;
  if (payload.value !== undefined && (step.method === "GET" || step.method === "HEAD")) {
    return badRequest(`${step.method} is never sent with a body`);
  }
  const fixed = { step, scope, path, target, payload: payload.value };
  const body = payload.value && { body: payload.value.body };
  const request = { url: url.value, init: { method: step.method, ...body }, slashes: built.value.slashes };
  const keyed = (headers: Result<Headers, StepError>, key: string) =>
    headers.ok ? ok(withKey(headers.value, key)) : headers;
  if (isSigned(step)) {
    return ok({ ...request, headers: async (key) => keyed(await headersOf(context, fixed, key), key) });
  }
  const headers = await headersOf(context, fixed, "");
  return headers.ok ? ok({ ...request, headers: async (key) => keyed(headers, key) }) : headers;
}
