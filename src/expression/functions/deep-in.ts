import { identity } from "./builtins.ts";

/** The operator `in`, which compares as `=` does; the library's own compares objects and lists by where they are. */

/** Name of the function that stands for the operator; no expression can spell it. */
export const IN = " in";

/** Makes the operator a call of {@link IN}, in place. */
export function deepenIn(node: { readonly [field: string]: unknown }): void {
  if (node.type !== "binary" || node.value !== "in") return;
  const { lhs, rhs, position } = node;
  const procedure = { type: "variable", value: IN, position };
  Object.assign(node, { type: "function", value: "(", procedure, arguments: [lhs, rhs] });
}

export function isIn(value: unknown, list: unknown): boolean {
  if (value === undefined || list === undefined) return false;
  const items: readonly unknown[] = Array.isArray(list) ? list : [list];
  if (typeof value !== "object" || value === null) return items.includes(value);
  const key = identity(value);
  return items.some((each) => typeof each === "object" && each !== null && identity(each) === key);
}
