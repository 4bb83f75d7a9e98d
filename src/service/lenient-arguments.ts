import { LossyNumber, parseJson } from "../lib/exact-json.ts";
import type { Fault } from "../lib/fault.ts";
import { ownValue } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";

/**
 * Arguments as models send them, in the form that the schema asks for: JSON in a text, one text for a list of texts, null
 * for what is left out. Nothing else is guessed.
 */

/** Of a tool's JSON Schema, what matters here. */
export interface InputSchema {
  properties?: { readonly [name: string]: FieldSchema };
  required?: readonly string[];
}

interface FieldSchema {
  type?: string;
  anyOf?: readonly FieldSchema[];
}

type Fields = { readonly [name: string]: unknown };

const typesOf = ({ type, anyOf = [] }: FieldSchema): ReadonlySet<string | undefined> =>
  new Set([type, ...anyOf.flatMap((each) => [...typesOf(each)])]);

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof LossyNumber);

/** Words that say nothing of what a value must be. */
const NOTES: ReadonlySet<string> = new Set(["description", "title", "default", "examples"]);

/** null is a value of the field as any other is. */
const takesNull = (field: FieldSchema): boolean =>
  typesOf(field).has("null") || Object.keys(field).every((word) => NOTES.has(word));

/** What a text that begins as JSON must be, by its first character. */
const STRUCTURES = new Map([
  ["{", "object"],
  ["[", "array"],
]);

/** A text that is, or begins as, JSON of a type that the field takes. */
function readText(text: string, types: ReturnType<typeof typesOf>, path: string): Result<unknown, Fault> {
  const structure = STRUCTURES.get(text.trimStart()[0] ?? "");
  if (structure !== undefined && types.has(structure)) {
    const value = parseJson(text);
    if (value !== undefined) return ok(value);
    const message = `is a text that begins as a JSON ${structure} and does not parse`;
    return err({ path, message, fix: `Send the ${structure} itself, not as text.` });
  }
  return ok(types.has("array") && !types.has("string") ? [text] : text);
}

/** The arguments in the form that the schema asks for; whatever else is wrong with them is for the schema to say. */
export function inForm({ properties = {}, required = [] }: InputSchema, args: unknown): Result<unknown, Fault[]> {
  if (!isFields(args)) return ok(args);
  const faults: Fault[] = [];
  const entries = Object.entries(args).flatMap(([name, value]): [string, unknown][] => {
    const field = ownValue(properties, name);
    if (field === undefined) return [[name, value]];
    const types = typesOf(field);
    if (value === null && !takesNull(field) && !required.includes(name)) return [];
    if (typeof value !== "string") return [[name, value]];
    const read = readText(value, types, name);
    if (!read.ok) faults.push(read.error);
    return read.ok ? [[name, read.value]] : [];
  });
  return faults.length === 0 ? ok(Object.fromEntries(entries)) : err(faults);
}
