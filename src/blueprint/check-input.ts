import { type Schema, validate } from "@cfworker/json-schema";
import type { Fault } from "../jobs/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../jobs/json.ts";
import { MAX_SCHEMA_CHECKS, MAX_UNIQUE_ITEMS } from "../limits.ts";
import type { Blueprint } from "./blueprint.ts";
import { inputFaults } from "./input-faults.ts";
import { lookupOf, positions } from "./input-schema.ts";

const ROOT = "input";

class TooMuchWork extends Error {}

/** The values of an input, and its longest list. */
function measure(input: Json): { values: number; longest: number } {
  const size = { values: 0, longest: 0 };
  const open: Json[] = [input];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    size.values += 1;
    if (Array.isArray(value)) size.longest = Math.max(size.longest, value.length);
    if (typeof value === "object" && value !== null) for (const child of Object.values(value)) open.push(child);
  }
  return size;
}

/** How many references may be followed: a few that double each time would otherwise go on for ever. */
function limitReferences(lookup: ReturnType<typeof lookupOf>, most: number): ReturnType<typeof lookupOf> {
  let followed = 0;
  return new Proxy(lookup, {
    get(target, uri: string) {
      followed += 1;
      if (followed > most) throw new TooMuchWork();
      return target[uri];
    },
  });
}

function costFault(schema: JsonObject, input: Json): { fault?: Fault; references: number } {
  const all = [...positions(schema)].map(({ schema: each }) => each);
  const weight = all.reduce((total, each) => total + 1 + (Array.isArray(each.enum) ? each.enum.length : 0), 0);
  const { values, longest } = measure(input);
  const references = Math.ceil(MAX_SCHEMA_CHECKS / weight);
  const fix = "Send less at once, or use a simpler schema.";
  if (weight * values > MAX_SCHEMA_CHECKS) {
    return { fault: { path: ROOT, message: "has too many values to check against this schema", fix }, references };
  }
  if (longest > MAX_UNIQUE_ITEMS && all.some(({ uniqueItems }) => uniqueItems === true)) {
    const message = `has a list of more than ${MAX_UNIQUE_ITEMS} items, and the schema asks for unique items`;
    return { fault: { path: ROOT, message, fix }, references };
  }
  return { references };
}

/** What is wrong with an input, at most MAX_FAULTS, with paths that start with `input`. Checked blueprints only. */
export function checkInput(blueprint: Blueprint, input: Json): Fault[] {
  if (!isJsonObject(input)) return [{ path: ROOT, message: "is not an object", fix: "Send a JSON object." }];
  if (blueprint.input === undefined) return [];
  // The validator writes into the schema.
  const schema = structuredClone(blueprint.input);
  const { fault, references } = costFault(schema, input);
  if (fault !== undefined) return [fault];
  try {
    const lookup = limitReferences(lookupOf(schema), references);
    const result = validate(input, schema as Schema, "2020-12", lookup, false);
    if (result.valid) return [];
    const faults = inputFaults(ROOT, input, result.errors);
    if (faults.length > 0) return faults;
    return [{ path: ROOT, message: "does not fit the blueprint's schema", fix: "Compare it with blueprints_get." }];
  } catch (error) {
    // A schema that refers to itself without end overflows the stack or the count.
    if (!(error instanceof TooMuchWork || error instanceof RangeError)) throw error;
    const fix = "Simplify the schema's $ref.";
    return [{ path: ROOT, message: "cannot be checked: the schema refers to itself too often", fix }];
  }
}
