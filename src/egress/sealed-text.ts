import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { utf8 } from "../lib/json.ts";
import { allOf, type Secrets, type SigningKey } from "../lib/signing-key.ts";
import { MAX_DERIVED_KEYS } from "../limits.ts";

/**
 * Texts that are stored encrypted: AES-256-GCM, under keys derived from AUTH_SECRET (HKDF-SHA256). Each names its key, so that
 * it is known without opening it which ones AUTH_SECRET_PREVIOUS is still needed for.
 */

/** PERSISTED: what a key is for. A key of one purpose never opens what was sealed for another. */
export type SealedFor = "edge-jobs callback secret v1" | "edge-jobs tenant secret v1";

/** PERSISTED: names a secret, and tells nothing about it. */
const NAMING = "edge-jobs sealing key name v1";
const NAME_BYTES = 6;
const IV_BYTES = 12;

const derivation = (info: string) => ({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(info) });

interface SealingKey {
  name: string;
  key: SigningKey;
}

async function derive(secret: string, purpose: SealedFor): Promise<SealingKey> {
  const master = await crypto.subtle.importKey("raw", utf8(secret), "HKDF", false, ["deriveKey", "deriveBits"]);
  const name = await crypto.subtle.deriveBits(derivation(NAMING), master, NAME_BYTES * 8);
  const aes = { name: "AES-GCM", length: 256 };
  const key = await crypto.subtle.deriveKey(derivation(purpose), master, aes, false, ["encrypt", "decrypt"]);
  return { name: toBase64Url(new Uint8Array(name)), key };
}

const derived = new BoundedMap<string, SealingKey>(MAX_DERIVED_KEYS);

/** {@link derive}, done once: a Worker's secrets stay the same while it lives. */
async function sealingKey(secret: string, purpose: SealedFor): Promise<SealingKey> {
  const id = `${purpose}\n${secret}`;
  const key = derived.get(id) ?? (await derive(secret, purpose));
  derived.set(id, key);
  return key;
}

/** What keys of these secrets are called in what they sealed. */
export async function keyNames({ current, previous }: Secrets): Promise<{ current: string; previous?: string }> {
  const nameOf = async (secret: string) => (await sealingKey(secret, "edge-jobs tenant secret v1")).name;
  return { current: await nameOf(current), ...(previous !== undefined && { previous: await nameOf(previous) }) };
}

/** The key that a text was sealed under. */
export const keyNameOf = (sealed: string): string => sealed.split(".", 1)[0] ?? "";

/** @param owner what the text belongs to: it opens as nothing else's */
export async function sealText({ current }: Secrets, purpose: SealedFor, text: string, owner: string): Promise<string> {
  const { name, key } = await sealingKey(current, purpose);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const how = { name: "AES-GCM", iv, additionalData: utf8(owner) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, utf8(text)));
  return `${name}.${toBase64Url(iv)}.${toBase64Url(sealed)}`;
}

/** @returns undefined for what was sealed under another secret, for another purpose, or of another owner */
export async function openText(
  secrets: Secrets,
  purpose: SealedFor,
  sealed: string,
  owner: string,
): Promise<string | undefined> {
  const [iv, bytes] = sealed
    .split(".")
    .slice(1)
    .map((part) => fromBase64Url(part));
  if (iv === undefined || bytes === undefined) return undefined;
  for (const secret of allOf(secrets)) {
    const { name, key } = await sealingKey(secret, purpose);
    if (name !== keyNameOf(sealed)) continue;
    try {
      const how = { name: "AES-GCM", iv: new Uint8Array(iv), additionalData: utf8(owner) };
      return new TextDecoder().decode(await crypto.subtle.decrypt(how, key, new Uint8Array(bytes)));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** The same text under the current secret; undefined when it does not open. */
export async function sealAgain(
  secrets: Secrets,
  purpose: SealedFor,
  sealed: string,
  owner: string,
): Promise<string | undefined> {
  const text = await openText(secrets, purpose, sealed, owner);
  return text === undefined ? undefined : sealText(secrets, purpose, text, owner);
}
