import { type Schema, validate } from "@cfworker/json-schema";
import type { Fault } from "../../lib/fault.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { MAX_SCHEMA_CHECKS, MAX_UNIQUE_ITEMS } from "../../limits.ts";
import { inputFaults } from "./input-faults.ts";
import { lookupOf, positions } from "./input-schema.ts";

/** What is wrong with a value, by a schema that was checked. */

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

const weightOf = (all: readonly JsonObject[]): number =>
  all.reduce((total, each) => total + 1 + (Array.isArray(each.enum) ? each.enum.length : 0), 0);

/** Besides the values: of each input the schema is copied and looked through. */
const OWN_CHECKS = 20;

/** About what it costs to check each of the inputs against the schema, in the unit of MAX_SCHEMA_CHECKS. */
export function checksOf(schema: JsonObject): (input: Json) => number {
  const weight = weightOf([...positions(schema)].map((place) => place.schema));
  return (input) => weight * (measure(input).values + OWN_CHECKS);
}

function costFault(root: string, schema: JsonObject, input: Json): { fault?: Fault; references: number } {
  const all = [...positions(schema)].map(({ schema: each }) => each);
  const weight = weightOf(all);
  const { values, longest } = measure(input);
  const references = Math.ceil(MAX_SCHEMA_CHECKS / weight);
  const fix = "Send less at once, or use a simpler schema.";
  if (weight * values > MAX_SCHEMA_CHECKS) {
    return { fault: { path: root, message: "has too many values to check against this schema", fix }, references };
  }
  if (longest > MAX_UNIQUE_ITEMS && all.some(({ uniqueItems }) => uniqueItems === true)) {
    const message = `has a list of more than ${MAX_UNIQUE_ITEMS} items, and the schema asks for unique items`;
    return { fault: { path: root, message, fix }, references };
  }
  return { references };
}

export const endless = (path: string): Fault => ({
  path,
  message: "cannot be checked: the schema refers to itself too often",
  fix: "Simplify the schema's $ref.",
});

/** All that is wrong with the value, at most MAX_FAULTS, with paths that start with `root`. The schema was checked. */
export function schemaFaults(root: string, checked: JsonObject, value: JsonObject): Fault[] {
  // The validator writes into the schema.
  const schema = structuredClone(checked);
  const { fault, references } = costFault(root, schema, value);
  if (fault !== undefined) return [fault];
  try {
    const lookup = limitReferences(lookupOf(schema), references);
    const result = validate(value, schema as Schema, "2020-12", lookup, false);
    if (result.valid) return [];
    const faults = inputFaults(root, checked, value, result.errors);
    if (faults.length > 0) return faults;
    return [{ path: root, message: "does not fit the schema", fix: "Compare it with the schema." }];
  } catch (error) {
    // A schema that refers to itself without end overflows the stack or the count.
    if (!(error instanceof TooMuchWork || error instanceof RangeError)) throw error;
    return [endless(root)];
  }
}
