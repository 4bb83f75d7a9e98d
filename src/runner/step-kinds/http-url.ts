import type { Scope } from "../../expression/template.ts";
import { joinQuery } from "../../expression/url-query.ts";
import { type BuiltUrl, joinUrl, urlParts } from "../../expression/url-template.ts";
import type { StepError } from "../../jobs/job.ts";
import { isJsonObject, type Json } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_ECHO_CHARS, MAX_REQUEST_URL_CHARS } from "../../limits.ts";
import type { RunContext, StepOf } from "../context.ts";

export const badRequest = (message: string): { ok: false; error: StepError } => err({ code: "http_request", message });

/** Each step's URL is split once, so that its template is compiled once. */
const split = new WeakMap<StepOf<"http">, string[]>();

function partsOf(step: StepOf<"http">, template: string): string[] {
  const parts = split.get(step) ?? urlParts(template);
  split.set(step, parts);
  return parts;
}

/** What a secret holds is a whole URL, of a host that it is bound to. */
function secretUrl(name: string, { ports }: RunContext): Result<BuiltUrl, StepError> {
  const value = ports.secrets.get(name);
  if (value === undefined) return badRequest(`url: the secret ${name} is not there any more`);
  const url = URL.parse(value);
  if (url === null) return badRequest(`url: the secret ${name} is not a URL`);
  if (!ports.secrets.mayGo(name, url)) return badRequest(`url: the secret ${name} is not bound to its own host`);
  return ok({ url: url.href, slashes: [] });
}

async function withValues(
  context: RunContext,
  step: StepOf<"http">,
  template: string,
  scope: Scope,
): Promise<Result<BuiltUrl, StepError>> {
  const parts = partsOf(step, template);
  const values = await context.evaluate(parts, scope);
  if (!values.ok) return values;
  const joined = joinUrl(parts, values.value as Json[]);
  return joined.ok ? joined : badRequest(joined.error);
}

/** The step's URL with its values, without what `query` adds. */
export async function targetUrl(
  context: RunContext,
  step: StepOf<"http">,
  scope: Scope,
): Promise<Result<BuiltUrl, StepError>> {
  if (typeof step.url !== "string") return secretUrl(step.url.secret, context);
  const built = await withValues(context, step, step.url, scope);
  if (!built.ok || URL.canParse(built.value.url)) return built;
  return badRequest(`url is not a URL: ${JSON.stringify(built.value.url.slice(0, MAX_ECHO_CHARS))}`);
}

/** The URL as it is with more behind its query: a service may have signed the query that it has. */
export function withQuery(url: string, query: Json | undefined): Result<string, StepError> {
  const whole = isJsonObject(query) ? joinQuery(url, query) : url;
  if (whole.length <= MAX_REQUEST_URL_CHARS) return ok(whole);
  return badRequest(`url with its query has more than ${MAX_REQUEST_URL_CHARS} characters; send a body instead`);
}

const nameOf = (parameter: string): string => [...new URLSearchParams(parameter).keys()][0] ?? "";

/** The URL without these parameters, and else as it is. */
export function withoutParameters(url: string, names: readonly string[]): string {
  return url.replace(/\?([^#]*)/, (query, parameters: string) => {
    const kept = parameters.split("&").filter((parameter) => !names.includes(nameOf(parameter)));
    if (kept.length === parameters.split("&").length) return query;
    return kept.length === 0 ? "" : `?${kept.join("&")}`;
  });
}
