import { createHash } from "node:crypto";

// Not WebCrypto: an evaluation waits for nothing but its turns.
const sha256 = (text: string, encoding: "hex" | "base64"): string =>
  createHash("sha256").update(text, "utf8").digest(encoding);

/** `$hash(text, algorithm, encoding)`: of the text in UTF-8. */
export function hash(text: string | undefined, algorithm = "SHA-256", encoding = "hex"): string | undefined {
  if (text === undefined) return undefined;
  if (algorithm !== "SHA-256") throw new Error("$hash: the algorithm is SHA-256, or left out");
  if (encoding !== "hex" && encoding !== "base64") throw new Error("$hash: the encoding is hex or base64");
  return sha256(text, encoding);
}
