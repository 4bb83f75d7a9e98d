import * as z from "zod";
import { stripInvisible } from "../../lib/safe-text.ts";
import { strict } from "../strict.ts";

/**
 * The schema of an answer: what MCP lets a server elicit, which every client can show as a form.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation
 */

/** What people read in a form. */
const label = z.string().overwrite(stripInvisible);
const words = { title: label.optional(), description: label.optional() };
const count = z.int().min(0).optional();
const options = z.array(z.string()).min(1);
const titledOptions = z.array(strict({ const: z.string(), title: label })).min(1);

const isOrdered = (least: number | undefined, most: number | undefined): boolean => (least ?? 0) <= (most ?? Infinity);
const unordered = (least: string, most: string) => {
  return { error: `${least} is more than ${most}`, params: { fix: "Leave room for an answer." } };
};
const oneOrNone = {
  error: "has both enum and oneOf",
  params: { fix: "Use oneOf for choices with titles, else enum." },
};

const TextField = strict({
  type: z.literal("string"),
  ...words,
  minLength: count,
  maxLength: count,
  format: z.enum(["date", "date-time", "email", "uri"]).optional(),
  enum: options.optional(),
  /** The older way to give choices titles. */
  enumNames: z.array(label).optional(),
  oneOf: titledOptions.optional(),
  default: z.string().optional(),
})
  .refine((field) => isOrdered(field.minLength, field.maxLength), unordered("minLength", "maxLength"))
  .refine((field) => field.enum === undefined || field.oneOf === undefined, oneOrNone)
  .refine((field) => field.enumNames === undefined || field.enumNames.length === field.enum?.length, {
    error: "has not one of enumNames for each of enum",
    params: { fix: "Use oneOf for choices with titles." },
  });

const NumberField = strict({
  type: z.enum(["number", "integer"]),
  ...words,
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  default: z.number().optional(),
}).refine(({ minimum = -Infinity, maximum }) => isOrdered(minimum, maximum), unordered("minimum", "maximum"));

const FlagField = strict({ type: z.literal("boolean"), ...words, default: z.boolean().optional() });

const ListField = strict({
  type: z.literal("array"),
  ...words,
  minItems: count,
  maxItems: count,
  items: strict({
    type: z.literal("string").default("string"),
    enum: options.optional(),
    anyOf: titledOptions.optional(),
  }).refine((items) => (items.enum === undefined) !== (items.anyOf === undefined), {
    error: "needs exactly one of enum and anyOf",
    params: { fix: 'Send "enum": ["a", "b"], or "anyOf": [{"const": "a", "title": "A"}].' },
  }),
  default: z.array(z.string()).optional(),
}).refine((field) => isOrdered(field.minItems, field.maxItems), unordered("minItems", "maxItems"));

const Field = z.discriminatedUnion("type", [TextField, NumberField, FlagField, ListField]);
export type Field = z.output<typeof Field>;

const fieldName = z
  .string()
  .regex(/^[A-Za-z][\w.-]{0,63}$/, "must be 1 to 64 of A-Z, a-z, 0-9, _, - and ., starting with a letter");

export const QuestionSchema = strict({
  $schema: z.string().optional(),
  type: z.literal("object"),
  properties: z.record(fieldName, Field).default({}),
  required: z.array(z.string()).optional(),
}).superRefine(({ properties, required = [] }, context) => {
  for (const [i, name] of required.entries()) {
    if (Object.hasOwn(properties, name)) continue;
    const params = { fix: "Require only names that stand in properties." };
    context.addIssue({ code: "custom", path: ["required", i], message: "is not one of the properties", params });
  }
});
export type QuestionSchema = z.output<typeof QuestionSchema>;
