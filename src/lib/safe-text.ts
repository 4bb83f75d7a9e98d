import { MAX_ECHO_CHARS } from "../limits.ts";

/**
 * What a reader does not see, but a model reads: controls (ANSI sequences begin with one), bidi controls, zero-width,
 * filler, tag and annotation characters, variation selectors, half surrogates. The characters that shape an emoji stay,
 * inside one; the joiners of Persian and Indic scripts go, which costs such a text its finer shape.
 */
const EMOJI = String.raw`\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?`;
const HIDDEN = new RegExp(
  String.raw`(${EMOJI}(?:\u200d${EMOJI})*|[0-9#*]\ufe0f\u20e3)|` +
    String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb]`,
  "gu",
);

/** Most texts have nothing but these, which one look tells much faster than the search for what is hidden. */
const PLAIN_LINE = /^[\x20-\x7e]*$/;
const PLAIN_LINES = /^[\t\n\x20-\x7e]*$/;

const replaceHidden = (text: string, replace: (hidden: string) => string, plain: RegExp): string =>
  plain.test(text) ? text : text.replace(HIDDEN, (found: string, emoji: string | undefined) => emoji ?? replace(found));

const isLayout = (char: string): boolean => char === "\n" || char === "\t";

/** The text without characters that a reader cannot see. Line ends are such. */
export const stripInvisible = (text: string): string => replaceHidden(text, () => "", PLAIN_LINE);

/** The same for a text of several lines. */
export const visibleLines = (text: string): string =>
  replaceHidden(text, (char) => (isLayout(char) ? char : ""), PLAIN_LINES);

const unicodeEscape = (char: string): string =>
  Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

/** JSON text with what is hidden in its strings written as escapes: the same value, for a reader to see. */
export const escapeInvisible = (json: string): string =>
  replaceHidden(json, (char) => (isLayout(char) ? char : unicodeEscape(char)), PLAIN_LINES);

/** One line, safe to show to a model, of at most `maxChars` characters. */
export function oneLine(text: string, maxChars: number): string {
  const line = stripInvisible(text.replace(/\s+/g, " ")).trim();
  const chars = [...line];
  return chars.length <= maxChars ? line : `${chars.slice(0, maxChars - 1).join("")}…`;
}

/** The line as a sentence that another one may follow. */
export const asSentence = (line: string): string => (/[.!?…]$/.test(line) ? line : `${line}.`);

/** A caller's own text, as it may be repeated to a model. */
export const echo = (text: string): string => oneLine(text, MAX_ECHO_CHARS);
