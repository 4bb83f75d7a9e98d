import { fromBase64Url, toBase64Url } from "../../lib/base64url.ts";
import { allOf, memoizedKey, type Secrets } from "../../lib/signing-key.ts";
import { HOOK_ID_BYTES, MAX_HOOK_TOKEN_CHARS } from "../../limits.ts";

/**
 * What the URL of a webhook ends with: whose trigger it is, in which shard, and which. A signature stands in front, so that
 * what strangers make up wakes no object of anybody. PERSISTED in what other services call: the form stays readable.
 */

const FORM = 1;
const MAC_BYTES = 32;
const HEAD_BYTES = 2;

/** Without AUTH_SECRET there is one tenant, on this machine: the signature keeps nobody out, only mistakes. */
const DEV_SECRET = "edge-jobs without AUTH_SECRET";

export interface HookPlace {
  tenant: string;
  shard: number;
  hookId: string;
}

const keyOf = (secret: string) => memoizedKey(secret, "edge-jobs hook v1");

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export async function hookToken(
  { tenant, shard, hookId }: HookPlace,
  secrets: Secrets = { current: DEV_SECRET },
): Promise<string> {
  const id = fromBase64Url(hookId);
  if (id?.length !== HOOK_ID_BYTES) throw new Error("no id of a hook");
  const place = joined(Uint8Array.of(FORM, shard), id, new TextEncoder().encode(tenant));
  const mac = await crypto.subtle.sign("HMAC", await keyOf(secrets.current), place);
  return toBase64Url(joined(new Uint8Array(mac), place));
}

/** @returns undefined for all that {@link hookToken} did not make with one of the secrets */
export async function readHookToken(
  text: string,
  secrets: Secrets = { current: DEV_SECRET },
): Promise<HookPlace | undefined> {
  const bytes = text.length > MAX_HOOK_TOKEN_CHARS ? undefined : fromBase64Url(text);
  if (bytes === undefined || bytes.length <= MAC_BYTES + HEAD_BYTES + HOOK_ID_BYTES) return undefined;
  const [mac, place] = [bytes.slice(0, MAC_BYTES), bytes.slice(MAC_BYTES)];
  const [form, shard = 0] = place;
  if (form !== FORM) return undefined;
  for (const secret of allOf(secrets)) {
    if (!(await crypto.subtle.verify("HMAC", await keyOf(secret), mac, place))) continue;
    const hookId = toBase64Url(place.slice(HEAD_BYTES, HEAD_BYTES + HOOK_ID_BYTES));
    return { tenant: new TextDecoder().decode(place.slice(HEAD_BYTES + HOOK_ID_BYTES)), shard, hookId };
  }
  return undefined;
}
