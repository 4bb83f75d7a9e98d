import canonicalize from "canonicalize";
import { utf8 } from "./json.ts";

/** Fingerprints of JSON values: equal for equal values, whatever the order of their fields. */

/** Characters of a short fingerprint: 132 bits, more than any two values will share by chance. */
const SHORT_CHARS = 22;

async function sha256(value: unknown): Promise<Uint8Array> {
  const text = canonicalize(value) ?? "";
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
}

/** 64 hexadecimal digits. */
export const digest = async (value: unknown): Promise<string> => (await sha256(value)).toHex();

/** 22 characters, base64url. */
export const shortDigest = async (value: unknown): Promise<string> =>
  (await sha256(value)).toBase64({ alphabet: "base64url" }).slice(0, SHORT_CHARS);
