import * as z from "zod";
import type { Kind } from "../../blueprint/kinds/common.ts";
import { KIND_TABLE } from "../../blueprint/kinds/index.ts";
import { ownValue } from "../../lib/json.ts";

/** Lists of fields, made from the schemas that check them. */

interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  $defs?: Record<string, Schema>;
}

const jsonSchema = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as unknown as Schema;

/** Of kinds of steps. */
const isSteps = ({ items }: Schema): boolean => items?.oneOf !== undefined || items?.$ref !== undefined;

function numberText({ type, minimum, maximum }: Schema): string {
  const bound = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? ` ${minimum ?? 0} to ${maximum}` : "";
  return `${type}${bound}`;
}

/** What the schema refers to, under its own description. Only lists of steps, and what holds them, are referred to. */
function resolved(schema: Schema, defs: Record<string, Schema>): Schema {
  const { $ref, ...own } = schema;
  const meant = $ref === undefined ? undefined : ownValue(defs, $ref.replace("#/$defs/", ""));
  return meant === undefined ? schema : resolved({ ...meant, ...own }, defs);
}

/** The type of a value, in words. */
function typeText(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeText))].join(" or ");
  if (schema.type === "array") return isSteps(schema) ? "list of steps" : "list";
  if (schema.type === "integer" || schema.type === "number") return numberText(schema);
  return typeof schema.type === "string" ? schema.type : "any JSON";
}

/** What stands when the field is left out; an object's own defaults in one. */
function defaultText(schema: Schema, isRequired: boolean): string {
  if (isRequired) return "required";
  const inner = Object.entries(schema.properties ?? {}).map(([key, field]) => [key, field.default]);
  const value = inner.length > 0 ? Object.fromEntries(inner) : schema.default;
  return value === undefined ? "" : `\`${JSON.stringify(value)}\``;
}

interface Row {
  name: string;
  type: string;
  fallback: string;
  meaning: string;
}

function rowsOf(schema: z.ZodType): Row[] {
  const { properties = {}, required = [], $defs = {} } = jsonSchema(schema);
  return Object.entries(properties).map(([name, own]) => {
    const field = resolved(own, $defs);
    return {
      name,
      type: typeText(field),
      fallback: defaultText(own, required.includes(name)),
      meaning: field.description ?? "",
    };
  });
}

const list = (rows: readonly Row[]): string =>
  rows
    .map(({ name, type, fallback, meaning }) => {
      const kind = fallback === "" ? type : `${type}, ${fallback}`;
      return `- \`${name}\` (${kind}): ${meaning}`;
    })
    .join("\n");

export const fieldList = (schema: z.ZodType): string => list(rowsOf(schema));

const allRows: ReadonlyMap<string, Row[]> = new Map(
  [...KIND_TABLE].map(([type, { schema }]) => [type, rowsOf(schema)]),
);

const sameRow = (a: Row, b: Row): boolean =>
  a.name === b.name && a.type === b.type && a.fallback === b.fallback && a.meaning === b.meaning;

/** Fields that most kinds have, as most kinds have them. */
const commonRows: Row[] = (allRows.get("transform") ?? []).filter(
  (row) => [...allRows.values()].filter((rows) => rows.some(({ name }) => name === row.name)).length > allRows.size / 2,
);

/** Kinds that act have it. */
const undoRows: Row[] = (allRows.get("http") ?? []).filter(({ name }) => name === "undo");

export const commonList = (): string => list([...commonRows.filter(({ name }) => name !== "type"), ...undoRows]);

/** What the common part of the guide says, also where defaults differ from kind to kind in a number. */
const TOLD = ["type", "retry", "undo"];

/** The kind's own fields, and common ones that differ; those that take expressions are marked. */
export function kindList(type: string, { templates }: Kind): string {
  const own = (allRows.get(type) ?? []).filter(
    (row) => !TOLD.includes(row.name) && !commonRows.some((common) => sameRow(common, row)),
  );
  const marked = own.map((row) => (templates.includes(row.name) ? { ...row, type: `${row.type}*` } : row));
  return list(marked);
}
