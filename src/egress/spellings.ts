import { utf8 } from "../lib/json.ts";

/** Regular expressions that find a secret however a service spells it when it repeats what it was sent. */

const hexOf = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");

/** The hexadecimal digits in either case. */
const anyCase = (hex: string): string => hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** What JSON and programs write for characters that cannot stand as they are. */
const SHORT_ESCAPES = new Map([
  ["\n", "\\\\n"],
  ["\r", "\\\\r"],
  ["\t", "\\\\t"],
  ['"', '\\\\"|&quot;'],
  ["\\", "\\\\\\\\"],
  ["/", "\\\\\\/"],
  [" ", "\\+"],
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
]);

/** One character: as it is, in percent-encoding, as an escape of JSON, or as a reference of HTML. */
function character(char: string): string {
  const percent = [...utf8(char)].map((byte) => `%${anyCase(hexOf(byte, 2))}`).join("");
  const units = char.split("").map((unit) => `\\\\u${anyCase(hexOf(unit.charCodeAt(0), 4))}`);
  const code = char.codePointAt(0) ?? 0;
  const references = `&#(?:0*${code}|[xX]0*${anyCase(hexOf(code, 1))});`;
  const short = SHORT_ESCAPES.get(char);
  return `(?:${[literal(char), ...(short ? [short] : []), percent, units.join(""), references].join("|")})`;
}

/** One letter of base64 or base64url, which may have been put into a URL or into JSON afterwards. */
function base64Letter(letter: string): string {
  if (letter === "+") return "(?:[+-]|%2[bB]|\\\\u002[bB])";
  return letter === "/" ? "(?:\\\\?\\/|_|%2[fF]|\\\\u002[fF])" : letter;
}

const ANY_LETTER = "(?:[A-Za-z0-9+/_-]|%2[bBfF])";
const PADDING = "(?:=|%3[dD]|\\\\u003[dD]){0,2}";

/**
 * The value's base64 when `before` bytes stand in front of its group of three, as in the `user:` of Basic. Letters that
 * share bits with what stands beside it may be any.
 */
function base64(bytes: Uint8Array, before: number): string {
  const letters = btoa(String.fromCharCode(...new Uint8Array(before), ...bytes)).replaceAll("=", "");
  const first = [0, 2, 3][before] ?? 0;
  const isShared = (before + bytes.length) % 3 !== 0;
  const own = letters.slice(first, isShared ? -1 : undefined);
  const core = own.split("").map(base64Letter).join("");
  return `${before > 0 ? `${ANY_LETTER}?` : ""}${core}${isShared ? `${ANY_LETTER}?` : ""}${PADDING}`;
}

/** The source of a regular expression (without flags) for every spelling of the value. */
export function spellingsOf(value: string): string {
  const bytes = utf8(value);
  return [
    [...value].map(character).join(""),
    [...bytes].map((byte) => anyCase(hexOf(byte, 2))).join(""),
    ...[0, 1, 2].map((before) => base64(bytes, before)),
  ].join("|");
}
