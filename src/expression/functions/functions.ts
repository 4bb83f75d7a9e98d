import jsonata from "jsonata";
import { CALLED, type Focus, type Implementation, runOf } from "../run.ts";
import { REPLACED } from "./builtins.ts";
import { COSTS, type Cost, deep, flat, inList, parsed, times } from "./costs.ts";
import { partition, truncate } from "./cut.ts";
import { IN, isIn } from "./deep-in.ts";
import { hash } from "./hash.ts";
import { parse } from "./parse.ts";
import { random, uuid } from "./random.ts";
import { textToMillis } from "./to-millis.ts";
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
  const act = WRAPPERS.get(name)?.(implementation) ?? REPLACED.get(name) ?? implementation;
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
