/** C0, DEL, C1, bidi controls, zero-width and tag characters: invisible to a person, read by a model. */
const INVISIBLE = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** The text without characters that a reader cannot see. */
export const stripInvisible = (text: string): string => text.replace(INVISIBLE, "");

/** One line, safe to show to a model, of at most `maxChars` characters. */
export function oneLine(text: string, maxChars: number): string {
  const line = stripInvisible(text.replace(/\s+/g, " ")).trim();
  const chars = [...line];
  return chars.length <= maxChars ? line : `${chars.slice(0, maxChars - 1).join("")}…`;
}
