import type { Json, JsonObject } from "../../lib/json.ts";
import { checkAnswer } from "./check-answer.ts";
import { type Field, QuestionSchema } from "./question-schema.ts";

const OF_FORMAT = {
  date: "2026-12-31",
  "date-time": "2026-12-31T12:00:00Z",
  email: "name@example.com",
  uri: "https://example.com/",
};

function textOf({ minLength = 0, maxLength = Infinity, format }: Extract<Field, { type: "string" }>): string {
  if (format !== undefined) return OF_FORMAT[format];
  return "your text".padEnd(minLength, ".").slice(0, maxLength);
}

function exampleOf(field: Field): Json {
  if (field.default !== undefined) return field.default;
  switch (field.type) {
    case "string":
      return field.enum?.[0] ?? field.oneOf?.[0]?.const ?? textOf(field);
    case "integer":
    case "number":
      return field.minimum ?? Math.min(0, field.maximum ?? 0);
    case "boolean":
      return true;
    case "array":
      return (field.items.enum ?? field.items.anyOf?.map((option) => option.const) ?? []).slice(0, field.minItems ?? 1);
    default:
      return field satisfies never;
  }
}

/**
 * An answer that the schema of a question takes, to be shown as one: the fields that it must have, with their defaults
 * where they have one. Empty where none is found so simply.
 */
export function exampleAnswer(schema: JsonObject): JsonObject {
  const parsed = QuestionSchema.safeParse(schema);
  if (!parsed.success) return {};
  const { properties, required = [] } = parsed.data;
  const wanted = Object.entries(properties).filter(([name]) => required.includes(name));
  const example = Object.fromEntries(wanted.map(([name, field]) => [name, exampleOf(field)]));
  return checkAnswer(schema, example).length === 0 ? example : {};
}
