import { type Schema, validate } from "@cfworker/json-schema";
import { templateTexts } from "../../expression/template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject, jsonBytes } from "../../lib/json.ts";
import { MAX_QUESTION_SCHEMA_BYTES } from "../../limits.ts";
import { inputFaults } from "./input-faults.ts";
import { lookupOf } from "./input-schema.ts";
import { type Field, QuestionSchema } from "./question-schema.ts";

const values = (options: readonly { const: string }[]): string[] => options.map((option) => option.const);

/** What the validator needs of a field. Titled choices become plain ones, whose findings name the choices. */
function ruleOf(field: Field): JsonObject {
  // The validator writes into the schema.
  const { title: _title, description: _description, default: _default, ...rule } = structuredClone(field);
  if (rule.type === "string" && rule.oneOf !== undefined) return { type: "string", enum: values(rule.oneOf) };
  if (rule.type !== "array" || rule.items.anyOf === undefined) return rule as JsonObject;
  return { ...rule, items: { type: "string", enum: values(rule.items.anyOf) } } as JsonObject;
}

function ruleFaults(root: string, rule: JsonObject, value: Json): Fault[] {
  const { valid, errors } = validate(value, rule as Schema, "2020-12", lookupOf(rule), false);
  return valid ? [] : inputFaults(root, rule, value, errors);
}

function contentFaults(root: string, { properties, required = [] }: QuestionSchema, content: Json): Fault[] {
  const rules = Object.entries(properties).map(([name, field]) => [name, ruleOf(field)] as const);
  const rule = { type: "object", properties: Object.fromEntries(rules), required, additionalProperties: false };
  return ruleFaults(root, rule, content);
}

/**
 * What is wrong with the content of an answer, with paths that start with `content`.
 * @param schema of an `input` step that was checked; throws on any other
 */
export const checkAnswer = (schema: JsonObject, content: Json): Fault[] =>
  contentFaults("content", QuestionSchema.parse(schema), content);

function fieldFaults(at: string, { properties }: QuestionSchema): Fault[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    if (field.default === undefined) return [];
    return ruleFaults(jsonPath(at, ["schema", "properties", name, "default"]), ruleOf(field), field.default);
  });
}

function literalFaults(at: string, field: string, value: Json | undefined): Fault[] {
  const fix = "Put what depends on the job into message.";
  return [...templateTexts(value ?? null, [field])].map(([keys]) => {
    return { path: jsonPath(at, keys), message: "holds an expression, and is used as it is written", fix };
  });
}

/** What is wrong with an `input` step at the path `at`, where its schema alone has the right shape. */
export function questionFaults(step: JsonObject, at: string): Fault[] {
  const faults = ["schema", "default"].flatMap((field) => literalFaults(at, field, step[field]));
  const bytes = jsonBytes(step.schema ?? null);
  if (bytes > MAX_QUESTION_SCHEMA_BYTES) {
    const message = `has ${bytes} bytes, the most is ${MAX_QUESTION_SCHEMA_BYTES}`;
    faults.push({ path: jsonPath(at, ["schema"]), message, fix: "Ask for less, in several steps if need be." });
  }
  const parsed = QuestionSchema.safeParse(step.schema);
  if (!parsed.success) return faults;
  faults.push(...fieldFaults(at, parsed.data));
  if (isJsonObject(step.default)) faults.push(...contentFaults(jsonPath(at, ["default"]), parsed.data, step.default));
  return faults;
}
