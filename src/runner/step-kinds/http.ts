import { type Polling, pollingOf } from "../../blueprint/kinds/polling.ts";
import { isLost } from "../../egress/egress.ts";
import type { Scope } from "../../expression/template.ts";
import { isTrue } from "../../expression/truth.ts";
import type { StepError } from "../../jobs/job.ts";
import { retryAfterMs } from "../../lib/http/retry-after.ts";
import { isJsonObject, type Json, type JsonObject, jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_ERROR_BODY_BYTES } from "../../limits.ts";
import { type Action, type ActionError, act, actOnce, refusing } from "../act.ts";
import { answerTurn } from "../answers/answer-turns.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { type Ending, HALTED } from "../ending.ts";
import { type Body, readBody } from "./http-body.ts";
import { isRetryable, transportError } from "./http-failures.ts";
import { readPages } from "./http-pages.ts";
import { buildRequest, type HttpRequest } from "./http-request.ts";

/** Whether the status alone decides, and how; undefined when `expect` has to see the body. */
function judgedByStatus({ expect }: StepOf<"http">, status: number): boolean | undefined {
  if (expect === undefined) return status >= 200 && status <= 299;
  return Array.isArray(expect) ? expect.includes(status) : undefined;
}

async function isExpected(
  context: RunContext,
  step: StepOf<"http">,
  scope: Scope,
  output: JsonObject,
  status: number,
): Promise<Result<boolean, StepError>> {
  const judged = judgedByStatus(step, status);
  if (judged !== undefined || typeof step.expect !== "string") return ok(judged === true);
  const verdict = await context.evaluate(step.expect, { ...scope, response: output });
  return verdict.ok ? ok(isTrue(verdict.value)) : verdict;
}

/** Requests without an effect. The target goes on with any other although we have hung up, and its effect would come late. */
const SAFE = ["GET", "HEAD"];

/** What `expect` has to do with it, so that nobody looks for the reason in a status that is good. */
function unmet({ expect }: StepOf<"http">): string {
  if (expect === undefined) return "";
  return typeof expect === "string" ? ", and expect is not met" : `, which expect does not list (${expect.join(", ")})`;
}

/** A value with a slash may have been meant as several segments. */
function slashHint(status: number, [value]: readonly string[]): string {
  if (status !== 404 || value === undefined) return "";
  const sent = `${JSON.stringify(value)} was sent as one component of the path, its slashes encoded`;
  return ` (${sent}; to send a path, make the url one whole expression, such as {% $url(base, path) %})`;
}

function unexpected(
  response: Response,
  body: Json,
  step: StepOf<"http">,
  { slashes }: HttpRequest,
  context: RunContext,
): ActionError {
  const { status } = response;
  const excerpt = typeof body === "string" ? body : JSON.stringify(body);
  const text = context.ports.secrets.redactText(response.statusText);
  const retryable = isRetryable(status);
  const after = retryable ? retryAfterMs(response.headers.get("retry-after"), context.ports.now()) : undefined;
  const lost = isLost(response) ? ", a redirect without a Location" : "";
  const what = `HTTP ${status}${text && ` ${text}`}${lost}${unmet(step)}`;
  const message = `${what}: ${excerpt.slice(0, 200) || "no body"}${slashHint(status, slashes)}`;
  return { code: "http_status", message, status, retryable, ...(after !== undefined && { retryAfterMs: after }) };
}

/** Names are lower case. Each cookie is a line of its own, whose commas are its own. */
function headersOf(response: Response): JsonObject {
  const headers: JsonObject = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  return cookies.length > 0 ? { ...headers, "set-cookie": cookies } : headers;
}

/** What the step yields. No secret is in it: nothing that looks at it, or keeps it, may see one. */
function outputOf(response: Response, { body, bytes }: Body, { url }: HttpRequest, { ports }: RunContext): JsonObject {
  const output = { status: response.status, headers: headersOf(response), body, bytes, url: response.url || url };
  return ports.secrets.redact(output) as JsonObject;
}

/** What the answer means. Throws when the connection breaks. */
async function judged(
  context: RunContext,
  step: StepOf<"http">,
  scope: Scope,
  request: HttpRequest,
  response: Response,
): Promise<Result<Json, ActionError>> {
  const { ref, ports } = context;
  const read = await readBody(response, step, { tenant: ref.tenant, secrets: ports.secrets });
  if (!read.ok) {
    const isUnexpected = judgedByStatus(step, response.status) === false;
    return isUnexpected ? err(unexpected(response, read.error.message, step, request, context)) : read;
  }
  await answerTurn(ref.tenant, read.value.bytes, true);
  const output = outputOf(response, read.value, request, context);
  const expected = await isExpected(context, step, scope, output, response.status);
  if (!expected.ok) return err({ ...expected.error, retryable: false });
  if (expected.value) return ok(output);
  const body = output.body ?? null;
  const error = unexpected(response, body, step, request, context);
  return err(jsonBytes(body) <= MAX_ERROR_BODY_BYTES ? { ...error, body } : error);
}

/** One request and what its answer means. */
function sending(context: RunContext, step: StepOf<"http">, scope: Scope, request: HttpRequest): Action {
  return async (whileNeeded, key, timeUp) => {
    const signal = SAFE.includes(step.method) ? whileNeeded : timeUp;
    const headers = await request.headers(key);
    if (!headers.ok) return err({ ...headers.error, retryable: false });
    try {
      const response = await context.ports.fetch(request.url, { ...request.init, headers: headers.value, signal });
      return await judged(context, step, scope, request, response);
    } catch (error) {
      return err(transportError(error, signal));
    }
  };
}

/** One request, or one for each poll or page. Its `Idempotency-Key` is the same in every try and attempt. */
export const runHttp: StepRun<"http"> = async (context, step, scope, path) => {
  const { pages } = step;
  if (pages !== undefined) {
    return readPages(context, { ...step, pages }, scope, path, async (turn) => {
      const request = await buildRequest(context, step, scope, path, turn);
      return request.ok ? ok({ url: request.value.url, send: sending(context, step, scope, request.value) }) : request;
    });
  }
  const request = await buildRequest(context, step, scope, path);
  const send = request.ok ? sending(context, step, scope, request.value) : refusing(request.error);
  const polling = pollingOf(step);
  return polling === undefined ? act(context, path, step, send) : poll(context, path, step, send, polling, scope);
};

/** What the service asks for with `Retry-After`, and `every` at least. */
function pauseAfter(output: Json, everyMs: number, now: number): number {
  const headers = isJsonObject(output) ? output.headers : undefined;
  const after = isJsonObject(headers) ? headers["retry-after"] : undefined;
  return Math.max(everyMs, (typeof after === "string" && retryAfterMs(after, now)) || 0);
}

/** The request again and again until it answers what the step waits for. */
async function poll(
  context: RunContext,
  path: string,
  step: StepOf<"http">,
  send: Action,
  { until, everyMs, limit }: Polling,
  scope: Scope,
): Promise<Ending> {
  const isOver = async (response: Json): Promise<Result<boolean, StepError>> => {
    const verdict = await context.evaluate(until, { ...scope, response });
    return verdict.ok ? ok(isTrue(verdict.value)) : verdict;
  };
  const pauseMs = (output: Json) => pauseAfter(output, everyMs, context.ports.now());
  for (;;) {
    const ending = await actOnce(context, path, step, send, { pauseMs, isOver, limit });
    if (ending.end !== "not_yet") return ending;
    if ((await context.wait(path, ending.pauseMs)) === HALTED) return HALTED;
  }
}
