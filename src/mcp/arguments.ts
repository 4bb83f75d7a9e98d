import { z } from "zod";
import { zodFaults } from "../blueprint/zod-faults.ts";
import { type Fault, jsonPath } from "../jobs/fault.ts";
import { type JsonObject, jsonBytes } from "../jobs/json.ts";
import { err, ok, type Result } from "../jobs/result.ts";
import { MAX_JSON_DEPTH, MAX_JSON_ELEMENTS } from "../limits.ts";

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
  typeof value === "object" && value !== null ? Object.keys(value).length : 0;

/** The node's fields or elements. */
function children(parent: Node): Node[] {
  const { value } = parent;
  if (typeof value !== "object" || value === null) return [];
  const depth = parent.depth + 1;
  if (Array.isArray(value)) return value.map((child, key) => ({ key, value: child, depth, parent }));
  return Object.entries(value).map(([key, child]) => ({ key, value: child, depth, parent }));
}

const TOO_MANY = {
  message: `have more than ${MAX_JSON_ELEMENTS} fields and elements in all`,
  fix: "Send less at once, or a reference that a step can fetch.",
};

function pathOf(node: Node): string {
  const keys: Node["key"][] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) keys.unshift(at.key);
  return jsonPath(ROOT, keys);
}

const isIllFormed = (value: unknown): boolean => typeof value === "string" && !value.isWellFormed();

/** Too deep or too many to walk, or text that storage and hashes cannot hold. Iterative: the depth is a stranger's. */
function formFault(value: unknown): Fault | undefined {
  const open: Node[] = [{ key: "", value, depth: 0, parent: undefined }];
  let elements = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isIllFormed(node.key) || isIllFormed(node.value)) {
      return { path: pathOf(node), message: "holds half of a surrogate pair", fix: "Send valid Unicode text." };
    }
    if (node.depth > MAX_JSON_DEPTH + 1) {
      const message = `is nested deeper than ${MAX_JSON_DEPTH} levels`;
      return { path: pathOf(node), message, fix: "Send a flatter value." };
    }
    elements += sizeOf(node.value);
    if (elements > MAX_JSON_ELEMENTS) return { ...TOO_MANY, path: ROOT };
    for (const child of children(node)) open.push(child);
  }
  return undefined;
}

/** The arguments as the schema gives them, or every fault with its path from the arguments. */
export function readArguments<I extends z.ZodObject>(schema: I, args: unknown): Result<z.output<I>, Fault[]> {
  const malformed = formFault(args);
  if (malformed) return err([{ ...malformed, path: fromArguments(malformed.path) }]);
  const parsed = schema.safeParse(args);
  if (parsed.success) return ok(parsed.data);
  return err(zodFaults(ROOT, parsed.error).map((fault) => ({ ...fault, path: fromArguments(fault.path) })));
}

/** No fault, or one. */
export function sizeFault(path: string, value: JsonObject, maxBytes: number): Fault[] {
  const bytes = jsonBytes(value);
  if (bytes <= maxBytes) return [];
  const fix = "Send less, or a reference that a step can fetch.";
  return [{ path, message: `is ${bytes} bytes of JSON, more than ${maxBytes}`, fix }];
}

const Instant = z.iso.datetime({ offset: true });

/** Epoch ms of an ISO 8601 time with a zone; undefined for any other text. */
export const readInstant = (text: string): number | undefined =>
  Instant.safeParse(text).success ? Date.parse(text) : undefined;

export const instantFault = (path: string): Fault => ({
  path,
  message: "is not an ISO 8601 time with a zone",
  fix: "Send a time such as 2026-12-01T09:00:00Z.",
});
