import type { OutputUnit } from "@cfworker/json-schema";
import { type Fault, jsonPath } from "../jobs/fault.ts";
import { isJsonObject, type Json } from "../jobs/json.ts";
import { oneLine } from "../jobs/text.ts";
import { MAX_ERROR_CHARS, MAX_FAULTS } from "../limits.ts";

/** From the validator's findings to faults that a reader without the schema understands. */

type Wording = readonly [pattern: RegExp, message: string, fix: string];

/** `$1`, `$2` stand for what the pattern caught in the validator's own text. */
const WORDINGS: readonly Wording[] = [
  [/^Instance type "(.+)" is invalid\. Expected (.+)\.$/, "is of type $1, expected $2", "Send a value of type $2."],
  [/^False boolean schema\.$/, "is not allowed here", "Remove it, or check its spelling."],
  [/^Instance does not match any of \[(.+)\]\.$/s, "is not one of the allowed values", "Send one of $1."],
  [/^Instance does not match (.+)\.$/s, "is not the one allowed value", "Send $1."],
  [/^String is too short \((\d+) < (\d+)\)\.$/, "has $1 characters, fewer than $2", "Send at least $2 characters."],
  [/^String is too long \((\d+) > (\d+)\)\.$/, "has $1 characters, more than $2", "Send at most $2 characters."],
  [/^String does not match format "(.+)"\.$/, "is not of the format $1", "Send a valid $1."],
  [/^Array has too few items \((\d+) < (\d+)\)\.$/, "has $1 items, fewer than $2", "Send at least $2 items."],
  [/^Array has too many items \((\d+) > (\d+)\)\.$/, "has $1 items, more than $2", "Send at most $2 items."],
  [/^Duplicate items at indexes (\d+) and (\d+)\.$/, "has equal items at $1 and $2", "Send each item once."],
  [/^(.+) is less than or equal to\s+(.+)\.$/, "is $1, not more than $2", "Send more than $2."],
  [/^(.+) is greater than or equal to\s+(.+)\.$/, "is $1, not less than $2", "Send less than $2."],
  [/^(.+) is less than\s+(.+)\.$/, "is $1, less than $2", "Send at least $2."],
  [/^(.+) is greater than\s+(.+)\.$/, "is $1, more than $2", "Send at most $2."],
  [/^(.+) is not a multiple of (.+)\.$/, "is $1, no multiple of $2", "Send a multiple of $2."],
];

/** Findings that only say that something inside does not fit; that something is reported itself. */
const SUMMARIES: ReadonlySet<string> = new Set([
  ...["$ref", "additionalProperties", "allOf", "dependentSchemas", "if", "items", "prefixItems", "properties"],
  ...["propertyNames", "unevaluatedItems", "unevaluatedProperties"],
]);

/** Where the validator's text does not say it, or not rightly. */
const BY_KEYWORD: Readonly<Record<string, string>> = {
  minProperties: "has too few fields",
  maxProperties: "has too many fields",
  anyOf: "fits none of the alternatives of the schema",
  oneOf: "fits not exactly one of the alternatives of the schema",
  not: "is what the schema excludes",
};

/** `#/urls/0` to `["urls", 0]`: numbers where the value is a list. */
function keysOf(input: Json, pointer: string): (string | number)[] {
  let value: Json | undefined = input;
  const keys: (string | number)[] = [];
  for (const part of pointer.split("/").slice(1)) {
    const name = decodeURI(part).replaceAll("~1", "/").replaceAll("~0", "~");
    const key = Array.isArray(value) ? Number(name) : name;
    keys.push(key);
    value = Array.isArray(value) ? value[Number(name)] : isJsonObject(value) ? value[name] : undefined;
  }
  return keys;
}

function worded(text: string): Omit<Fault, "path"> {
  for (const [pattern, message, fix] of WORDINGS) {
    if (!pattern.test(text)) continue;
    const fill = (line: string) => oneLine(text.replace(pattern, line), MAX_ERROR_CHARS);
    return { message: fill(message), fix: fill(fix) };
  }
  return { message: text.replace(/^Instance/, "the value").replace(/\.$/, ""), fix: "Correct it." };
}

/** The validator words an exclusive lower bound like an inclusive one. */
const textOf = ({ keyword, error }: OutputUnit): string =>
  keyword === "exclusiveMinimum" ? error.replace(" is less than ", " is less than or equal to ") : error;

/** Undefined where another finding says more. */
function inputFault(root: string, input: Json, error: OutputUnit): Fault | undefined {
  if (SUMMARIES.has(error.keyword)) return undefined;
  const keys = keysOf(input, error.instanceLocation);
  const missing = /^Instance does not have required property "(.*)"\.$/s.exec(error.error)?.[1];
  if (missing !== undefined) {
    return { path: jsonPath(root, [...keys, missing]), message: "is missing", fix: "Add it." };
  }
  const path = jsonPath(root, keys);
  const message = BY_KEYWORD[error.keyword];
  if (message !== undefined) return { path, message, fix: "Compare it with the schema." };
  return { path, ...worded(textOf(error)) };
}

/**
 * The validator's findings as faults, at most MAX_FAULTS.
 * @param root path of the value, such as `input`
 */
export function inputFaults(root: string, value: Json, errors: readonly OutputUnit[]): Fault[] {
  const faults: Fault[] = [];
  // A failed choice is told once, not by what is wrong with each of its alternatives.
  const choices = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  for (const error of errors) {
    const isDetail = choices.some(
      (choice) =>
        error.keywordLocation.startsWith(`${choice.keywordLocation}/`) &&
        error.instanceLocation.startsWith(choice.instanceLocation),
    );
    const fault = isDetail ? undefined : inputFault(root, value, error);
    if (fault !== undefined) faults.push(fault);
    if (faults.length === MAX_FAULTS) break;
  }
  return faults;
}
