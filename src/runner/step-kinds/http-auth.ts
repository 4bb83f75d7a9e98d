import { secretRefs } from "../../blueprint/secret-refs.ts";
import type { Scope } from "../../expression/template.ts";
import type { StepError } from "../../jobs/job.ts";
import { isJsonObject, type Json, type JsonObject, utf8 } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { RunContext, StepOf } from "../context.ts";
import { badRequest } from "./http-url.ts";

/** What `auth` adds to a request: a header that says who asks, or a signature of what is asked. */

/** Over memory of its own, as the platform's functions take it. */
type Bytes = Uint8Array<ArrayBuffer>;

export function bytesOfBase64(text: string): Bytes | undefined {
  try {
    return Uint8Array.fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
}

/** One try of the request, as it is signed. */
export interface Sealed {
  /** The action's key: the same in every try. */
  key: string;
  /** Unix time in seconds. */
  timestamp: number;
  body: string | Bytes;
}

/** Whether each try has headers of its own. */
export const isSigned = ({ auth }: StepOf<"http">): boolean =>
  auth?.hmac !== undefined || auth?.standard_webhook !== undefined;

async function signature(key: Bytes, hash: string, signed: Bytes): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, signed));
}

const bytesOf = (body: string | Bytes): Bytes => (typeof body === "string" ? utf8(body) : body);

/**
 * What `over` says is signed. An expression does not see a body with a secret in it, and may only say where it stands:
 * whether it fails, and how, would tell what the secret is.
 */
async function signedBytes(
  context: RunContext,
  step: StepOf<"http">,
  over: string,
  scope: Scope,
  { body, timestamp }: Sealed,
): Promise<Result<Bytes, StepError>> {
  if (over === "{% $body %}") return ok(bytesOf(body));
  const [secret] = [...secretRefs([(step.body ?? null) as Json, (step.form ?? null) as Json])];
  const stand = secret === undefined ? undefined : crypto.randomUUID();
  const seen = typeof body === "string" ? { body: stand ?? body } : {};
  const text = await context.evaluate(over, { ...scope, ...seen, timestamp });
  if (!text.ok) return err({ ...text.error, message: `auth.hmac.over: ${text.error.message}` });
  if (typeof text.value !== "string") return badRequest("auth.hmac.over gives no text");
  if (stand === undefined || typeof body !== "string") return ok(utf8(text.value));
  if (over.includes("$body") && !text.value.includes(stand)) {
    return badRequest("auth.hmac.over can only place $body as it is, because the body holds a secret");
  }
  return ok(utf8(text.value.replaceAll(stand, () => body)));
}

type Headers = readonly (readonly [name: string, value: string])[];

async function ownSignature(
  context: RunContext,
  step: StepOf<"http">,
  auth: JsonObject,
  scope: Scope,
  sealed: Sealed,
): Promise<Result<Headers, StepError>> {
  const declared = step.auth?.hmac;
  if (declared === undefined || typeof auth.secret !== "string" || auth.secret === "") {
    return badRequest("auth.hmac.secret gives no text");
  }
  const { header, algorithm, encoding, prefix } = declared;
  const front = prefix === undefined ? "" : auth.prefix;
  if (typeof front !== "string") return badRequest("auth.hmac.prefix gives no text");
  const signed = await signedBytes(context, step, declared.over, scope, sealed);
  if (!signed.ok) return signed;
  const bytes = await signature(utf8(auth.secret), algorithm, signed.value);
  return ok([[header, `${front}${encoding === "hex" ? bytes.toHex() : bytes.toBase64()}`]]);
}

/** As https://www.standardwebhooks.com has it: the id is the same in every try, the time is that of the try. */
async function standardWebhook(
  secret: Json | undefined,
  { key, timestamp, body }: Sealed,
): Promise<Result<Headers, StepError>> {
  if (typeof secret !== "string" || secret === "") return badRequest("auth.standard_webhook gives no text");
  const bytes = bytesOfBase64(secret.replace(/^whsec_/, ""));
  if (bytes === undefined || bytes.length === 0) {
    return badRequest("auth.standard_webhook is no key such as whsec_ and base64");
  }
  const front = utf8(`${key}.${timestamp}.`);
  const signed = new Uint8Array([...front, ...bytesOf(body)]);
  return ok([
    ["webhook-id", key],
    ["webhook-timestamp", `${timestamp}`],
    ["webhook-signature", `v1,${(await signature(bytes, "SHA-256", signed)).toBase64()}`],
  ]);
}

function authorization({ bearer, basic }: JsonObject): Result<Headers, StepError> {
  const { user, password } = isJsonObject(basic) ? basic : {};
  const needed =
    basic === undefined ? { "auth.bearer": bearer } : { "auth.basic.user": user, "auth.basic.password": password };
  const [missing] = Object.entries(needed).filter(([, value]) => typeof value !== "string" || value === "");
  if (missing !== undefined) return badRequest(`${missing[0]} gives no text`);
  const value = basic === undefined ? `Bearer ${bearer}` : `Basic ${utf8(`${user}:${password}`).toBase64()}`;
  return ok([["authorization", value]]);
}

/**
 * The headers that `auth` adds to one try.
 * @param auth evaluated, with its secrets; without what `over` of `hmac` gives
 */
export async function authHeaders(
  context: RunContext,
  step: StepOf<"http">,
  auth: JsonObject,
  scope: Scope,
  sealed: Sealed,
): Promise<Result<Headers, StepError>> {
  if (step.auth?.standard_webhook !== undefined) return standardWebhook(auth.standard_webhook, sealed);
  if (step.auth?.hmac === undefined) return authorization(auth);
  return ownSignature(context, step, isJsonObject(auth.hmac) ? auth.hmac : {}, scope, sealed);
}
