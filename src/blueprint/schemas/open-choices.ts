import type { Keys } from "../../expression/template.ts";
import { isOneExpression } from "../../expression/text-template.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { positions } from "./input-schema.ts";

/** Choices of a question that one expression gives: an `enum` of its schema. */

const isOpen = (value: Json | undefined): value is string => typeof value === "string" && isOneExpression(value);

/** Each such expression, with the keys from the schema to it. */
export function openChoices(schema: JsonObject): { keys: Keys; expression: string }[] {
  return [...positions(schema)].flatMap(({ schema: { enum: choices }, keys }) =>
    isOpen(choices) ? [{ keys: [...keys, "enum"], expression: choices }] : [],
  );
}

/** The schema with these lists in place of the expressions, in their order. */
export function withChoices(schema: JsonObject, lists: readonly Json[][]): JsonObject {
  const left = lists.values();
  const closed = structuredClone(schema);
  for (const position of positions(closed)) {
    if (isOpen(position.schema.enum)) position.schema.enum = left.next().value ?? [];
  }
  return closed;
}
