import { deepCompareStrict, type OutputUnit } from "@cfworker/json-schema";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject, ownValue } from "../../lib/json.ts";
import { resolvePointer } from "../../lib/json-pointer.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { plural } from "../../lib/text/plural.ts";
import { MAX_ERROR_CHARS, MAX_FAULTS } from "../../limits.ts";

/** From the validator's findings to faults that a reader without the schema understands. */

type Words = readonly [message: string, fix: string];

const listOf = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const shown = (value: Json | undefined): string =>
  listOf(value)
    .map((each) => JSON.stringify(each))
    .join(", ");

function typeOf(value: Json | undefined): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

const sizeOf = (value: Json | undefined): number =>
  typeof value === "string" ? [...value].length : Object.keys(value ?? {}).length;

const tooFew = (noun: string) => (rule: Json, value: Json | undefined) =>
  [`has ${plural(sizeOf(value), noun)}, fewer than ${rule}`, `Send at least ${plural(Number(rule), noun)}.`] as const;
const tooMany = (noun: string) => (rule: Json, value: Json | undefined) =>
  [`has ${plural(sizeOf(value), noun)}, more than ${rule}`, `Send at most ${plural(Number(rule), noun)}.`] as const;

/** What the alternatives of a choice ask for, as far as a word says it. */
function alternatives(rule: Json): string {
  const words = listOf(rule).flatMap((each) => {
    if (!isJsonObject(each)) return [];
    return each.const === undefined ? listOf(each.type ?? each.enum).map(String) : [JSON.stringify(each.const)];
  });
  return words.length > 0 ? `Alternatives: ${[...new Set(words)].join(", ")}.` : "Compare it with the schema.";
}

function equalItems(value: Json | undefined): string {
  const items = listOf(value);
  for (const [i, item] of items.entries()) {
    const first = items.findIndex((each, at) => at < i && deepCompareStrict(each, item));
    if (first >= 0) return `has equal items at ${first} and ${i}`;
  }
  return "has equal items";
}

/** By keyword of the schema: what is wrong with a value that breaks the rule. */
const WORDINGS: Readonly<Record<string, (rule: Json, value: Json | undefined) => Words>> = {
  type: (rule, value) => [
    `is of type ${typeOf(value)}, expected ${shown(rule)}`,
    `Send a value of type ${shown(rule)}.`,
  ],
  false: () => ["is not allowed here", "Remove it, or check its spelling."],
  enum: (rule) => ["is not one of the allowed values", `Send one of ${shown(rule)}.`],
  const: (rule) => ["is not the one allowed value", `Send ${JSON.stringify(rule)}.`],
  minLength: tooFew("character"),
  maxLength: tooMany("character"),
  minItems: tooFew("item"),
  maxItems: tooMany("item"),
  minProperties: tooFew("field"),
  maxProperties: tooMany("field"),
  format: (rule) => [`is not of the format ${rule}`, `Send a valid ${rule}.`],
  uniqueItems: (_rule, value) => [equalItems(value), "Send each item once."],
  contains: () => ["holds no item that the schema asks for", "Add one that fits; compare it with the schema."],
  minContains: (rule) => [`holds fewer than ${rule} of the items that the schema asks for`, "Add items that fit."],
  maxContains: (rule) => [`holds more than ${rule} of the items that the schema counts`, "Send fewer of them."],
  exclusiveMinimum: (rule, value) => [`is ${value}, not more than ${rule}`, `Send more than ${rule}.`],
  exclusiveMaximum: (rule, value) => [`is ${value}, not less than ${rule}`, `Send less than ${rule}.`],
  minimum: (rule, value) => [`is ${value}, less than ${rule}`, `Send at least ${rule}.`],
  maximum: (rule, value) => [`is ${value}, more than ${rule}`, `Send at most ${rule}.`],
  multipleOf: (rule, value) => [`is ${value}, no multiple of ${rule}`, `Send a multiple of ${rule}.`],
  anyOf: (rule) => ["fits none of the alternatives of the schema", alternatives(rule)],
  oneOf: (rule) => ["fits not exactly one of the alternatives of the schema", alternatives(rule)],
  not: () => ["is what the schema excludes", "Compare it with the schema."],
};

/** Findings that only say that something inside does not fit; that something is reported itself. */
const SUMMARIES: ReadonlySet<string> = new Set([
  ...["$ref", "additionalProperties", "allOf", "dependentSchemas", "if", "items", "prefixItems", "properties"],
  ...["propertyNames", "unevaluatedItems", "unevaluatedProperties"],
]);

/** `#/urls/a~1b` to `["urls", "a/b"]`. */
const tokensOf = (location: string): string[] =>
  location
    .split("/")
    .slice(1)
    .map((part) => decodeURI(part).replaceAll("%23", "#").replaceAll("~1", "/").replaceAll("~0", "~"));

const inside = (value: Json | undefined, token: string): Json | undefined => {
  if (Array.isArray(value)) return value[Number(token)];
  return isJsonObject(value) ? ownValue(value, token) : undefined;
};

/** What a `$ref` of the document refers to. */
export const referred = (schema: JsonObject, reference: Json | undefined): Json | undefined =>
  typeof reference === "string" && reference.startsWith("#")
    ? resolvePointer(schema, decodeURIComponent(reference.slice(1)))
    : undefined;

/** The keyword's value in the schema that holds it. The validator's last word may be misspelt; the keyword is not. */
function ruleOf(schema: JsonObject, { keyword, keywordLocation }: OutputUnit): Json {
  let at: Json | undefined = schema;
  for (const token of tokensOf(keywordLocation).slice(0, -1)) {
    at = token === "$ref" && isJsonObject(at) ? referred(schema, at.$ref) : inside(at, token);
  }
  return inside(at, keyword) ?? null;
}

interface Instance {
  /** Numbers where the value is a list. */
  keys: (string | number)[];
  value: Json | undefined;
}

function instanceAt(input: Json, location: string): Instance {
  const keys: Instance["keys"] = [];
  let value: Json | undefined = input;
  for (const token of tokensOf(location)) {
    keys.push(Array.isArray(value) ? Number(token) : token);
    value = inside(value, token);
  }
  return { keys, value };
}

/** The names of a list that the value has no field of. */
const absent = (names: Json | undefined, value: Json | undefined): string[] =>
  listOf(names)
    .map(String)
    .filter((name) => !isJsonObject(value) || !Object.hasOwn(value, name));

/** Fields that are missing, which stand at a place of their own. */
function missingFaults(path: (name: string) => string, keyword: string, rule: Json, value: Json | undefined): Fault[] {
  if (keyword === "required") {
    return absent(rule, value).map((name) => ({ path: path(name), message: "is missing", fix: "Add it." }));
  }
  const present = Object.entries(isJsonObject(rule) ? rule : {}).filter(
    ([name]) => isJsonObject(value) && Object.hasOwn(value, name),
  );
  return present.flatMap(([name, others]) =>
    absent(others, value).map((other) => {
      return { path: path(other), message: `is missing, and ${JSON.stringify(name)} needs it`, fix: "Add it." };
    }),
  );
}

/** None where another finding says more. */
function faultsOf(root: string, schema: JsonObject, input: Json, unit: OutputUnit): Fault[] {
  const { keyword } = unit;
  if (SUMMARIES.has(keyword)) return [];
  const rule = ruleOf(schema, unit);
  const { keys, value } = instanceAt(input, unit.instanceLocation);
  if (keyword === "required" || keyword === "dependentRequired") {
    return missingFaults((name) => jsonPath(root, [...keys, name]), keyword, rule, value);
  }
  const unworded: Words = [`does not fit ${keyword} of the schema`, "Compare it with the schema."];
  const [message, fix] = WORDINGS[keyword]?.(rule, value) ?? unworded;
  return [
    { path: jsonPath(root, keys), message: oneLine(message, MAX_ERROR_CHARS), fix: oneLine(fix, MAX_ERROR_CHARS) },
  ];
}

/**
 * The validator's findings as faults, at most MAX_FAULTS.
 * @param root path of the value, such as `input`
 * @param schema that the value was checked with
 */
export function inputFaults(root: string, schema: JsonObject, value: Json, errors: readonly OutputUnit[]): Fault[] {
  const faults = new Map<string, Fault>();
  // A failed choice is told once, not by what is wrong with each of its alternatives.
  const choices = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  const isDetail = (error: OutputUnit): boolean =>
    choices.some(
      (choice) =>
        error.keywordLocation.startsWith(`${choice.keywordLocation}/`) &&
        error.instanceLocation.startsWith(choice.instanceLocation),
    );
  for (const error of errors) {
    if (isDetail(error)) continue;
    for (const fault of faultsOf(root, schema, value, error)) faults.set(`${fault.path}\n${fault.message}`, fault);
    if (faults.size >= MAX_FAULTS) break;
  }
  return [...faults.values()].slice(0, MAX_FAULTS);
}
