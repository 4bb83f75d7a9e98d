import type { Scope } from "../../blueprint/template.ts";
import type { StepError } from "../../jobs/job.ts";
import { isJsonObject, type Json, type JsonObject } from "../../jobs/json.ts";
import { err, ok, type Result } from "../../jobs/result.ts";
import { childOf } from "../../jobs/trace.ts";
import { MAX_ECHO_CHARS, MAX_REQUEST_URL_CHARS } from "../../limits.ts";
import { digest } from "../../registry/api-digest.ts";
import type { RunContext, StepOf } from "../context.ts";
import type { Secrets } from "../secrets.ts";

export interface HttpRequest {
  url: string;
  init: RequestInit & { headers: Headers };
}

const USER_AGENT = "edge-jobs/0.1";

const SPAN_CHARS = 16;

const NONE: JsonObject = {};

const badRequest = (message: string): { ok: false; error: StepError } => err({ code: "http_request", message });

function withQuery(target: Json, query: JsonObject): Result<string, StepError> {
  const url = typeof target === "string" ? URL.parse(target) : null;
  if (url === null) return badRequest(`url is not a URL: ${JSON.stringify(target).slice(0, MAX_ECHO_CHARS)}`);
  for (const [name, value] of Object.entries(query)) {
    const values = Array.isArray(value) ? value : [value];
    for (const each of values) {
      if (each !== null) url.searchParams.append(name, typeof each === "string" ? each : JSON.stringify(each));
    }
  }
  if (url.href.length <= MAX_REQUEST_URL_CHARS) return ok(url.href);
  return badRequest(`url with its query has more than ${MAX_REQUEST_URL_CHARS} characters; send a body instead`);
}

/** A header's value: text, or the name of a Worker secret that is read now and stored nowhere. */
function headerValue(value: Json, secrets: Secrets): Result<string, string> {
  if (!isJsonObject(value)) return ok(typeof value === "string" ? value : JSON.stringify(value));
  const name = String(value.secret);
  const found = secrets.get(name);
  return found === undefined ? err(`the secret ${name} is not listed in BLUEPRINT_SECRETS, or not set`) : ok(found);
}

/** What every request carries, unless the blueprint says otherwise. */
async function ownHeaders({ trace }: RunContext, key: string): Promise<Headers> {
  // A span of its own for each step, the same in every try.
  const span = trace && childOf(trace, (await digest(key)).slice(0, SPAN_CHARS));
  return new Headers({ "user-agent": USER_AGENT, "idempotency-key": key, ...span });
}

function withGiven(headers: Headers, given: JsonObject, secrets: Secrets): Result<Headers, StepError> {
  for (const [name, value] of Object.entries(given)) {
    const text = headerValue(value, secrets);
    if (!text.ok) return badRequest(`headers.${name}: ${text.error}`);
    try {
      headers.set(name, text.value);
    } catch {
      return badRequest(`headers.${name} is no valid header`);
    }
  }
  return ok(headers);
}

function toBody(body: Json | undefined, headers: Headers): string | undefined {
  if (body === undefined) return undefined;
  if (typeof body === "string") return body;
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return JSON.stringify(body);
}

/** The request with every template evaluated, and the step's idempotency key unless the blueprint brings its own. */
export async function buildRequest(
  context: RunContext,
  step: StepOf<"http">,
  scope: Scope,
  idempotencyKey: string,
): Promise<Result<HttpRequest, StepError>> {
  const target = await context.evaluate(step.url, scope);
  if (!target.ok) return target;
  const query = await context.evaluate(step.query ?? NONE, scope);
  if (!query.ok) return query;
  const given = await context.evaluate(step.headers ?? NONE, scope);
  if (!given.ok) return given;
  const body = step.body === undefined ? undefined : await context.evaluate(step.body, scope);
  if (body?.ok === false) return body;

  const url = withQuery(target.value, query.value as JsonObject);
  if (!url.ok) return url;
  const own = await ownHeaders(context, idempotencyKey);
  const headers = withGiven(own, given.value as JsonObject, context.ports.secrets);
  if (!headers.ok) return headers;
  const text = toBody(body?.value, headers.value);
  const init = { method: step.method, headers: headers.value, ...(text !== undefined && { body: text }) };
  return ok({ url: url.value, init });
}
