import jsonata from "jsonata";
import { isLossy, LOSSY } from "../../lib/exact-json.ts";
import { echo } from "../../lib/safe-text.ts";
import { CALLED, type Focus, type Implementation, runOf } from "../run.ts";
import { REPLACED } from "./builtins.ts";
import { COSTS, type Cost, deep, flat, inList, parsed, times } from "./costs.ts";
import { partition, truncate } from "./cut.ts";
import { IN, isIn } from "./deep-in.ts";
import { hash } from "./hash.ts";
import { parse } from "./parse.ts";
import { random, uuid } from "./random.ts";
import { isShownAs, textToMillis } from "./to-millis.ts";
import { url } from "./url.ts";
import { type FormatMillis, inZone, time } from "./zone.ts";

/** JSONata's built-in functions and ours beside them, each charged for what it will do before it does it. */

/** A function as the library keeps it. */
interface Definition {
  _jsonata_function: true;
  implementation: Implementation;
  signature?: unknown;
}

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
  ["random", { act: random, signature: "<:n>", cost: times(16, flat) }],
  ["truncate", { act: truncate, signature: "<s-n:s>", cost: flat }],
  ["uuid", { act: uuid, signature: "<s:s>", cost: times(16, flat) }],
  ["url", { act: url, signature: "<sxo?:s>", cost: times(8, deep) }],
]);

/** Names of all functions in scope of an expression. */
export const FUNCTION_NAMES: ReadonlySet<string> = new Set([
  ...NAMES,
  ...BESIDE.keys(),
  ...CALLED.values(),
  "now",
  "millis",
  "time",
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
  const format = found[NAMES.indexOf("fromMillis")] as Definition;
  const builtIns = NAMES.map((name, i) => builtIn(name, found[i] as Definition, format.implementation));
  return new Map([...builtIns, ...(await Promise.all(beside))]);
}
let definitions: Promise<ReadonlyMap<string, Definition>> | undefined;

/**
 * `$toMillis`: the library reads texts that have a picture, yields nothing for one that does not match, and of a day that
 * is in no calendar one that is.
 */
function withPicture(parse: Implementation, format: Implementation): Implementation {
  const byPicture = parse as (this: Focus, text: string, picture: string) => number | undefined;
  return function toMillis(this: Focus, text: string | undefined, picture?: string): number | undefined {
    if (text === undefined) return undefined;
    if (picture === undefined) return textToMillis(text);
    const time = byPicture.call(this, text, picture);
    const shows = (millis: number) => (format as FormatMillis).call(this, millis, picture);
    if (time !== undefined && Number.isFinite(time) && isShownAs(text, picture, time, shows)) return time;
    throw new Error(`$toMillis: ${JSON.stringify(text)} does not match the picture ${JSON.stringify(picture)}`);
  };
}

/** `$fromMillis`: in any zone. */
function withZones(format: Implementation): Implementation {
  return function fromMillis(this: Focus, millis: number | undefined, picture?: string, zone?: string) {
    return millis === undefined ? undefined : inZone(format.bind(this) as FormatMillis, millis, picture, zone);
  };
}

/** @param isOther whether the number is another one than its text says. Throws then */
function asSaid(
  name: string,
  text: unknown,
  value: number | undefined,
  isOther: (text: string, value: number) => boolean,
): number | undefined {
  if (typeof text !== "string" || value === undefined || !isOther(text, value)) return value;
  const why = Number.isNaN(value) ? "is no number" : `${LOSSY}: keep it as text`;
  throw new Error(`$${name}: ${JSON.stringify(echo(text))} ${why}`);
}

/** `$number`: the library rounds digits that no double holds, and makes `NaN` of some texts. */
function withExactness(read: Implementation): Implementation {
  const reads = read as (this: Focus, text: unknown) => number | undefined;
  return function number(this: Focus, text: unknown) {
    return asSaid("number", text, reads.call(this, text), isLossy);
  };
}

/** `$parseInteger`: as `$number`. */
function withExactIntegers(read: Implementation): Implementation {
  const reads = read as (this: Focus, text: unknown, picture: string) => number | undefined;
  const isOther = (_text: string, value: number) => !Number.isSafeInteger(value);
  return function parseInteger(this: Focus, text: unknown, picture: string) {
    return asSaid("parseInteger", text, reads.call(this, text, picture), isOther);
  };
}

type Wrapper = (implementation: Implementation, format: Implementation) => Implementation;
const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ["toMillis", withPicture],
  ["fromMillis", withZones],
  ["number", withExactness],
  ["parseInteger", withExactIntegers],
]);

/** @param format what the library makes of times */
function builtIn(name: string, definition: Definition, format: Implementation): [string, Definition] {
  const { implementation } = definition;
  const act = WRAPPERS.get(name)?.(implementation, format) ?? REPLACED.get(name) ?? implementation;
  return [name, metered(act, COSTS.get(name) ?? deep, definition)];
}

/** The function with its costs, which the meter of the evaluation that calls it counts. */
function metered(act: Implementation, cost: Cost, { signature }: Definition): Definition {
  function run(this: Focus, ...args: never[]): unknown {
    const { meter } = runOf(this);
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
  return runOf(this).now;
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

/** Functions by the names under which they are called beside a variable of theirs. */
const SPELT: ReadonlyMap<string, string> = new Map([...CALLED].map(([name, called]) => [called, name]));

function definitionOf(name: string, known: ReadonlyMap<string, Definition>): Definition | undefined {
  const formatting = FORMATTING.get(name);
  const format = known.get("fromMillis")?.implementation as Format | undefined;
  return formatting && format ? ownFunction(formatting(format)) : (known.get(SPELT.get(name) ?? name) ?? OWN.get(name));
}

/** The functions of these names, to be bound in expressions. */
export async function functionsNamed(names: Iterable<string>): Promise<ReadonlyMap<string, unknown>> {
  definitions ??= readDefinitions();
  const known = await definitions;
  const found = [...names].map((name) => [name, definitionOf(name, known)] as const);
  return new Map(found.filter(([, definition]) => definition !== undefined));
}
