import { utf8 } from "../lib/json.ts";
import { MAX_UNDONE_LAYERS } from "../limits.ts";

/** What a text may mean to whoever undoes the escapes in it: services repeat what they were sent in JSON, URLs and HTML. */

/** A text as UTF-8, with the place in the text where what each byte stands for begins; behind the last, the text's end. */
export interface Reading {
  bytes: Uint8Array;
  at: Uint32Array;
}

const [BACKSLASH, PERCENT, AMPERSAND, SEMICOLON, SMALL_U] = [0x5c, 0x25, 0x26, 0x3b, 0x75];

/** Bytes and places as they are found. An escape is never shorter than what it stands for. */
class Writer {
  readonly #bytes: Uint8Array;
  readonly #at: Uint32Array;
  #length = 0;

  constructor(most: number) {
    this.#bytes = new Uint8Array(most);
    this.#at = new Uint32Array(most + 1);
  }

  put(byte: number, place: number): void {
    this.#bytes[this.#length] = byte;
    this.#at[this.#length++] = place;
  }

  putAll(bytes: ArrayLike<number>, place: number): void {
    for (let i = 0; i < bytes.length; i++) this.put(bytes[i] ?? 0, place);
  }

  end(place: number): Reading {
    this.#at[this.#length] = place;
    return { bytes: this.#bytes.subarray(0, this.#length), at: this.#at.subarray(0, this.#length + 1) };
  }
}

/** The text as it is. */
function plain(text: string): Reading {
  const bytes = utf8(text);
  const at = new Uint32Array(bytes.length + 1);
  let place = 0;
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    at.fill(place, i, i + length);
    i += length;
    place += length === 4 ? 2 : 1;
  }
  at[bytes.length] = place;
  return { bytes, at };
}

/** What `length` bytes stand for. */
interface Escape {
  length: number;
  bytes: ArrayLike<number>;
}

/** @returns the escape that begins at the place; undefined: none does */
type Unescape = (bytes: Uint8Array, at: number) => Escape | undefined;

function digitOf(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The number of so many hexadecimal digits; -1: there are not so many. */
function hexAt(bytes: Uint8Array, at: number, digits: number): number {
  let number = 0;
  for (let i = 0; i < digits; i++) {
    const digit = digitOf(bytes[at + i]);
    if (digit < 0) return -1;
    number = number * 16 + digit;
  }
  return number;
}

const ofCode = (code: number): ArrayLike<number> => (code < 0x80 ? [code] : utf8(String.fromCodePoint(code)));

const percent: Unescape = (bytes, at) => {
  const byte = bytes[at] === PERCENT ? hexAt(bytes, at + 1, 2) : -1;
  return byte < 0 ? undefined : { length: 3, bytes: [byte] };
};

/** What letters mean behind a backslash, in JSON and in programs; others mean themselves. */
const LETTERS: ReadonlyMap<number, number> = new Map(
  Object.entries({ n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }).map(([letter, char]) => [
    letter.charCodeAt(0),
    char.charCodeAt(0),
  ]),
);

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
const unitAt = (bytes: Uint8Array, at: number): number =>
  bytes[at] === BACKSLASH && bytes[at + 1] === SMALL_U ? hexAt(bytes, at + 2, 4) : -1;

const json: Unescape = (bytes, at) => {
  const next = bytes[at + 1];
  if (bytes[at] !== BACKSLASH || next === undefined || next >= 0x80) return undefined;
  const unit = unitAt(bytes, at);
  if (unit < 0) return { length: 2, bytes: [LETTERS.get(next) ?? next] };
  const low = isHigh(unit) ? unitAt(bytes, at + 6) : -1;
  return isLow(low) ? { length: 12, bytes: utf8(String.fromCharCode(unit, low)) } : { length: 6, bytes: ofCode(unit) };
};

const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));
const NAMED: readonly (Escape & { name: number[] })[] = Object.entries({
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
}).map(([name, char]) => ({ length: name.length + 2, name: ascii(`&${name};`), bytes: ascii(char) }));
const MAX_CODE = 0x10ffff;
const [HASH, SMALL_X] = [0x23, 0x78];

/** `&#65;` or `&#x41;` */
function numeric(bytes: Uint8Array, at: number): Escape | undefined {
  const isHex = ((bytes[at + 2] ?? 0) | 0x20) === SMALL_X;
  const [first, base] = isHex ? [at + 3, 16] : [at + 2, 10];
  let [end, code] = [first, 0];
  for (let digit = digitOf(bytes[end]); digit >= 0 && digit < base && code <= MAX_CODE; digit = digitOf(bytes[end])) {
    code = code * base + digit;
    end += 1;
  }
  if (end === first || bytes[end] !== SEMICOLON || code > MAX_CODE) return undefined;
  return { length: end + 1 - at, bytes: ofCode(code) };
}

const html: Unescape = (bytes, at) => {
  if (bytes[at] !== AMPERSAND) return undefined;
  if (bytes[at + 1] === HASH) return numeric(bytes, at);
  return NAMED.find(({ name }) => name.every((byte, i) => bytes[at + i] === byte));
};

/** By the byte that each escape begins with. */
const UNESCAPES: ReadonlyMap<number, Unescape> = new Map([
  [BACKSLASH, json],
  [PERCENT, percent],
  [AMPERSAND, html],
]);

/** The reading with these escapes undone; undefined where there are none. */
function undone({ bytes, at }: Reading, begin: number, read: Unescape): Reading | undefined {
  if (!bytes.includes(begin)) return undefined;
  const writer = new Writer(bytes.length);
  let found = false;
  for (let i = 0; i < bytes.length; ) {
    const place = at[i] ?? 0;
    const spelt = bytes[i] === begin ? read(bytes, i) : undefined;
    if (spelt === undefined) writer.put(bytes[i] ?? 0, place);
    else writer.putAll(spelt.bytes, place);
    found ||= spelt !== undefined;
    i += spelt?.length ?? 1;
  }
  return found ? writer.end(at[bytes.length] ?? 0) : undefined;
}

function* withUndone(reading: Reading, layers: number): Generator<Reading> {
  yield reading;
  if (layers === 0) return;
  for (const [begin, read] of UNESCAPES) {
    const inner = undone(reading, begin, read);
    if (inner !== undefined) yield* withUndone(inner, layers - 1);
  }
}

/** The text as it is, and with the escapes of JSON, URLs and HTML undone, so many inside each other, in any order. */
export const readingsOf = (text: string): Generator<Reading> => withUndone(plain(text), MAX_UNDONE_LAYERS);
