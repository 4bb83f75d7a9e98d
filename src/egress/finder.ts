import { utf8 } from "../lib/json.ts";
import { type Reading, readingsOf } from "./readings.ts";

/**
 * Finds texts in other texts, whatever they are spelt like there. In time that does not depend on how many there are, and
 * without a regular expression of all: services choose what they answer, and a tenant what its secrets are.
 */

/** A text that is looked for, at least {@link WINDOW} bytes long. */
export interface Sought {
  name: string;
  text: string;
}

/** From one place of the searched text up to another. */
export interface Sighting {
  from: number;
  to: number;
  name: string;
}

/** What is sought, in one spelling: by its hashes alone, so that many and long ones take no room. */
interface Needle {
  name: string;
  length: number;
  whole: number;
  /** What the hash of all before it is multiplied with. */
  power: number;
  /** In base64: the letters beside it hold bits of it. */
  sharesBefore: boolean;
  sharesAfter: boolean;
}

/** Bytes by whose hash a needle is found. */
const WINDOW = 8;
const FACTOR = 0x01000193;
const FILTER_BITS = 0xfff;

/** What a byte counts as; undefined: as nothing. */
type Fold = (byte: number) => number | undefined;

const tableOf = (fold: Fold): Int16Array => Int16Array.from({ length: 256 }, (_, byte) => fold(byte) ?? -1);
const code = (char: string): number => char.charCodeAt(0);
const SPACE = code(" ");
const PLUS = code("+");

/** Forms write a space as a plus. */
const PLAIN = tableOf((byte) => (byte === PLUS ? SPACE : byte));
const HEX = tableOf((byte) => (byte >= code("A") && byte <= code("F") ? byte + 32 : byte));
const BASE64 = tableOf((byte) => {
  if (byte === code("\r") || byte === code("\n")) return undefined;
  if (byte === code("-") || byte === SPACE) return PLUS;
  return byte === code("_") ? code("/") : byte;
});
const BASE64_LETTER = /[A-Za-z0-9+/_-]/;
const PADDING = code("=");

const windowPower = powerOf(WINDOW);

function powerOf(exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power = Math.imul(power, FACTOR);
  return power;
}

/** Bytes as they count, with the hashes of all before each. */
interface Folded {
  length: number;
  sums: Int32Array;
  /** Of each its place among all bytes. */
  indexes: Uint32Array;
}

/** Room for one text at a time: memory of its own for each would wait to be collected. */
class Room {
  sums = new Int32Array(1);
  indexes = new Uint32Array(0);

  for(length: number): this {
    if (this.indexes.length >= length) return this;
    const most = Math.max(length, 2 * this.indexes.length);
    this.sums = new Int32Array(most + 1);
    this.indexes = new Uint32Array(most);
    return this;
  }
}

function folded(bytes: Uint8Array, table: Int16Array, room: Room): Folded {
  const { sums, indexes } = room.for(bytes.length);
  sums[0] = 0;
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const value = table[bytes[i] ?? 0] ?? -1;
    if (value < 0) continue;
    indexes[length] = i;
    sums[length + 1] = (Math.imul(sums[length] ?? 0, FACTOR) + value + 1) | 0;
    length += 1;
  }
  return { length, sums, indexes };
}

const hashOf = (sums: Int32Array, from: number, length: number, power: number): number =>
  ((sums[from + length] ?? 0) - Math.imul(sums[from] ?? 0, power)) | 0;

/** All needles of one kind of spelling. */
class Needles {
  readonly #table: Int16Array;
  readonly #room: Room;
  readonly #byWindow = new Map<number, Needle[]>();
  readonly #filter = new Uint8Array(FILTER_BITS + 1);

  /** @param room that nobody else uses while a text is searched */
  constructor(table: Int16Array, room: Room) {
    this.#room = room;
    this.#table = table;
  }

  add(name: string, bytes: Uint8Array, shares: Pick<Needle, "sharesBefore" | "sharesAfter">): void {
    const { length, sums } = folded(bytes, this.#table, this.#room);
    const window = hashOf(sums, 0, WINDOW, windowPower);
    const needle = { name, length, whole: sums[length] ?? 0, power: powerOf(length), ...shares };
    const known = this.#byWindow.get(window) ?? [];
    // Of two that begin alike the longer one is found.
    this.#byWindow.set(
      window,
      [...known, needle].sort((a, b) => b.length - a.length),
    );
    this.#filter[window & FILTER_BITS] = 1;
  }

  *in(reading: Reading): Generator<Sighting> {
    const text = folded(reading.bytes, this.#table, this.#room);
    let last: Sighting | undefined;
    for (let i = 0; i + WINDOW <= text.length; i++) {
      const window = hashOf(text.sums, i, WINDOW, windowPower);
      if (this.#filter[window & FILTER_BITS] === 0) continue;
      const found = this.#byWindow.get(window)?.find((needle) => isAt(needle, text, i));
      if (found === undefined) continue;
      const sighting = sightingOf(found, text, i, reading);
      if (last !== undefined && last.name === sighting.name && sighting.from <= last.to) {
        last.to = Math.max(last.to, sighting.to);
        continue;
      }
      if (last !== undefined) yield last;
      last = sighting;
    }
    if (last !== undefined) yield last;
  }
}

const isAt = ({ length, whole, power }: Needle, text: Folded, at: number): boolean =>
  at + length <= text.length && hashOf(text.sums, at, length, power) === whole;

/** With the letters of base64 that hold some bits of it, and with its padding. */
function sightingOf(needle: Needle, { indexes, length }: Folded, at: number, { bytes, at: places }: Reading): Sighting {
  const isLetter = (k: number): boolean =>
    k >= 0 && k < length && BASE64_LETTER.test(String.fromCharCode(bytes[indexes[k] ?? 0] ?? 0));
  let [first, end] = [at, at + needle.length];
  if (needle.sharesBefore && isLetter(first - 1)) first -= 1;
  if (needle.sharesAfter && isLetter(end)) end += 1;
  const isPadded = needle.sharesAfter || needle.sharesBefore;
  for (let k = 0; isPadded && k < 2 && end < length && bytes[indexes[end] ?? 0] === PADDING; k++) end += 1;
  return {
    from: places[indexes[first] ?? 0] ?? 0,
    to: places[(indexes[end - 1] ?? 0) + 1] ?? 0,
    name: needle.name,
  };
}

/** The letters of base64 that depend on these bytes alone, when `before` bytes stand in front of their group of three. */
function base64Of(bytes: Uint8Array, before: number): { letters: string; sharesAfter: boolean } {
  const group = new Uint8Array(before + bytes.length);
  group.set(bytes, before);
  const letters = group.toBase64({ omitPadding: true });
  const sharesAfter = (before + bytes.length) % 3 !== 0;
  return { letters: letters.slice([0, 2, 3][before] ?? 0, sharesAfter ? -1 : undefined), sharesAfter };
}

const ALONE = { sharesBefore: false, sharesAfter: false };

export class Finder {
  readonly #room = new Room();
  readonly #plain = new Needles(PLAIN, this.#room);
  readonly #hex = new Needles(HEX, this.#room);
  readonly #base64 = new Needles(BASE64, this.#room);
  /** No spelling has less characters than what it spells. */
  readonly #shortest: number;

  constructor(sought: readonly Sought[]) {
    this.#shortest = Math.min(...sought.map(({ text }) => text.length));
    for (const { name, text } of sought) {
      const bytes = utf8(text);
      this.#plain.add(name, bytes, ALONE);
      this.#hex.add(name, utf8(bytes.toHex()), ALONE);
      for (const before of [0, 1, 2]) {
        const { letters, sharesAfter } = base64Of(bytes, before);
        this.#base64.add(name, utf8(letters), { sharesBefore: before > 0, sharesAfter });
      }
    }
  }

  /** Where in the text something of it stands, in its order; several may overlap. */
  find(text: string): Sighting[] {
    if (text.length < this.#shortest) return [];
    const found: Sighting[] = [];
    for (const reading of readingsOf(text)) {
      for (const needles of [this.#plain, this.#hex, this.#base64]) found.push(...needles.in(reading));
    }
    return found.sort((a, b) => a.from - b.from || b.to - a.to);
  }
}
