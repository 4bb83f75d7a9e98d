import { isJsonObject, type Json, type JsonObject, ownValue } from "../../lib/json.ts";

/** What the fields of a form say, as the content of an answer. */

/** In the order of the form; a name may come again. */
export type FormFields = readonly (readonly [name: string, value: string])[];

/** The field of a form for a schema that has no fields: all of the content, as JSON. */
export const WHOLE_CONTENT = "content";

/** How a form asks for a property. */
export type Control = "text" | "number" | "flag" | "choice" | "choices" | "json";

function itemsOf(rule: JsonObject): Json | undefined {
  return isJsonObject(rule.items) ? (rule.items.enum ?? rule.items.anyOf ?? rule.items.type) : undefined;
}

export function controlOf(rule: Json): Control {
  if (!isJsonObject(rule)) return "json";
  switch (rule.type) {
    case "string":
      return Array.isArray(rule.enum) || Array.isArray(rule.oneOf) ? "choice" : "text";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "flag";
    case "array":
      return Array.isArray(itemsOf(rule)) ? "choices" : "json";
    default:
      return "json";
  }
}

/** The properties that a form has fields for; undefined: it has one for all. */
export const propertiesOf = ({ properties }: JsonObject): JsonObject | undefined =>
  isJsonObject(properties) && Object.keys(properties).length > 0 ? properties : undefined;

function jsonOr(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const numberOr = (text: string): Json => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

/** @returns undefined where the field was left empty */
function fieldValue(rule: Json, given: readonly string[]): Json | undefined {
  const filled = given.map((value) => value.replaceAll("\r\n", "\n")).filter((value) => value !== "");
  const last = filled.at(-1);
  const control = controlOf(rule);
  if (control === "choices") return filled.length > 0 ? filled : undefined;
  if (last === undefined) return undefined;
  switch (control) {
    case "text":
    case "choice":
      return last;
    case "number":
      return numberOr(last);
    case "flag":
      return last === "true" || last === "on" ? true : last === "false" ? false : last;
    case "json":
      return jsonOr(last);
    default:
      return control satisfies never;
  }
}

/** The content that a form was filled in with. What does not fit the schema stays as it is, for the check to name it. */
export function contentOfForm(schema: JsonObject, fields: FormFields): JsonObject {
  const properties = propertiesOf(schema);
  const names = [...new Set(fields.map(([name]) => name))];
  const given = (name: string) => fields.filter(([each]) => each === name).map(([, value]) => value);
  if (properties === undefined) {
    const whole = jsonOr(given(WHOLE_CONTENT).at(-1) || "{}");
    return isJsonObject(whole) ? whole : { [WHOLE_CONTENT]: whole };
  }
  const values = names.map(
    (name) => [name, fieldValue(ownValue(properties, name) ?? { type: "string" }, given(name))] as const,
  );
  // Not by assignment: a name may be `__proto__`.
  return Object.fromEntries(values.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
