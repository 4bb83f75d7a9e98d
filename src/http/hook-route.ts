import { isLocalCall } from "../auth/loopback.ts";
import { webhookSecretsFor } from "../egress/secret-bindings.ts";
import { type Env, settingsOf } from "../env.ts";
import { parseJsonExactly } from "../lib/exact-json.ts";
import { wholeBody } from "../lib/http/whole-body.ts";
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { RequestLog } from "../lib/log.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { iso } from "../lib/time.ts";
import { MAX_HOOK_BYTES, MAX_HOOK_CHALLENGE_CHARS, MAX_HOOK_OPENS, MAX_JSON_DEPTH } from "../limits.ts";
import { type Ask, askAsServer } from "../registry/api/client.ts";
import type { DeliveryError, Hook } from "../registry/api/trigger-calls.ts";
import { type HookPlace, readHookToken } from "../service/triggers/hook-token.ts";
import { checkSignature } from "../service/triggers/signatures.ts";
import { notFound } from "./answers.ts";

/** `POST /hooks/<token>`: what other services call to start jobs. Nothing is stored before the signature is good. */

interface HookDeps {
  env: Env;
  log: RequestLog;
  /** Epoch ms. */
  now: () => number;
}

const refusal = (status: number, error: string, message: string, headers: Record<string, string> = {}): Response =>
  Response.json({ error, message }, { status, headers: { "cache-control": "no-store", ...headers } });

const retryAfter = (ms: number): Record<string, string> => ({ "retry-after": String(Math.ceil(ms / 1_000)) });

const plain = (text: string): Response =>
  new Response(text, { headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" } });

/** Credentials of a sender are no part of what it sends. */
const KEPT_BACK = new Set(["authorization", "cookie", "proxy-authorization"]);

const headersOf = ({ headers }: Request): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !KEPT_BACK.has(name)));

/** Of a query or a form: text, or a list where a name is repeated. */
function fieldsOf(parameters: URLSearchParams): JsonObject {
  const names = [...new Set(parameters.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = parameters.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}

const mediaType = ({ headers }: Request): string =>
  (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

const isJson = (type: string): boolean => type === "application/json" || type.endsWith("+json");

/** @returns why not, for JSON that cannot be read. An integer beyond 2^53 keeps its digits, as text. */
function bodyOf(type: string, text: string): Result<Json, string> {
  if (type === "application/x-www-form-urlencoded") return ok(fieldsOf(new URLSearchParams(text)));
  if (!isJson(type)) return ok(text);
  // Senders name a type although they send nothing.
  if (text.trim() === "") return ok(null);
  const read = parseJsonExactly(text);
  return read.ok && isDeeperThan(read.value, MAX_JSON_DEPTH) ? err("the JSON is nested too deeply") : read;
}

/** The body as it came; undefined: it is too large. */
async function bytesOf({ body, headers }: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (Number(headers.get("content-length") ?? 0) > MAX_HOOK_BYTES) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_HOOK_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** The place that the token names, if whoever calls may call there. */
async function placeOf(token: string, request: Request, { env }: HookDeps): Promise<HookPlace | undefined> {
  const { secrets } = settingsOf(env);
  if (secrets === undefined && !isLocalCall(request, new URL(request.url))) return undefined;
  return readHookToken(token, secrets);
}

/** What some services ask before they deliver anything: only a reader of the URL can answer. */
function challengeOf(url: URL): string | undefined {
  const { searchParams } = url;
  const asked =
    searchParams.get("hub.challenge") ?? searchParams.get("validationToken") ?? searchParams.get("challenge");
  return asked === null || asked.length > MAX_HOOK_CHALLENGE_CHARS ? undefined : asked;
}

function errorResponse(error: DeliveryError): Response {
  switch (error.code) {
    case "unknown_trigger":
      return notFound();
    case "trigger_changed":
      return refusal(503, error.code, "The trigger was being changed. Send the delivery again.", retryAfter(1_000));
    case "too_many_deliveries":
      return refusal(429, error.code, "Too many deliveries.", retryAfter(error.retry_after_ms));
    case "delivery_refused":
      return error.is_full
        ? refusal(503, error.code, "There is no room for a job now. Send the delivery again later.", retryAfter(60_000))
        : refusal(422, error.code, "The trigger cannot take this delivery; its ledger says why.");
    default:
      return error satisfies never;
  }
}

interface Received {
  request: Request;
  bytes: Uint8Array<ArrayBuffer>;
  /** It is told of what is wrong with it once the signature is good. */
  body: Result<Json, string>;
}

interface Verified {
  id: string | null;
  verified: boolean;
}

async function verify(
  { webhook }: Hook,
  { tenant }: HookPlace,
  { request, bytes, body }: Received,
  { env, now }: HookDeps,
): Promise<Verified | Response> {
  if (webhook.verify === null) return { id: null, verified: false };
  const secret = webhookSecretsFor(tenant, settingsOf(env).blueprintSecrets).get(webhook.verify.secret);
  if (secret === undefined) {
    return refusal(503, "no_secret", "The secret that verifies this webhook is not set.", retryAfter(60_000));
  }
  const delivery = { headers: headersOf(request), body: bytes, json: body.ok ? body.value : undefined };
  const checked = await checkSignature(webhook.verify, secret, delivery, now());
  if (checked.ok) return { id: checked.value.id, verified: true };
  const message =
    checked.error === "old_stamp" ? "The signature is of another time." : "The signature is missing or wrong.";
  return refusal(401, checked.error, message);
}

/** One delivery: opens the hook, looks at the signature, and hands the event over. */
async function deliver(place: HookPlace, received: Received, deps: HookDeps): Promise<Response | "changed"> {
  const { tenant, shard, hookId } = place;
  const ask: Ask = askAsServer(deps.env.JOB_REGISTRY, tenant);
  const hook = await ask(shard, (registry, server) => registry.openHook(server, hookId));
  if (!hook.ok) return errorResponse(hook.error);
  const checked = await verify(hook.value, place, received, deps);
  if (checked instanceof Response) return checked;
  const { request } = received;
  if (!received.body.ok) return refusal(400, "invalid_json", `The body cannot be read: ${received.body.error}.`);
  const body = received.body.value;
  if (isJsonObject(body) && body.type === "url_verification" && typeof body.challenge === "string") {
    return plain(body.challenge.slice(0, MAX_HOOK_CHALLENGE_CHARS));
  }
  const event: JsonObject = {
    id: checked.id,
    method: request.method,
    headers: headersOf(request),
    query: fieldsOf(new URL(request.url).searchParams),
    body,
    received_at: iso(deps.now()),
    verified: checked.verified,
  };
  const { name, version } = hook.value;
  const delivery = { name, version, key: checked.id, event };
  const accepted = await ask(shard, (registry, server) => registry.deliver(server, delivery));
  if (!accepted.ok) return accepted.error.code === "trigger_changed" ? "changed" : errorResponse(accepted.error);
  const { job_id, deduplicated, outcome } = accepted.value;
  deps.log.write({ event: "hook", tenant, trigger: name, job_id, outcome });
  const more = outcome === "ran" ? {} : { outcome };
  return Response.json({ job_id, deduplicated, ...more }, { status: 202, headers: { "cache-control": "no-store" } });
}

/** In this order: size, token, rate, signature, what the body holds, duplicate, `when`. */
export async function hookRoute(request: Request, token: string, deps: HookDeps): Promise<Response> {
  const bytes = await wholeBody(bytesOf(request));
  if (bytes === undefined) return refusal(413, "too_large", `A delivery has at most ${MAX_HOOK_BYTES} bytes.`);
  const place = await placeOf(token, request, deps);
  if (place === undefined) return notFound();
  const challenge = challengeOf(new URL(request.url));
  if (challenge !== undefined && (request.method === "GET" || bytes.length === 0)) return plain(challenge);
  if (request.method !== "POST") return notFound();
  const body = bodyOf(mediaType(request), new TextDecoder().decode(bytes));
  const received = { request, bytes, body };
  for (let opens = 0; opens < MAX_HOOK_OPENS; opens++) {
    const response = await deliver(place, received, deps);
    if (response !== "changed") return response;
  }
  return errorResponse({ code: "trigger_changed" });
}
