import { Buffer } from "node:buffer";

/**
 * `$base64encode` and `$base64decode`: of text in UTF-8. A text that is put together character by character takes fifty
 * times its memory.
 */

export function base64encode(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, "utf8").toString("base64");
}

/** Takes base64url, too, and leaves nothing out: what is not text in UTF-8 is an error. */
export function base64decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    // Not Buffer's own reading, which passes over what is no base64.
    const bytes = Buffer.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), "latin1");
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error("$base64decode takes base64 or base64url of text in UTF-8");
  }
}
