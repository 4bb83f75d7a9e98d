import * as z from "zod";
import { strict } from "../strict.ts";

/** The part of JSON Schema 2020-12 that inputs are checked with; what would be ignored is refused. */

export const SCHEMA_KEYWORDS = [
  ...["additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"],
  ...["unevaluatedItems", "unevaluatedProperties"],
] as const;
export const SCHEMA_LIST_KEYWORDS = ["allOf", "anyOf", "oneOf", "prefixItems"] as const;
export const SCHEMA_MAP_KEYWORDS = ["$defs", "definitions", "dependentSchemas", "properties"] as const;

const COUNTS = [
  ...["maxContains", "maxItems", "maxLength", "maxProperties"],
  ...["minContains", "minItems", "minLength", "minProperties"],
] as const;
const BOUNDS = ["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"] as const;
const TEXTS = ["$comment", "$schema", "description", "title"] as const;
const FLAGS = ["deprecated", "readOnly", "uniqueItems", "writeOnly"] as const;
const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"] as const;
/** Those that the validator knows and checks in linear time. */
const FORMATS = [
  ...["date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "json-pointer", "time", "uri", "uuid"],
] as const;

const REFUSED: Readonly<Record<string, string>> = {
  $anchor: "name it under $defs and refer to it as #/$defs/name",
  $dynamicAnchor: "name it under $defs and refer to it as #/$defs/name",
  $dynamicRef: "use $ref",
  $id: "leave it out",
  $recursiveAnchor: "leave it out",
  $recursiveRef: 'use {"$ref": "#"}',
  pattern: "use enum, format or maxLength, or check in a transform step",
  patternProperties: "use properties or additionalProperties",
};

const keywords = <Name extends string>(names: readonly Name[], schema: z.ZodType) =>
  Object.fromEntries(names.map((name) => [name, schema.optional()]));

const refused = Object.entries(REFUSED).map(([name, instead]) => {
  const schema = z.unknown().refine((value) => value === undefined, {
    error: `${name} is not available in input schemas`,
    params: { fix: `Instead, ${instead}.` },
  });
  return [name, schema.optional()] as const;
});

const names = z.array(z.string());
const type = z.enum(TYPES);

const SchemaObject = strict({
  type: z.union([type, z.array(type).min(1)]).optional(),
  enum: z.array(z.unknown()).min(1).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  examples: z.array(z.unknown()).optional(),
  format: z.enum(FORMATS).optional(),
  required: names.optional(),
  dependentRequired: z.record(z.string(), names).optional(),
  multipleOf: z.number().positive().optional(),
  $ref: z
    .string()
    .regex(/^#(\/.*)?$/, "refers out of the document")
    .optional(),
  ...keywords(COUNTS, z.int().min(0)),
  ...keywords(BOUNDS, z.number()),
  ...keywords(TEXTS, z.string()),
  ...keywords(FLAGS, z.boolean()),
  ...keywords(
    SCHEMA_KEYWORDS,
    z.lazy(() => AnySchema),
  ),
  ...keywords(SCHEMA_LIST_KEYWORDS, z.array(z.lazy(() => AnySchema)).min(1)),
  ...keywords(
    SCHEMA_MAP_KEYWORDS,
    z.record(
      z.string(),
      z.lazy(() => AnySchema),
    ),
  ),
  ...Object.fromEntries(refused),
});

/** A schema inside a schema may also be true (anything) or false (nothing). */
const AnySchema: z.ZodType = z.union([z.boolean(), SchemaObject]);

/** Whether a schema may have the field. */
export const isKeyword = (name: string): boolean => Object.hasOwn(SchemaObject.shape, name);

/** The schema of an input: an object of keywords. */
export const InputSchema: z.ZodType = SchemaObject;
