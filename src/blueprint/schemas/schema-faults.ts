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

/** A schema that was checked, as values are checked against it: made once for all of them. */
export class SchemaCheck {
  readonly #root: string;
  readonly #checked: JsonObject;
  /** The validator writes into it. */
  readonly #schema: JsonObject;
  readonly #lookup: ReturnType<typeof lookupOf>;
  readonly #weight: number;
  readonly #wantsUnique: boolean;

  /** @param root with which the paths of faults start */
  constructor(root: string, checked: JsonObject) {
    const all = [...positions(checked)].map(({ schema }) => schema);
    this.#root = root;
    this.#checked = checked;
    this.#schema = structuredClone(checked);
    this.#lookup = lookupOf(this.#schema);
    this.#weight = weightOf(all);
    this.#wantsUnique = all.some(({ uniqueItems }) => uniqueItems === true);
  }

  /** About what it costs to check the value, in the unit of MAX_SCHEMA_CHECKS. */
  costOf(value: Json): number {
    return this.#weight * (measure(value).values + OWN_CHECKS);
  }

  #costFault(value: Json): Fault | undefined {
    const { values, longest } = measure(value);
    const fix = "Send less at once, or use a simpler schema.";
    if (this.#weight * values > MAX_SCHEMA_CHECKS) {
      return { path: this.#root, message: "has too many values to check against this schema", fix };
    }
    if (longest <= MAX_UNIQUE_ITEMS || !this.#wantsUnique) return undefined;
    const message = `has a list of more than ${MAX_UNIQUE_ITEMS} items, and the schema asks for unique items`;
    return { path: this.#root, message, fix };
  }

  /** All that is wrong with the value, at most MAX_FAULTS. */
  faults(value: JsonObject): Fault[] {
    const root = this.#root;
    const tooMuch = this.#costFault(value);
    if (tooMuch !== undefined) return [tooMuch];
    try {
      const lookup = limitReferences(this.#lookup, Math.ceil(MAX_SCHEMA_CHECKS / this.#weight));
      const result = validate(value, this.#schema as Schema, "2020-12", lookup, false);
      if (result.valid) return [];
      const faults = inputFaults(root, this.#checked, value, result.errors);
      if (faults.length > 0) return faults;
      return [{ path: root, message: "does not fit the schema", fix: "Compare it with the schema." }];
    } catch (error) {
      // A schema that refers to itself without end overflows the stack or the count.
      if (!(error instanceof TooMuchWork || error instanceof RangeError)) throw error;
      return [endless(root)];
    }
  }
}

export const endless = (path: string): Fault => ({
  path,
  message: "cannot be checked: the schema refers to itself too often",
  fix: "Simplify the schema's $ref.",
});

/** All that is wrong with the value, at most MAX_FAULTS, with paths that start with `root`. The schema was checked. */
export const schemaFaults = (root: string, checked: JsonObject, value: JsonObject): Fault[] =>
  new SchemaCheck(root, checked).faults(value);
