import type { Json } from "../lib/json.ts";

/**
 * JSONata's `$boolean`, for every condition of a blueprint. False are nothing, null, false, 0, "", {}, [], and lists of
 * only such values.
 */
export function isTrue(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(isTrue);
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
