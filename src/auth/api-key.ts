import * as z from "zod";
import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { utf8 } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { SigningKey } from "../lib/signing-key.ts";
import { KEY_CLOCK_SKEW_MS, MAX_KEY_CHARS, MAX_KEY_DAYS } from "../limits.ts";
import { Scope } from "./scopes.ts";

/**
 * API keys: `ej1_<claims>.<signature>`, both base64url. The server stores no key: whoever holds AUTH_SECRET makes them,
 * and the signature is all that is checked before the registry looks whether the key was revoked.
 */

const PREFIX = "ej1_";
const FORM = /^(ej1_([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]{43})$/;

export const TenantName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "a tenant is [a-z0-9][a-z0-9_-]{0,62}");
export const KeyId = z.string().regex(/^key_[0-9a-f]{24}$/, "a key id is key_ and 24 hexadecimal digits");
/** Random bytes that one key id takes. */
export const KEY_ID_BYTES = 12;

/** PERSISTED in keys that people hold. New fields optional; never rename. */
export const Claims = z.strictObject({
  tenant: TenantName,
  key_id: KeyId,
  scopes: z.array(Scope).min(1),
  /** Epoch ms: the first moment at which the key is no longer valid. */
  expires_at: z.int().positive(),
});
export type Claims = z.infer<typeof Claims>;

/** Whether the text means to be an API key, good or not. */
export const isApiKey = (token: string): boolean => token.startsWith(PREFIX);

export const newKeyId = (entropy: Uint8Array): string =>
  `key_${Array.from(entropy, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** @param key of {@link signingKey}, for the purpose `edge-jobs api-key v1` */
export async function signApiKey(claims: Claims, key: SigningKey): Promise<string> {
  const signed = PREFIX + toBase64Url(utf8(JSON.stringify(Claims.parse(claims))));
  return `${signed}.${toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(signed))))}`;
}

/** Why a key that looks like one is not served. `too_long`: another tool signed it for longer than any key may be good. */
export type KeyFault = "invalid" | "expired" | "too_long";

const LONGEST_MS = MAX_KEY_DAYS * 86_400_000 + KEY_CLOCK_SKEW_MS;

/** @param now epoch ms */
export function inItsTime(claims: Claims, now: number): Result<Claims, KeyFault> {
  if (now >= claims.expires_at) return err("expired");
  return claims.expires_at - now > LONGEST_MS ? err("too_long") : ok(claims);
}

/**
 * What the key says, once its signature holds; compared in constant time.
 * @param now epoch ms
 */
export async function verifyApiKey(token: string, key: SigningKey, now: number): Promise<Result<Claims, KeyFault>> {
  const [, signed, payload, mac] = (token.length <= MAX_KEY_CHARS && FORM.exec(token)) || [];
  const signature = mac === undefined ? undefined : fromBase64Url(mac);
  if (signed === undefined || payload === undefined || signature === undefined) return err("invalid");
  if (!(await crypto.subtle.verify("HMAC", key, signature, utf8(signed)))) return err("invalid");
  const claims = readClaims(payload);
  return claims === undefined ? err("invalid") : inItsTime(claims, now);
}

/** Signed by us, but perhaps by another version: claims that this build does not know are no key. */
function readClaims(payload: string): Claims | undefined {
  try {
    return Claims.safeParse(JSON.parse(new TextDecoder().decode(fromBase64Url(payload)))).data;
  } catch {
    return undefined;
  }
}
