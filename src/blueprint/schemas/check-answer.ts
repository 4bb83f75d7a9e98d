import { type Schema, validate } from "@cfworker/json-schema";
import { type Keys, templateTexts } from "../../expression/template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject, jsonBytes } from "../../lib/json.ts";
import { MAX_QUESTION_SCHEMA_BYTES } from "../../limits.ts";
import { readWith } from "../faults/zod-faults.ts";
import { inputFaults } from "./input-faults.ts";
import { checkInputSchema, lookupOf } from "./input-schema.ts";
import { openChoices, withChoices } from "./open-choices.ts";
import { type Field, QuestionSchema } from "./question-schema.ts";
import { schemaFaults } from "./schema-faults.ts";

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

/** Whether MCP can ask it: clients show such a schema as a form. */
export const isElicitable = (schema: JsonObject): boolean => QuestionSchema.safeParse(schema).success;

/**
 * What is wrong with the content of an answer, with paths that start with `root`.
 * @param schema of an `input` step that was checked, its choices known
 */
export function checkAnswer(schema: JsonObject, content: Json, root = "content"): Fault[] {
  const flat = QuestionSchema.safeParse(schema);
  if (flat.success) return contentFaults(root, flat.data, content);
  if (isJsonObject(content)) return schemaFaults(root, schema, content);
  return [{ path: root, message: "is not an object", fix: "Send a JSON object." }];
}

function fieldFaults(at: string, { properties }: QuestionSchema): Fault[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    if (field.default === undefined) return [];
    return ruleFaults(jsonPath(at, ["properties", name, "default"]), ruleOf(field), field.default);
  });
}

function sizeFaults(at: string, schema: JsonObject): Fault[] {
  const bytes = jsonBytes(schema);
  if (bytes <= MAX_QUESTION_SCHEMA_BYTES) return [];
  const message = `has ${bytes} bytes, the most is ${MAX_QUESTION_SCHEMA_BYTES}`;
  return [{ path: at, message, fix: "Ask for less, in several steps if need be." }];
}

function shapeFaults(at: string, schema: JsonObject, isLinked: boolean): Fault[] {
  if (!isLinked) {
    const read = readWith(at, QuestionSchema, schema);
    return read.ok ? [] : read.error;
  }
  const { type = "object" } = schema;
  if (type === "object") return checkInputSchema(schema, at);
  return [{ path: jsonPath(at, ["type"]), message: "is not object", fix: "The content of an answer is an object." }];
}

/**
 * What is wrong with the schema of a question and with what stands when nobody answers, their choices known.
 * @param isLinked whether it has a link: then clients need not show it as a form
 */
export function askedFaults(
  at: string,
  schema: JsonObject,
  isLinked: boolean,
  fallback: Json | undefined,
): { schema: Fault[]; fallback: Fault[] } {
  const shape = [...sizeFaults(at, schema), ...shapeFaults(at, schema, isLinked)];
  const flat = QuestionSchema.safeParse(schema);
  const faults = flat.success ? [...shape, ...fieldFaults(at, flat.data)] : shape;
  const isChecked = faults.length === 0 && isJsonObject(fallback);
  return { schema: faults, fallback: isChecked ? checkAnswer(schema, fallback, "default") : [] };
}

function literalFaults(at: string, field: string, value: Json | undefined, open: readonly Keys[]): Fault[] {
  const fix = "Put what depends on the job into message, or into an enum that is one expression.";
  const isChoice = (keys: Keys) => open.some((each) => each.join("\n") === keys.slice(1).join("\n"));
  return [...templateTexts(value ?? null, [field])]
    .filter(([keys]) => !isChoice(keys))
    .map(([keys]) => ({ path: jsonPath(at, keys), message: "holds an expression, and is used as it is written", fix }));
}

/** Any choice of the field: what it will be is not known yet. */
const UNKNOWN = "{%%}";

/** What stands in for choices that are not known is no value that a default could be. */
const saysUnknown = ({ fix = "", message }: Fault): boolean => `${fix}${message}`.includes(UNKNOWN);

/** What is wrong with an `input` step at the path `at`, which may not have the schema's shape. */
export function questionFaults(step: JsonObject, at: string): Fault[] {
  if (!isJsonObject(step.schema)) return [];
  const open = openChoices(step.schema);
  const faults = [
    ...literalFaults(
      at,
      "schema",
      step.schema,
      open.map(({ keys }) => keys),
    ),
    ...literalFaults(at, "default", step.default, []),
  ];
  const place = jsonPath(at, ["schema"]);
  const known = withChoices(
    step.schema,
    open.map(() => [UNKNOWN]),
  );
  const found = askedFaults(place, known, step.link === true, step.default);
  const fallback = found.fallback.map((fault) => ({ ...fault, path: `${at}.${fault.path}` }));
  return [...faults, ...[...found.schema, ...fallback].filter((fault) => !saysUnknown(fault))];
}
