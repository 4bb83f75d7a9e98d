import type { Secrets } from "../../egress/secrets.ts";
import type { ErrorCode } from "../../jobs/error-codes.ts";
import { LossyNumber, parseJson } from "../../lib/exact-json.ts";
import { decodeText } from "../../lib/http/charset.ts";
import type { Json } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_EVALUATION_DEPTH } from "../../limits.ts";
import type { ActionError } from "../act.ts";
import { answerTurn } from "../answers/answer-turns.ts";
import type { StepOf } from "../context.ts";

/** Characters of a body that an error repeats. */
const MAX_EXCERPT_CHARS = 80;

/** How a body is read: `as` of the step. */
export type ReadAs = NonNullable<StepOf<"http">["as"]>;

export interface Body {
  body: Json;
  bytes: number;
}

/** Another try would bring the same answer. */
const unreadable = (code: ErrorCode, message: string): { ok: false; error: ActionError } =>
  err({ code, message, retryable: false });

const tooLarge = (maxBytes: number) =>
  unreadable(
    "http_too_large",
    `The body is larger than ${maxBytes} bytes. Raise max_bytes, or ask the service for less.`,
  );

const TOO_DEEP = `The body nests more than ${MAX_EVALUATION_DEPTH} levels deep. Ask the service for a flatter answer.`;

async function readUpTo(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

type Places = Record<string | number, Json | LossyNumber>;

/** What is read back in the place of the value, if it is no list or object; undefined: another number. */
function asStored(value: Json | LossyNumber): Json | undefined {
  if (value instanceof LossyNumber) return /^-?\d+$/.test(value.text) ? value.text : undefined;
  return value === 0 ? 0 : value;
}

/**
 * Makes the values in these lists and objects what they are when they are read back, in place.
 * @param below what lies inside is added to it
 * @returns whether a number would become a different one
 */
function settleAll(level: readonly Places[], below: Places[]): boolean {
  let isLossy = false;
  for (const places of level) {
    for (const key of Object.keys(places)) {
      const stored = asStored(places[key] ?? null);
      if (stored === undefined) isLossy = true;
      else if (typeof stored === "object" && stored !== null) below.push(stored as Places);
      else if (stored !== places[key] || stored === 0) places[key] = stored;
    }
  }
  return isLossy;
}

/**
 * Makes the value what it is when it is read back: without a minus before 0, and with a whole number that a double does not
 * hold as its digits.
 * @param whole what nobody else has
 * @returns why it is not that: it is too deep, or has a number that would become a different one
 */
function settle(whole: [Json]): "deep" | "lossy" | undefined {
  let isLossy = false;
  let level: Places[] = [whole as unknown as Places];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_EVALUATION_DEPTH) return "deep";
    const below: Places[] = [];
    if (settleAll(level, below)) isLossy = true;
    level = below;
  }
  return isLossy ? "lossy" : undefined;
}

/** How the body begins. Cut last: of a secret that is cut, none would know what is left. */
const excerptOf = (text: string, secrets: Secrets): string =>
  text === "" ? "it is empty" : `it begins ${JSON.stringify(secrets.redactText(text).slice(0, MAX_EXCERPT_CHARS))}`;

function parsed(text: string, as: ReadAs, secrets: Secrets): Result<Json, ActionError> {
  const value = parseJson(text);
  if (value === undefined) {
    if (as === "auto") return ok(text);
    return unreadable("http_json", `The body is not JSON: ${excerptOf(text, secrets)}. Read it with as: text.`);
  }
  const whole: [Json] = [value];
  const problem = settle(whole);
  if (problem === undefined) return ok(whole[0]);
  if (problem === "deep") return unreadable("http_too_deep", TOO_DEEP);
  const message = "The body has a number that would become another one. Read it with as: text.";
  return as === "auto" ? ok(text) : unreadable("http_json", message);
}

const isJsonType = (contentType: string): boolean => /^[^;,]*[/+]json\s*(?:[;,]|$)/i.test(contentType);

function interpret(bytes: Uint8Array, contentType: string, as: ReadAs, secrets: Secrets): Result<Json, ActionError> {
  if (as === "base64") return ok(bytes.toBase64());
  const text = decodeText(bytes, contentType);
  if (text === undefined) {
    const message = `The body is not text in its charset (${contentType || "no content type"}). Read it with as: base64.`;
    return unreadable("http_binary", message);
  }
  return as === "json" || (as === "auto" && isJsonType(contentType)) ? parsed(text, as, secrets) : ok(text);
}

const hasNoBody = (method: string, status: number): boolean => method === "HEAD" || status === 204 || status === 304;

/** Throws when the body is shorter than its length says: the connection broke. */
function refuseCut(response: Response, received: number): void {
  const length = response.headers.get("content-length");
  const isKnown = length !== null && /^\d+$/.test(length) && !response.headers.has("content-encoding");
  if (!isKnown || Number(length) === received) return;
  throw new TypeError(`the body ended after ${received} of ${length} bytes`);
}

/**
 * The body, never cut: one that is larger than `max_bytes` is an error. Throws when the connection breaks.
 * @param step that was answered; its `method` is that of the last request
 * @param reader whose it is, and the secrets that no error repeats
 */
export async function readBody(
  response: Response,
  { method, as = "auto", max_bytes: maxBytes }: Pick<StepOf<"http">, "method" | "as" | "max_bytes">,
  { tenant, secrets }: { tenant: string; secrets: Secrets },
): Promise<Result<Body, ActionError>> {
  if (hasNoBody(method, response.status)) {
    await response.body?.cancel();
    return ok({ body: as === "json" ? null : "", bytes: 0 });
  }
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
    await response.body?.cancel();
    return tooLarge(maxBytes);
  }
  const bytes = response.body === null ? new Uint8Array() : await readUpTo(response.body, maxBytes);
  if (bytes === undefined) return tooLarge(maxBytes);
  refuseCut(response, bytes.byteLength);
  await answerTurn(tenant, bytes.byteLength);
  const body = interpret(bytes, response.headers.get("content-type") ?? "", as, secrets);
  return body.ok ? ok({ body: body.value, bytes: bytes.byteLength }) : body;
}
