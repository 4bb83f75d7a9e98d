import type { Json } from "../../lib/json.ts";
import { isFunction } from "../meter.ts";

const inList = (value: unknown): Json => toJson(value) ?? null;

/**
 * The library's value as plain JSON: its lists carry functions, its objects have no prototype. Throws on a function or
 * an infinite number inside; undefined for nothing. The value's depth and size are checked before.
 */
export function toJson(value: unknown): Json | undefined {
  if (isFunction(value)) throw new Error("the result is or holds a function");
  if (Array.isArray(value)) return value.map(inList);
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [key, toJson(item)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error("the result holds a number out of range");
  // What is stored has no sign on its zero.
  return value === 0 ? 0 : (value as Json | undefined);
}
