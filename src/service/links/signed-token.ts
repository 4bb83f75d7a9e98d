import { fromBase64Url, toBase64Url } from "../../lib/base64url.ts";
import { isSignedByAny, memoizedKey, type Purpose, type Secrets } from "../../lib/signing-key.ts";

/**
 * What stands at the end of a URL that anybody who has it may use. A signature stands in front, so that what strangers make
 * up wakes no object of anybody. PERSISTED in what other services and people keep: the form stays readable.
 */

const MAC_BYTES = 32;

/** Without AUTH_SECRET there is one tenant, on this machine: the signature keeps nobody out, only mistakes. */
const DEV_SECRETS: Secrets = { current: "edge-jobs without AUTH_SECRET" };

export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export async function signToken(
  purpose: Purpose,
  content: Uint8Array<ArrayBuffer>,
  { current } = DEV_SECRETS,
): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", await memoizedKey(current, purpose), content);
  return toBase64Url(joined(new Uint8Array(mac), content));
}

/** @returns what was signed; undefined for all that {@link signToken} did not make for the purpose with one of the secrets */
export async function readToken(
  purpose: Purpose,
  text: string,
  maxChars: number,
  secrets = DEV_SECRETS,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = text.length > maxChars ? undefined : fromBase64Url(text);
  if (bytes === undefined || bytes.length <= MAC_BYTES) return undefined;
  const [mac, content] = [bytes.slice(0, MAC_BYTES), bytes.slice(MAC_BYTES)];
  return (await isSignedByAny(secrets, purpose, mac, content)) ? content : undefined;
}
