import { isFunction } from "../meter.ts";

/** Equal for values that are equal, whatever the order of their fields. Functions equal themselves only. */
export function identity(value: unknown): unknown {
  if (typeof value !== "object" || value === null || isFunction(value)) return value;
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${textOf(item)}`).join(",")}}`;
}

const textOf = (value: unknown): string => {
  const own = identity(value);
  return typeof own === "string" && typeof value !== "string" ? own : String(JSON.stringify(own));
};

/** `$distinct`, in the order of first occurrence. The library's own compares each item with all those before it. */
export function distinct(this: { createSequence(): unknown[] }, list: unknown): unknown {
  if (!Array.isArray(list) || list.length <= 1) return list;
  const kept = "sequence" in list ? this.createSequence() : [];
  // Apart, because the text of a list may also be an item.
  const scalars = new Set<unknown>();
  const structures = new Set<unknown>();
  for (const item of list) {
    const known = typeof item === "object" ? structures : scalars;
    const key = identity(item);
    if (!known.has(key)) kept.push(item);
    known.add(key);
  }
  return kept;
}
