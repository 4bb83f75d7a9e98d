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
import { badRequest, targetUrl, withQuery } from "./http-url.ts";

export interface HttpRequest {
  url: string;
  init: RequestInit & { headers: Headers };
  /** Values with a slash, which were sent as one component of the path. */
  slashes: readonly string[];
}

const SPAN_CHARS = 16;

/** Fields whose values are evaluated, besides the URL. */
const FIELDS = ["query", "headers", "auth", "form", "body"] as const;
type Parts = { [Field in (typeof FIELDS)[number]]?: Json };

/** The value with the secrets that the document names in it, none of which goes to a host that it is not bound to. */
function filled(document: Json, value: Json, place: string, target: URL, secrets: Secrets): Result<Json, StepError> {
  const faults: string[] = [];
  const read = ({ secret, prefix = "" }: SecretRef, keys: readonly (string | number)[]): Json => {
    const found = secrets.get(secret);
    const path = jsonPath(place, keys);
    if (found === undefined) faults.push(`${path}: the secret ${secret} is not listed in BLUEPRINT_SECRETS any more`);
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
  scope: Scope,
  target: URL,
): Promise<Result<Parts, StepError>> {
  const parts: Parts = {};
  for (const field of FIELDS) {
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

const utf8 = new TextEncoder();

const base64 = (text: string): string => btoa(String.fromCharCode(...utf8.encode(text)));

function authorization(auth: JsonObject): Result<string, StepError> {
  const { bearer, basic } = auth;
  const { user, password } = isJsonObject(basic) ? basic : {};
  const needed =
    basic === undefined ? { "auth.bearer": bearer } : { "auth.basic.user": user, "auth.basic.password": password };
  const [missing] = Object.entries(needed).filter(([, value]) => typeof value !== "string" || value === "");
  if (missing !== undefined) return badRequest(`${missing[0]} gives no text`);
  return ok(basic === undefined ? `Bearer ${bearer}` : `Basic ${base64(`${user}:${password}`)}`);
}

/** `{"base64": "..."}`, as only the document can write it, stands for bytes. */
const isBinary = (document: Json | undefined): boolean =>
  isJsonObject(document) && typeof document.base64 === "string" && Object.keys(document).length === 1;

function bytesOf(text: Json | undefined): Result<Uint8Array<ArrayBuffer>, StepError> {
  try {
    if (typeof text !== "string") return badRequest("body.base64 gives no text");
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return ok(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  } catch {
    return badRequest("body.base64 is not base64");
  }
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

async function headersOf(
  context: RunContext,
  { auth, headers: given }: Parts,
  path: string,
): Promise<Result<Headers, StepError>> {
  const headers = withGiven(await ownHeaders(context, path), isJsonObject(given) ? given : {}, context.ports.secrets);
  if (!headers.ok || !isJsonObject(auth)) return headers;
  const value = authorization(auth);
  if (!value.ok) return value;
  const set = setHeader(headers.value, "authorization", value.value, context.ports.secrets);
  return set.ok ? headers : set;
}

/** The headers with the action's key, unless the blueprint brings its own. */
export function withKey(headers: Headers, key: string): Headers {
  const keyed = new Headers(headers);
  if (!keyed.has("idempotency-key")) keyed.set("idempotency-key", key);
  return keyed;
}

/** The request with every template evaluated. */
export async function buildRequest(
  context: RunContext,
  step: StepOf<"http">,
  scope: Scope,
  path: string,
): Promise<Result<HttpRequest, StepError>> {
  const target = await targetUrl(context, step, scope);
  if (!target.ok) return target;
  const parts = await evaluatedParts(context, step, scope, new URL(target.value.url));
  if (!parts.ok) return parts;
  const url = withQuery(target.value.url, parts.value.query);
  if (!url.ok) return url;
  const headers = await headersOf(context, parts.value, path);
  if (!headers.ok) return headers;
  const payload = payloadOf(parts.value, step);
  if (!payload.ok) return payload;
  const init: HttpRequest["init"] = { method: step.method, headers: headers.value };
  if (payload.value !== undefined) {
    if (step.method === "GET" || step.method === "HEAD") return badRequest(`${step.method} is never sent with a body`);
    const { body, type } = payload.value;
    if (type !== undefined && !headers.value.has("content-type")) headers.value.set("content-type", type);
    init.body = body;
  }
  return ok({ url: url.value, init, slashes: target.value.slashes });
}
