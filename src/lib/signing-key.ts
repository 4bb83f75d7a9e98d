import { MAX_DERIVED_KEYS } from "../limits.ts";
import { BoundedMap } from "./bounded-map.ts";
import { utf8 } from "./json.ts";

/** PERSISTED: what a signature is for. A key of one purpose never verifies what another signed. */
export type Purpose =
  | "edge-jobs api-key v1"
  | "edge-jobs cursor v1"
  | "edge-jobs grant v1"
  | "edge-jobs sender v1"
  | "edge-jobs hook v1"
  | "edge-jobs link v1"
  | "edge-jobs session v1";

/** `CryptoKey`, under whichever name the runtime's types have for it. */
export type SigningKey = Awaited<ReturnType<typeof crypto.subtle.deriveKey>>;

/** An HMAC-SHA256 key of its own for each purpose, derived from AUTH_SECRET (HKDF-SHA256). */
export async function signingKey(secret: string, purpose: Purpose): Promise<SigningKey> {
  const master = await crypto.subtle.importKey("raw", utf8(secret), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(purpose) };
  return crypto.subtle.deriveKey(how, master, { name: "HMAC", hash: "SHA-256", length: 256 }, false, [
    "sign",
    "verify",
  ]);
}

/** What a deployment signs with, and what it still verifies with while a secret is being changed. */
export interface Secrets {
  current: string;
  previous?: string | undefined;
}

/** The one that signs comes first. */
export const allOf = ({ current, previous }: Secrets): string[] =>
  previous === undefined ? [current] : [current, previous];

const derived = new BoundedMap<string, SigningKey>(MAX_DERIVED_KEYS);

/** {@link signingKey}, derived once: a Worker's secrets stay the same while it lives. */
export async function memoizedKey(secret: string, purpose: Purpose): Promise<SigningKey> {
  const name = `${purpose}\n${secret}`;
  const known = derived.get(name);
  if (known !== undefined) return known;
  const key = await signingKey(secret, purpose);
  derived.set(name, key);
  return key;
}

/** Whether one of the secrets made the signature for this purpose, of this content. */
export async function isSignedByAny(
  secrets: Secrets,
  purpose: Purpose,
  signature: Uint8Array<ArrayBuffer>,
  content: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  for (const secret of allOf(secrets)) {
    if (await crypto.subtle.verify("HMAC", await memoizedKey(secret, purpose), signature, content)) return true;
  }
  return false;
}
