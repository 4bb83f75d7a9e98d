const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^;\s]*))/i;
const BOMS: readonly (readonly [charset: string, ...bytes: number[]])[] = [
  ["utf-8", 0xef, 0xbb, 0xbf],
  ["utf-16le", 0xff, 0xfe],
  ["utf-16be", 0xfe, 0xff],
];

/**
 * The byte order mark comes before what the content type says, as in browsers; without either it is UTF-8. What a page
 * says about itself (`<meta charset>`) does not count: it can be known only after the page was read.
 */
function charsetOf(bytes: Uint8Array, contentType: string): string {
  const [mark] = BOMS.find(([, ...mark]) => mark.every((byte, i) => bytes[i] === byte)) ?? [];
  const [, ...named] = CHARSET.exec(contentType) ?? [];
  return mark ?? named.find((name) => name)?.trim() ?? "utf-8";
}

function decoderOf(charset: string, fatal: boolean): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal, ignoreBOM: false });
  } catch {
    // A name that nobody knows says nothing.
    return new TextDecoder("utf-8", { fatal, ignoreBOM: false });
  }
}

/** Stands in place of bytes that are no text. */
export const NO_TEXT = "\ufffd";

/** @returns undefined for bytes that are no text in their charset */
export function decodeText(bytes: Uint8Array, contentType: string): string | undefined {
  try {
    return decoderOf(charsetOf(bytes, contentType), true).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text with NO_TEXT for each part that is none: for whoever needs a part of the text only, and looks at that. */
export function decodeLoosely(bytes: Uint8Array, contentType: string): string {
  return decoderOf(charsetOf(bytes, contentType), false).decode(bytes);
}
