import { dereference, type Schema } from "@cfworker/json-schema";
import type { Keys } from "../../expression/template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { MAX_SCHEMA_DEPTH } from "../../limits.ts";
import { readWith } from "../faults/zod-faults.ts";
import { InputSchema, isKeyword, SCHEMA_KEYWORDS, SCHEMA_LIST_KEYWORDS, SCHEMA_MAP_KEYWORDS } from "./keywords.ts";

/** A schema somewhere in a document; booleans are left out. */
export interface Position {
  schema: JsonObject;
  keys: Keys;
  depth: number;
}

function* schemasIn(schema: JsonObject): Generator<[Keys, Json | undefined]> {
  for (const key of SCHEMA_KEYWORDS) yield [[key], schema[key]];
  for (const key of SCHEMA_LIST_KEYWORDS) {
    const list = schema[key];
    if (Array.isArray(list)) for (const [i, item] of list.entries()) yield [[key, i], item];
  }
  for (const key of SCHEMA_MAP_KEYWORDS) {
    const map = schema[key];
    if (isJsonObject(map)) for (const [name, item] of Object.entries(map)) yield [[key, name], item];
  }
}

/** The schema and every schema inside it. Its JSON depth must have been checked. */
export function* positions(schema: JsonObject, keys: Keys = [], depth = 1): Generator<Position> {
  yield { schema, keys, depth };
  for (const [more, inner] of schemasIn(schema)) {
    if (isJsonObject(inner)) yield* positions(inner, [...keys, ...more], depth + 1);
  }
}

type Lookup = Record<string, Schema | boolean>;

/** What the validator finds references by. It writes into the schema: give it a copy. */
export const lookupOf = (schema: JsonObject): Lookup => dereference(schema as Schema);

function referenceFaults(root: string, schema: JsonObject): Fault[] {
  const copy = structuredClone(schema);
  const lookup = lookupOf(copy);
  return [...positions(copy)].flatMap(({ schema: { $ref, __absolute_ref__ }, keys }) => {
    if ($ref === undefined || lookup[String(__absolute_ref__)] !== undefined) return [];
    const fix = "Refer to a schema in this document, such as #/$defs/name.";
    return [{ path: jsonPath(root, [...keys, "$ref"]), message: `${JSON.stringify($ref)} is not there`, fix }];
  });
}

function depthFault(root: string, schema: JsonObject): Fault[] {
  const deep = positions(schema).find(({ depth }) => depth > MAX_SCHEMA_DEPTH);
  if (deep === undefined) return [];
  const message = `nests schemas deeper than ${MAX_SCHEMA_DEPTH} levels`;
  return [{ path: jsonPath(root, deep.keys), message, fix: "Name inner schemas under $defs and refer to them." }];
}

/** Names of fields, or an example, where their schema belongs. */
function nameFaults(root: string, schema: Json): Fault[] {
  const names = isJsonObject(schema) ? Object.keys(schema) : [];
  const [name] = names;
  if (name === undefined || names.some(isKeyword)) return [];
  const example = JSON.stringify({ type: "object", properties: { [name]: { type: "string" } }, required: [name] });
  const fix = `Put fields under properties, such as ${example}; a job's values go beside the blueprint, as input.`;
  return [{ path: jsonPath(root, [name]), message: "is no keyword of JSON Schema", fix }];
}

/**
 * What is wrong with the JSON Schema of an input.
 * @param root path of the schema, such as `blueprint.input`
 */
export function checkInputSchema(schema: Json, root: string): Fault[] {
  const misplaced = nameFaults(root, schema);
  if (misplaced.length > 0) return misplaced;
  const parsed = readWith(root, InputSchema, schema);
  if (!parsed.ok) return parsed.error;
  const object = schema as JsonObject;
  return [...depthFault(root, object), ...referenceFaults(root, object)];
}
