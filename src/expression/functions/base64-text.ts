import { utf8 } from "../../lib/json.ts";
/** `$base64encode` and `$base64decode`: of text in UTF-8. The library's own need Node's Buffer. */

export function base64encode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  let binary = "";
  for (const byte of utf8(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Takes base64url, too, and leaves nothing out: what is not text in UTF-8 is an error. */
export function base64decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error("$base64decode takes base64 or base64url of text in UTF-8");
  }
}
