import { isJsonObject, type Json, type JsonObject, jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_INPUT_BYTES, MAX_SCHEMA_CHECKS } from "../../limits.ts";
import { referred } from "./input-faults.ts";
import { positions } from "./input-schema.ts";

/** Why the defaults of a schema cannot be filled in. */
export type DefaultsProblem = "too_large" | "endless";

/** Thrown inside of this file only. */
class Stop extends Error {
  readonly problem: DefaultsProblem;

  constructor(problem: DefaultsProblem) {
    super(problem);
    this.problem = problem;
  }
}

/** Levels of schemas, followed references counted: more than both a schema and an input can have. */
const MAX_LEVELS = 128;

class Filler {
  readonly #root: JsonObject;
  #work = 0;
  #bytes = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  fill(schema: Json | undefined, value: Json, level = 0): Json {
    if (!isJsonObject(schema)) return value;
    if (++this.#work > MAX_SCHEMA_CHECKS || level > MAX_LEVELS) throw new Stop("endless");
    const parts = [referred(this.#root, schema.$ref), ...(Array.isArray(schema.allOf) ? schema.allOf : [])];
    const filled = parts.reduce<Json>((whole, part) => this.fill(part, whole, level + 1), value);
    if (Array.isArray(filled)) return this.#fillList(schema, filled, level + 1);
    return isJsonObject(filled) ? this.#fillObject(schema, filled, level + 1) : filled;
  }

  #fillList({ prefixItems, items }: JsonObject, list: Json[], level: number): Json[] {
    const first = Array.isArray(prefixItems) ? prefixItems : [];
    return list.map((item, i) => this.fill(first[i] ?? items, item, level));
  }

  /** By entries: a field may be called `__proto__`. */
  #fillObject({ properties, additionalProperties }: JsonObject, object: JsonObject, level: number): JsonObject {
    const named = isJsonObject(properties) ? properties : {};
    const present = Object.entries(object).map(([name, item]): [string, Json] => [
      name,
      this.fill(Object.hasOwn(named, name) ? named[name] : additionalProperties, item, level),
    ]);
    const added = Object.entries(named).flatMap(([name, schema]): [string, Json][] => {
      const fallback = Object.hasOwn(object, name) ? undefined : this.#defaultOf(schema);
      return fallback === undefined ? [] : [[name, this.fill(schema, fallback, level)]];
    });
    return Object.fromEntries([...present, ...added]);
  }

  #defaultOf(schema: Json | undefined): Json | undefined {
    if (!isJsonObject(schema)) return undefined;
    const target = referred(this.#root, schema.$ref);
    const holder = schema.default === undefined && isJsonObject(target) ? target : schema;
    const fallback = holder.default;
    if (fallback !== undefined) this.#bytes += jsonBytes(fallback);
    if (this.#bytes > MAX_INPUT_BYTES) throw new Stop("too_large");
    return fallback;
  }
}

const hasDefault = (schema: JsonObject): boolean =>
  positions(schema).some(({ schema: each }) => each.default !== undefined);

/**
 * The value with the `default` of each field that it leaves out, in what it holds too, as `properties`, `items`, `allOf`
 * and `$ref` say. Alternatives (`anyOf`, `if`) give none: which of them holds is not known.
 */
export function withDefaults(schema: JsonObject, value: JsonObject): Result<JsonObject, DefaultsProblem> {
  if (!hasDefault(schema)) return ok(value);
  try {
    const filled = new Filler(schema).fill(schema, value);
    return ok(isJsonObject(filled) ? filled : value);
  } catch (error) {
    if (error instanceof Stop) return err(error.problem);
    throw error;
  }
}
