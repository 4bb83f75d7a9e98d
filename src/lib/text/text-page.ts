import { utf8, utf8Bytes } from "../json.ts";

/** One page of a text. */
export interface TextPage {
  text: string;
  /** Where the next page begins; null at the end. */
  next_offset: number | null;
  total_bytes: number;
}

/** True inside a character: UTF-8's continuation bytes are 10xxxxxx. */
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * The bytes from `offset` on, at most `maxBytes` of UTF-8, never cut inside a character. An offset inside a character
 * goes back to its first byte.
 */
export function pageOf(text: string, offset: number, maxBytes: number): TextPage {
  const bytes = utf8(text);
  const total = bytes.byteLength;
  let start = Math.min(offset, total);
  while (start > 0 && isContinuation(bytes[start])) start -= 1;
  let end = Math.min(start + maxBytes, total);
  while (end > start && isContinuation(bytes[end])) end -= 1;
  // One character may be wider than the page: then the page is that character.
  if (end === start && start < total) {
    end = start + 1;
    while (isContinuation(bytes[end])) end += 1;
  }
  // A U+FEFF at the start of a page is text, as anywhere else.
  const page = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes.subarray(start, end));
  return { text: page, next_offset: end < total ? end : null, total_bytes: total };
}

/** {@link pageOf}, ended at the last line break in it where that is no earlier than its middle. */
export function linesOf(text: string, offset: number, maxBytes: number): TextPage {
  const page = pageOf(text, offset, maxBytes);
  const end = page.text.lastIndexOf("\n") + 1;
  if (page.next_offset === null || end < page.text.length / 2) return page;
  const cut = utf8Bytes(page.text.slice(end));
  return { ...page, text: page.text.slice(0, end), next_offset: page.next_offset - cut };
}
