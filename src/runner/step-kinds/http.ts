import { type Polling, pollingOf } from "../../blueprint/kinds/polling.ts";
import type { Scope } from "../../blueprint/template.ts";
import { RefusedAddress } from "../../egress/egress.ts";
import type { StepError } from "../../jobs/job.ts";
import type { Json, JsonObject } from "../../jobs/json.ts";
import { err, ok, type Result } from "../../jobs/result.ts";
import { type Action, type ActionError, act, actOnce } from "../act.ts";
import { type Ending, failed, HALTED, type RunContext, type StepOf, type StepRun } from "../context.ts";
import { readBody } from "./http-body.ts";
import { buildRequest } from "./http-request.ts";

/** Statuses after which the same request may succeed. */
const RETRYABLE = [408, 425, 429];
const isRetryable = (status: number): boolean => status >= 500 || RETRYABLE.includes(status);

/** `Retry-After` is seconds or a date. */
function retryAfterMs(response: Response, now: number): number | undefined {
  const value = response.headers.get("retry-after");
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

async function isExpected(
  context: RunContext,
  step: StepOf<"http">,
  scope: Scope,
  output: JsonObject,
  status: number,
): Promise<Result<boolean, StepError>> {
  if (step.expect === undefined) return ok(status >= 200 && status <= 299);
  if (Array.isArray(step.expect)) return ok(step.expect.includes(status));
  const verdict = await context.evaluate(step.expect, { ...scope, response: output });
  return verdict.ok ? ok(verdict.value === true) : verdict;
}

function unexpected(response: Response, body: Json, now: number): ActionError {
  const { status } = response;
  const excerpt = typeof body === "string" ? body : JSON.stringify(body);
  const retryable = isRetryable(status);
  const after = retryable ? retryAfterMs(response, now) : undefined;
  const message = `HTTP ${status}${response.statusText && ` ${response.statusText}`}: ${excerpt.slice(0, 200) || "no body"}`;
  return { code: "http_status", message, status, retryable, ...(after !== undefined && { retryAfterMs: after }) };
}

/** What a failed fetch means. A refused address stays refused; everything else may pass. */
function transportError(error: unknown, signal: AbortSignal): ActionError {
  if (error instanceof RefusedAddress) {
    return { code: "refused_address", message: `The request was refused: ${error.message}.`, retryable: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (signal.aborted) return { code: "step_timeout", message: "No answer within the step's timeout.", retryable: true };
  return { code: "network", message: `No answer: ${message}`, retryable: true };
}

/** One request as one engine step, or one for each poll. Its `Idempotency-Key` is the same in every try and attempt. */
export const runHttp: StepRun<"http"> = async (context, step, scope, path) => {
  const request = await buildRequest(context, step, scope, `${context.ref.job_id}.${path}`);
  if (!request.ok) return failed(request.error, path);
  const { url, init } = request.value;

  const send: Action = async (signal) => {
    try {
      const response = await context.ports.fetch(url, { ...init, signal });
      const read = await readBody(response, step.max_bytes);
      if (!read.ok) return read;
      // Before anything is cut out of it: half a secret would not be found any more.
      const body = context.ports.secrets.redact(read.value.body);
      const { bytes } = read.value;
      const output = { status: response.status, headers: Object.fromEntries(response.headers), body, bytes };
      const expected = await isExpected(context, step, scope, output, response.status);
      if (!expected.ok) return err({ ...expected.error, retryable: false });
      return expected.value ? ok(output) : err(unexpected(response, body, context.ports.now()));
    } catch (error) {
      return err(transportError(error, signal));
    }
  };

  const polling = pollingOf(step);
  return polling === undefined ? act(context, path, step, send) : poll(context, path, step, send, polling, scope);
};

/** The request again and again until it answers what the step waits for: two metered engine steps for each round. */
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
    return verdict.ok ? ok(verdict.value === true) : verdict;
  };
  for (let round = 1; round <= limit; round++) {
    const ending = await actOnce(context, path, step, send, { name: `${path}#${round}`, everyMs, isOver });
    if (ending.end !== "not_yet") return ending;
    const pause = async () => context.ports.step.sleep(`${path}~${round}`, everyMs);
    if (round < limit && (await context.unlessHalted(pause())) === HALTED) return HALTED;
  }
  const message = `After ${limit} polls it was still not what until asks for. Raise limit or every, or look at until.`;
  return failed({ code: "poll_limit", message }, path);
}
