import jsonata from "jsonata";
import type { Json } from "../jobs/json.ts";
import { MAX_PICTURE_CHARS, MAX_VALUE_BYTES } from "../limits.ts";
import { distinct } from "./distinct.ts";
import { mergeSort } from "./merge-sort.ts";
import { isFunction, LimitReached, type Meter } from "./meter.ts";
import { isTrue } from "./truth.ts";

/** JSONata's built-in functions, each charged for what it will do before it does it. */

type Args = readonly unknown[];
/** Units of work (see `Meter.spend`), or a throw when the call would be too large. */
type Cost = (args: Args, meter: Meter) => number;
/** What the library calls its functions on, as far as they are ours. */
interface Focus {
  createSequence(): unknown[];
}
type Implementation = (this: Focus, ...args: never[]) => unknown;

/** A function as the library keeps it. */
interface Definition {
  _jsonata_function: true;
  implementation: Implementation;
  signature?: unknown;
}

const textLength = (value: unknown): number => (typeof value === "string" ? value.length : 0);
const listLength = (value: unknown): number => (Array.isArray(value) ? value.length : 1);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const flat: Cost = (args) => sum(args.map((arg) => textLength(arg) / 4 + listLength(arg)));
const deep: Cost = (args, meter) => sum(args.map((arg) => meter.size(arg) / 8));

/** For functions that were measured to be slower than the others. */
const times =
  (factor: number, cost: Cost): Cost =>
  (args, meter) =>
    factor * cost(args, meter);

const sort: Cost = ([list]) => listLength(list) * (4 + 4 * Math.log2(listLength(list) + 1));

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
const PICTURED = ["formatNumber", "formatInteger", "parseInteger", "fromMillis"];

const COSTS: ReadonlyMap<string, Cost> = new Map([
  ...FLAT.map((name): [string, Cost] => [name, flat]),
  ...DEEP.map((name): [string, Cost] => [name, deep]),
  ...PICTURED.map((name): [string, Cost] => [name, picture]),
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
const NAMES = [...COSTS.keys()];

/** Names of all functions in scope of an expression. */
export const FUNCTION_NAMES: ReadonlySet<string> = new Set([...NAMES, "now", "millis"]);

// The library's own two need Node's Buffer.
function base64encode(str: string | undefined): string | undefined {
  return str === undefined ? undefined : btoa(str);
}
function base64decode(str: string | undefined): string | undefined {
  return str === undefined ? undefined : atob(str);
}
// The library's own two yield nothing for nothing: a missing approval could not be told from one.
const boolean = (value: unknown): boolean => !isFunction(value) && isTrue(value as Json | undefined);
const not = (value: unknown): boolean => !boolean(value);
const OURS: ReadonlyMap<string, Implementation> = new Map<string, Implementation>([
  ["sort", mergeSort],
  ["distinct", distinct],
  ["boolean", boolean],
  ["not", not],
  ["base64encode", base64encode],
  ["base64decode", base64decode],
]);

async function readDefinitions(): Promise<ReadonlyMap<string, Definition>> {
  const found: Definition[] = await jsonata(`[${NAMES.map((name) => `$${name}`).join(", ")}]`).evaluate(undefined);
  return new Map(NAMES.map((name, i) => [name, found[i] as Definition]));
}
let definitions: Promise<ReadonlyMap<string, Definition>> | undefined;

function metered(name: string, { signature, implementation }: Definition, meter: Meter): Definition {
  const act = OURS.get(name) ?? implementation;
  const cost = COSTS.get(name) ?? deep;
  function run(this: Focus, ...args: never[]): unknown {
    meter.step();
    meter.spend(cost(args, meter));
    return act.apply(this, args);
  }
  // The library reads a function's parameters from these two.
  Object.defineProperty(run, "length", { value: act.length });
  run.toString = () => act.toString();
  return { _jsonata_function: true, implementation: run, ...(signature !== undefined && { signature }) };
}

/**
 * Bindings of one evaluation.
 * @param now epoch ms that `$now()` and `$millis()` give
 */
export async function meteredFunctions(meter: Meter, now: number): Promise<Record<string, unknown>> {
  definitions ??= readDefinitions();
  const known = await definitions;
  const bindings: Record<string, unknown> = {};
  for (const [name, definition] of known) bindings[name] = metered(name, definition, meter);
  const { implementation } = bindings.fromMillis as Definition;
  const format = implementation as (millis: number, picture?: string, timezone?: string) => unknown;
  return {
    ...bindings,
    now: (pattern?: string, timezone?: string) => format(now, pattern, timezone),
    millis: () => now,
  };
}
