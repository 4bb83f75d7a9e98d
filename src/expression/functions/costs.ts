import { MAX_PICTURE_CHARS, MAX_VALUE_BYTES } from "../../limits.ts";
import { isFunction, LimitReached, type Meter } from "../meter.ts";

/** What each function of JSONata is charged, before it does anything. */

type Args = readonly unknown[];
/** Units of work (see `Meter.spend`), or a throw when the call would be too large. */
export type Cost = (args: Args, meter: Meter) => number;

const textLength = (value: unknown): number => (typeof value === "string" ? value.length : 0);
const listLength = (value: unknown): number => (Array.isArray(value) ? value.length : 1);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

export const flat: Cost = (args) => sum(args.map((arg) => textLength(arg) / 4 + listLength(arg)));
export const deep: Cost = (args, meter) => sum(args.map((arg) => meter.size(arg) / 8));

/** For functions that were measured to be slower than the others. */
export const times =
  (factor: number, cost: Cost): Cost =>
  (args, meter) =>
    factor * cost(args, meter);

const sort: Cost = ([list]) => listLength(list) * (4 + 4 * Math.log2(listLength(list) + 1));

/** The slowest of the parsers reads 5 MB a second. */
export const parsed: Cost = ([text]) => 4 * textLength(text);

/** Objects and lists are compared as texts. */
export const inList: Cost = (args, meter) => (typeof args[0] === "object" ? 8 : 1) * deep(args, meter);

/** Copies the result for each item. Would hand out the inside of a function. */
const spread: Cost = ([value], meter) => {
  const items = Array.isArray(value) ? value : [value];
  if (items.some(isFunction)) throw new LimitReached("$spread of a function");
  return 4 * meter.size(value) + items.length ** 2 / 16;
};

function atMost(chars: number, name: string): number {
  const text = `a text larger than ${MAX_VALUE_BYTES} bytes`;
  if (chars > MAX_VALUE_BYTES) throw new LimitReached(`$${name} would make ${text}`);
  return chars / 4;
}

const pad: Cost = ([, width, char]) => atMost(Math.abs(Number(width) || 0) * Math.max(1, textLength(char)), "pad");
const join: Cost = ([list, separator]) => listLength(list) + atMost(listLength(list) * textLength(separator), "join");
const replace: Cost = ([text, , replacement]) => ((textLength(text) + 1) * (textLength(replacement) + 4)) / 16;

function picture(args: Args): number {
  if (args.some((arg) => textLength(arg) > MAX_PICTURE_CHARS)) {
    throw new LimitReached(`a text or picture of more than ${MAX_PICTURE_CHARS} characters`);
  }
  return 100;
}

/** The runtime looks up a zone in about 50 microseconds. */
const zoned: Cost = (args) => 1_000 + picture(args);

/** Words, and names or numbers that run into each other, would be matched by trying every way to part them. */
const AMBIGUOUS = /\[[A-Za-z][Ww]|\[[A-Za-z](?![0-9])[^\]]*\][A-Za-z0-9]*\[|\][0-9]+\[/;
const timePicture: Cost = (args) => {
  if (AMBIGUOUS.test(String(args[1] ?? ""))) {
    throw new LimitReached("an ambiguous picture: put a sign such as - between its parts, and widths as in [Y0001]");
  }
  return picture(args);
};

const FLAT = [
  ...["sum", "count", "max", "min", "average", "number", "floor", "ceil", "round", "abs", "sqrt", "power"],
  ...["substringBefore", "substringAfter", "lowercase", "uppercase", "trim", "contains"],
  ...["split", "match", "formatBase", "base64encode", "base64decode"],
  ...["encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent"],
  ...["map", "filter", "single", "reduce", "each", "sift", "append", "lookup", "reverse"],
  ...["exists", "type", "error", "assert"],
];
const DEEP = ["string", "boolean", "not", "keys"];
const PICTURED = ["formatNumber", "formatInteger", "parseInteger"];

/** Also the names of all that an expression may call. */
export const COSTS: ReadonlyMap<string, Cost> = new Map([
  ...FLAT.map((name): [string, Cost] => [name, flat]),
  ...DEEP.map((name): [string, Cost] => [name, deep]),
  ...PICTURED.map((name): [string, Cost] => [name, picture]),
  ["fromMillis", zoned],
  ["toMillis", timePicture],
  ["length", times(4, flat)],
  ["substring", times(4, flat)],
  ["zip", times(16, flat)],
  ["clone", times(8, deep)],
  ["merge", times(8, deep)],
  ["distinct", times(8, deep)],
  ["sort", sort],
  ["spread", spread],
  ["pad", pad],
  ["join", join],
  ["replace", replace],
]);
