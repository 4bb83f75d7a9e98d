import { isNode, type Node } from "./node.ts";

/** Fields whose nodes are evaluated with the context of the node that holds them, by its type. */
const SAME_CONTEXT: Readonly<Record<string, readonly string[]>> = {
  binary: ["lhs", "rhs"],
  bind: ["rhs"],
  apply: ["lhs", "rhs"],
  block: ["expressions"],
  condition: ["condition", "then", "else"],
  function: ["procedure", "arguments"],
  lambda: ["body"],
  partial: ["arguments"],
  unary: ["lhs", "expressions", "expression"],
};

const nodesIn = (value: unknown): Node[] =>
  Array.isArray(value) ? value.flatMap(nodesIn) : isNode(value) ? [value] : [];

/**
 * A field name that is looked up in the expression's own context, which is nothing: `repo` where `$input.repo` is
 * meant. Undefined when there is none.
 */
export function contextName(root: Node): string | undefined {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === "name") return String(node.value);
    // Later parts of a path have the values of its first part as their context.
    if (node.type === "path") open.push(...nodesIn(node.steps).slice(0, 1));
    else open.push(...(SAME_CONTEXT[String(node.type)] ?? []).flatMap((field) => nodesIn(node[field])));
  }
  return undefined;
}
