import type * as z from "zod";
import { parseTime } from "../blueprint/duration.ts";
import { readWith } from "../blueprint/faults/zod-faults.ts";
import { LOSSY, LossyNumber } from "../lib/exact-json.ts";
import { type Fault, jsonPath } from "../lib/fault.ts";
import type { BodyBounds } from "../lib/http/body-text.ts";
import { type JsonObject, jsonBytes } from "../lib/json.ts";
import { err, type Result } from "../lib/result.ts";
import {
  MAX_BATCH_BODY_BYTES,
  MAX_BATCH_ELEMENTS,
  MAX_BODY_BYTES,
  MAX_FAULTS,
  MAX_JSON_DEPTH,
  MAX_JSON_ELEMENTS,
} from "../limits.ts";
import { type InputSchema, inForm } from "./lenient-arguments.ts";

/** Stands for the arguments as a whole while faults are collected; paths are shown without it. */
const ROOT = "$";

const fromArguments = (path: string): string => (path === ROOT ? "arguments" : path.replace(/^\$\.?/, ""));

interface Node {
  /** A field's name or an element's index; "" of the arguments as a whole. */
  key: string | number;
  value: unknown;
  depth: number;
  parent: Node | undefined;
}

const sizeOf = (value: unknown): number =>
  typeof value === "object" && value !== null && !(value instanceof LossyNumber) ? Object.keys(value).length : 0;

/** The node's fields or elements. */
function children(parent: Node): Node[] {
  const { value } = parent;
  if (typeof value !== "object" || value === null || value instanceof LossyNumber) return [];
  const depth = parent.depth + 1;
  if (Array.isArray(value)) return value.map((child, key) => ({ key, value: child, depth, parent }));
  return Object.entries(value).map(([key, child]) => ({ key, value: child, depth, parent }));
}

/** Digits of a number that an error repeats. */
const MAX_SHOWN_DIGITS = 40;

const tooMany = (most: number): Fault => ({
  path: ROOT,
  message: `have more than ${most} fields and elements in all`,
  fix: "Send less at once, or a reference that a step can fetch.",
});

function pathOf(node: Node): string {
  const keys: Node["key"][] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) keys.unshift(at.key);
  return jsonPath(ROOT, keys);
}

const isIllFormed = (value: unknown): boolean => typeof value === "string" && !value.isWellFormed();

/** A number that would be stored as another one. */
function lossyFault(node: Node, { text }: LossyNumber): Fault {
  const fix = text.length <= MAX_SHOWN_DIGITS ? `Send it as text: "${text}".` : "Send it as text.";
  return { path: pathOf(node), message: LOSSY, fix };
}

/** Too deep or too many to walk: nothing else can be said then. */
function sizeProblem(node: Node, elements: number, most: number): Fault | undefined {
  if (elements > most) return tooMany(most);
  if (node.depth <= MAX_JSON_DEPTH + 1) return undefined;
  const message = `is nested deeper than ${MAX_JSON_DEPTH} levels`;
  return { path: pathOf(node), message, fix: "Send a flatter value." };
}

/** What storage, hashes and doubles cannot hold, or what is too large to walk. Iterative: the depth is untrusted. */
function formFaults(value: unknown, mostElements: number): Fault[] {
  const faults: Fault[] = [];
  const open: Node[] = [{ key: "", value, depth: 0, parent: undefined }];
  let elements = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    elements += sizeOf(node.value);
    const problem = sizeProblem(node, elements, mostElements);
    if (problem !== undefined) return [problem];
    if (isIllFormed(node.key) || isIllFormed(node.value)) {
      faults.push({ path: pathOf(node), message: "holds half of a surrogate pair", fix: "Send valid Unicode text." });
    }
    if (node.value instanceof LossyNumber) faults.push(lossyFault(node, node.value));
    open.push(...children(node).reverse());
  }
  return faults.slice(0, MAX_FAULTS);
}

const fromRoot = (faults: readonly Fault[]): Fault[] =>
  faults.map((fault) => ({ ...fault, path: fromArguments(fault.path) }));

/** What is wrong with a value that is no call's arguments, but is hashed and stored as they are. */
export const storageFault = (value: JsonObject): Fault | undefined => fromRoot(formFaults(value, MAX_JSON_ELEMENTS))[0];

/** Whether these are the arguments of many jobs. */
export const areOfMany = (args: unknown): boolean =>
  typeof args === "object" && args !== null && "inputs" in args && Array.isArray(args.inputs);

const mostElements = ({ properties = {} }: InputSchema, args: unknown): number =>
  "inputs" in properties && areOfMany(args) ? MAX_BATCH_ELEMENTS : MAX_JSON_ELEMENTS;

/** Of the body of a call. What is longer than others must be a call with `inputs`, and its beginning must say so. */
export const BODY_BOUNDS: BodyBounds = {
  most: MAX_BODY_BYTES,
  longest: MAX_BATCH_BODY_BYTES,
  mayBeLong: (beginning) => beginning.includes('"inputs"'),
};

/**
 * The arguments as the schema gives them, or every fault with its path from the arguments.
 * @param json the JSON Schema that is advertised
 */
export function readArguments<I extends z.ZodObject>(
  schema: I,
  json: InputSchema,
  args: unknown,
): Result<z.output<I>, Fault[]> {
  const formed = inForm(json, args);
  if (!formed.ok) return formed;
  const malformed = formFaults(formed.value, mostElements(json, formed.value));
  if (malformed.length > 0) return err(fromRoot(malformed));
  const parsed = readWith(ROOT, schema, formed.value);
  return parsed.ok ? parsed : err(fromRoot(parsed.error));
}

/** The refusal of arguments that are no good. */
export interface InvalidArguments {
  code: "invalid_arguments";
  faults: Fault[];
}

export const invalidArguments = (faults: Fault[]): { ok: false; error: InvalidArguments } =>
  err({ code: "invalid_arguments", faults });

/** No fault, or one. */
export function sizeFault(path: string, value: JsonObject, maxBytes: number): Fault[] {
  const bytes = jsonBytes(value);
  if (bytes <= maxBytes) return [];
  const fix = "Send less, or a reference that a step can fetch.";
  return [{ path, message: `is ${bytes} bytes of JSON, more than ${maxBytes}`, fix }];
}

/** Epoch ms of an ISO 8601 time with a zone; undefined for any other text. */
export function readInstant(text: string): number | undefined {
  const time = parseTime(text);
  return time.ok ? time.value : undefined;
}

export const instantFault = (path: string): Fault => ({
  path,
  message: "is not an ISO 8601 time with a zone, or a day that no calendar has",
  fix: "Send a time such as 2026-12-01T09:00:00Z.",
});
