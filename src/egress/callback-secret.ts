import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { allOf, type Secrets } from "../lib/signing-key.ts";

/** Texts that are stored encrypted: AES-256-GCM, under a key derived from AUTH_SECRET (HKDF-SHA256). */

/** PERSISTED: what the key is for. */
const PURPOSE = "edge-jobs callback secret v1";
const IV_BYTES = 12;

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

async function keyOf(secret: string) {
  const master = await crypto.subtle.importKey("raw", utf8(secret), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(PURPOSE) };
  return crypto.subtle.deriveKey(how, master, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** @param owner what the text belongs to: it opens as nothing else's */
export async function sealText({ current }: Secrets, text: string, owner: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const how = { name: "AES-GCM", iv, additionalData: utf8(owner) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, await keyOf(current), utf8(text)));
  return `${toBase64Url(iv)}.${toBase64Url(sealed)}`;
}

/** @returns undefined for what was sealed under another secret, or of another owner */
export async function openText(secrets: Secrets, sealed: string, owner: string): Promise<string | undefined> {
  const [iv, bytes] = sealed.split(".").map((part) => fromBase64Url(part));
  if (iv === undefined || bytes === undefined) return undefined;
  for (const secret of allOf(secrets)) {
    try {
      const how = { name: "AES-GCM", iv: new Uint8Array(iv), additionalData: utf8(owner) };
      return new TextDecoder().decode(await crypto.subtle.decrypt(how, await keyOf(secret), new Uint8Array(bytes)));
    } catch {
      // Sealed under the other one.
    }
  }
  return undefined;
}
