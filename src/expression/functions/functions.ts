import jsonata from "jsonata";
import type { Json } from "../../lib/json.ts";
import { MAX_PICTURE_CHARS, MAX_VALUE_BYTES } from "../../limits.ts";
import { isFunction, LimitReached, type Meter } from "../meter.ts";
import { RUN, type Run } from "../run.ts";
import { isTrue } from "../truth.ts";
import { base64decode, base64encode } from "./base64-text.ts";
import { partition, truncate } from "./cut.ts";
import { IN, isIn } from "./deep-in.ts";
import { distinct } from "./distinct.ts";
import { hash } from "./hash.ts";
import { mergeSort } from "./merge-sort.ts";
import { padText } from "./pad-text.ts";
import { parse } from "./parse.ts";
import { textToMillis } from "./to-millis.ts";
import { url } from "./url.ts";
import { type FormatMillis, inZone, time } from "./zone.ts";

/** JSONata's built-in functions and ours beside them, each charged for what it will do before it does it. */

type Args = readonly unknown[];
/** Units of work (see `Meter.spend`), or a throw when the call would be too large. */
type Cost = (args: Args, meter: Meter) => number;
/** What the library calls its functions on, as far as they are ours. */
interface Focus {
  createSequence(): unknown[];
  environment: { lookup(name: string): unknown };
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

/** The slowest of the parsers reads 5 MB a second. */
const parsed: Cost = ([text]) => 4 * textLength(text);

/** Objects and lists are compared as texts. */
const inList: Cost = (args, meter) => (typeof args[0] === "object" ? 8 : 1) * deep(args, meter);

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

const COSTS: ReadonlyMap<string, Cost> = new Map([
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
const NAMES = [...COSTS.keys()];

/** A function that JSONata lacks. */
interface OwnFunction {
  act: Implementation;
  /** As JSONata writes it. */
  signature: string;
  cost: Cost;
}

const BESIDE: ReadonlyMap<string, OwnFunction> = new Map<string, OwnFunction>([
  [IN, { act: isIn, signature: "<xx:b>", cost: inList }],
  ["hash", { act: hash, signature: "<s-s?s?:s>", cost: times(4, flat) }],
  ["parse", { act: parse, signature: "<xs?:x>", cost: parsed }],
  ["partition", { act: partition, signature: "<an:a>", cost: flat }],
  ["truncate", { act: truncate, signature: "<s-n:s>", cost: flat }],
  ["url", { act: url, signature: "<sxo?:s>", cost: times(8, deep) }],
]);

/** Names of all functions in scope of an expression. */
export const FUNCTION_NAMES: ReadonlySet<string> = new Set([...NAMES, ...BESIDE.keys(), "now", "millis", "time"]);

// The library's own two yield nothing for nothing: a missing approval could not be told from one.
const boolean = (value: unknown): boolean => !isFunction(value) && isTrue(value as Json | undefined);
const not = (value: unknown): boolean => !boolean(value);
// The library's own two take a list's items as arguments, of which there cannot be many.
const outermost =
  (isFurther: (each: number, than: number) => boolean) =>
  (list: readonly number[] | undefined): number | undefined =>
    list?.reduce<number | undefined>(
      (best, each) => (best === undefined || isFurther(each, best) ? each : best),
      undefined,
    );
const OURS: ReadonlyMap<string, Implementation> = new Map<string, Implementation>([
  ["sort", mergeSort],
  ["distinct", distinct],
  ["pad", padText],
  ["boolean", boolean],
  ["max", outermost((each, than) => each > than)],
  ["min", outermost((each, than) => each < than)],
  ["not", not],
  ["base64encode", base64encode],
  ["base64decode", base64decode],
]);

/** The library reads the signatures. */
async function besideDefinition(name: string, { act, signature, cost }: OwnFunction): Promise<[string, Definition]> {
  const reader = jsonata("$own");
  reader.registerFunction("own", () => undefined, signature);
  return [name, metered(act, cost, (await reader.evaluate(undefined)) as Definition)];
}

async function readDefinitions(): Promise<ReadonlyMap<string, Definition>> {
  const found: Definition[] = await jsonata(`[${NAMES.map((name) => `$${name}`).join(", ")}]`).evaluate(undefined);
  const beside = [...BESIDE].map(([name, own]) => besideDefinition(name, own));
  return new Map([...NAMES.map((name, i) => builtIn(name, found[i] as Definition)), ...(await Promise.all(beside))]);
}
let definitions: Promise<ReadonlyMap<string, Definition>> | undefined;

/** `$toMillis`: the library reads texts that have a picture, and yields nothing for one that does not match. */
function withPicture(parse: Implementation): Implementation {
  const byPicture = parse as (this: Focus, text: string, picture: string) => number | undefined;
  return function toMillis(this: Focus, text: string | undefined, picture?: string): number | undefined {
    if (text === undefined) return undefined;
    const time = picture === undefined ? textToMillis(text) : byPicture.call(this, text, picture);
    if (time !== undefined && Number.isFinite(time)) return time;
    throw new Error(`$toMillis: ${JSON.stringify(text)} does not match the picture ${JSON.stringify(picture)}`);
  };
}

/** `$fromMillis`: in any zone. */
function withZones(format: Implementation): Implementation {
  return function fromMillis(this: Focus, millis: number | undefined, picture?: string, zone?: string) {
    return millis === undefined ? undefined : inZone(format.bind(this) as FormatMillis, millis, picture, zone);
  };
}

const WRAPPERS: ReadonlyMap<string, (implementation: Implementation) => Implementation> = new Map([
  ["toMillis", withPicture],
  ["fromMillis", withZones],
]);

function builtIn(name: string, definition: Definition): [string, Definition] {
  const { implementation } = definition;
  const act = WRAPPERS.get(name)?.(implementation) ?? OURS.get(name) ?? implementation;
  return [name, metered(act, COSTS.get(name) ?? deep, definition)];
}

/** The function with its costs, which the meter of the evaluation that calls it counts. */
function metered(act: Implementation, cost: Cost, { signature }: Definition): Definition {
  function run(this: Focus, ...args: never[]): unknown {
    const { meter } = this.environment.lookup(RUN) as Run;
    meter.step();
    meter.spend(cost(args, meter));
    return act.apply(this, args);
  }
  // The library reads a function's parameters from these two.
  Object.defineProperty(run, "length", { value: act.length });
  run.toString = () => act.toString();
  return { _jsonata_function: true, implementation: run, ...(signature !== undefined && { signature }) };
}

const ownFunction = (implementation: Implementation): Definition => ({ _jsonata_function: true, implementation });

const OWN: ReadonlyMap<string, Definition> = new Map([["millis", ownFunction(millis)]]);

function millis(this: Focus): number {
  return (this.environment.lookup(RUN) as Run).now;
}

type Format = (this: Focus, millis: number, ...args: never[]) => string | undefined;

/** What is `$fromMillis` of other parameters. */
const FORMATTING: ReadonlyMap<string, (format: Format) => Implementation> = new Map([
  [
    "now",
    (format) =>
      function now(this: Focus, ...args: never[]) {
        return format.call(this, millis.call(this), ...args);
      },
  ],
  [
    "time",
    (format) =>
      function zoned(this: Focus, instant: unknown, zone: unknown, picture: unknown) {
        return time(format.bind(this) as FormatMillis, instant, zone, picture);
      },
  ],
]);

function definitionOf(name: string, known: ReadonlyMap<string, Definition>): Definition | undefined {
  const formatting = FORMATTING.get(name);
  const format = known.get("fromMillis")?.implementation as Format | undefined;
  return formatting && format ? ownFunction(formatting(format)) : (known.get(name) ?? OWN.get(name));
}

/** The functions of these names, to be bound in expressions. */
export async function functionsNamed(names: Iterable<string>): Promise<ReadonlyMap<string, unknown>> {
  definitions ??= readDefinitions();
  const known = await definitions;
  const found = [...names].map((name) => [name, definitionOf(name, known)] as const);
  return new Map(found.filter(([, definition]) => definition !== undefined));
}
