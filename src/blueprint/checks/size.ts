import type { Keys } from "../../expression/template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { type Json, jsonBytes } from "../../lib/json.ts";
import { MAX_BLUEPRINT_BYTES, MAX_JSON_DEPTH, MAX_STRING_CHARS } from "../../limits.ts";

interface Place {
  value: Json;
  keys: Keys;
}

const fault = (root: string, keys: Keys, message: string, fix: string): Fault => ({
  path: jsonPath(root, keys),
  message,
  fix,
});

/** Whether the document can be looked at more closely. Iterative: the depth is untrusted. */
export function checkSize(root: string, document: Json): Fault[] {
  const faults: Fault[] = [];
  const open: Place[] = [{ value: document, keys: [] }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, keys } = place;
    if (typeof value === "string" && value.length > MAX_STRING_CHARS) {
      const message = `has ${value.length} characters, more than ${MAX_STRING_CHARS}`;
      faults.push(fault(root, keys, message, "Shorten it, or pass it as input."));
    }
    if (typeof value !== "object" || value === null) continue;
    if (keys.length >= MAX_JSON_DEPTH) {
      return [fault(root, keys, `is nested deeper than ${MAX_JSON_DEPTH} levels`, "Send a flatter value.")];
    }
    for (const [key, child] of Object.entries(value)) {
      open.push({ value: child, keys: [...keys, Array.isArray(value) ? Number(key) : key] });
    }
  }
  const bytes = jsonBytes(document);
  if (bytes <= MAX_BLUEPRINT_BYTES) return faults;
  const message = `is ${bytes} bytes of JSON, more than ${MAX_BLUEPRINT_BYTES}`;
  return [fault(root, [], message, "Pass large values as input."), ...faults];
}
