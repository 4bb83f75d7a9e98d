import { isJsonObject, type Json } from "../../lib/json.ts";
import type { Problem } from "./problem.ts";

/** What can be known of a value before it is there. */
export interface Shape {
  /** All that it can have, by name; undefined: not known. */
  fields: ReadonlyMap<string, Shape | undefined>;
  /** The field that holds what came from outside. */
  data?: string;
}

/** An object with these fields, of whose values nothing is known. */
export const shapeOf = (names: readonly string[], data?: string): Shape => ({
  fields: new Map(names.map((name) => [name, undefined])),
  ...(data !== undefined && { data }),
});

/** Of a value that is written in the document: its objects have the fields that they have. */
export const literalShape = (value: Json | undefined): Shape | undefined =>
  isJsonObject(value)
    ? { fields: new Map(Object.entries(value).map(([name, each]) => [name, literalShape(each)])) }
    : undefined;

/** The same, or something with these fields. */
export const orShape = (shape: Shape | undefined, names: readonly string[]): Shape | undefined =>
  shape && { ...shape, fields: new Map([...shape.fields, ...shapeOf(names).fields]) };

/** Names under which other systems put what an output is here. */
const WHOLE = ["output", "outputs", "result", "results", "value", "response"];

function fixOf(path: string, name: string, { fields, data }: Shape): string {
  if (name === "error") return 'Set "on_error": "continue" on that step: its output then has error when it fails.';
  const known = [...fields.keys()];
  const whole = WHOLE.includes(name) ? `The output is ${path} itself. ` : "";
  if (known.length === 0) return `${whole}It has no fields: leave ${path} out.`;
  const inside = data !== undefined && whole === "" ? `Write ${path}.${data}.${name}, or use` : "Use";
  return `${whole}${inside} one of ${known.map((each) => `${path}.${each}`).join(", ")}.`;
}

/**
 * A field that the value never has, which would be nothing for ever.
 * @param path how the value is written, such as `$steps.page`
 */
export function fieldProblem(path: string, names: readonly string[], shape: Shape | undefined): Problem | undefined {
  const [name, ...rest] = names;
  if (name === undefined || shape === undefined) return undefined;
  const quoted = /^\w+$/.test(name) ? name : `\`${name}\``;
  if (shape.fields.has(name)) return fieldProblem(`${path}.${quoted}`, rest, shape.fields.get(name));
  return { message: `${path} never has a field ${quoted}`, fix: fixOf(path, name, shape) };
}
