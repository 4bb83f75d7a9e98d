import * as z from "zod";
import { isOneExpression } from "../../expression/text-template.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { MAX_STRING_CHARS } from "../../limits.ts";
import { parseDuration } from "../duration.ts";

/** Any JSON value. It was parsed from JSON, so only its presence is checked; objects are taken as they are. */
export const jsonValue = z.unknown().refine((value) => value !== undefined, {
  error: "is missing",
  params: { fix: "Add it: any JSON value." },
}) as unknown as z.ZodType<Json, Json>;

/** The object as it came: zod's own would drop a field that is called `__proto__`. */
export const jsonObject = z
  .unknown()
  .superRefine((input, context) => {
    const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
    if (!isObject) context.addIssue({ code: "invalid_type", expected: "object", input });
  })
  .meta({ type: "object", properties: {} }) as unknown as z.ZodType<JsonObject, JsonObject>;

/** What a part of a step's path may be called. */
export const stepName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, "must be 1 to 64 of a-z, 0-9 and _, starting with a letter");

export const text = z.string().min(1).max(MAX_STRING_CHARS);

/** One whole `{% ... %}`. */
export const expression = text.refine(isOneExpression, {
  error: "is not one expression",
  params: { fix: 'Write one expression and nothing around it, such as "{% $input.ready %}".' },
});

/** Adds an issue when the text is not what it should be. */
export type TextCheck = (value: string, context: z.core.$RefinementCtx<string>) => void;

function rangeProblem(ms: number, maxMs: number, least: number): string | undefined {
  if (ms < least) return least > 1 ? `is shorter than ${least / 1_000} seconds` : "must be longer than 0 seconds";
  return ms > maxMs ? `is longer than ${maxMs / 1_000} seconds, the most there is` : undefined;
}

/** Of `least` to `maxMs` milliseconds. */
export const isDuration =
  (maxMs: number, least: number): TextCheck =>
  (value, context) => {
    const parsed = parseDuration(value);
    const message = parsed.ok ? rangeProblem(parsed.value, maxMs, least) : parsed.error.message;
    const fix = 'Write a number and a unit: "30 seconds", "5 minutes", "2 hours" or "1 day".';
    if (message !== undefined) context.addIssue({ code: "custom", message, params: { fix } });
  };

/** What to do about a number: the unit is missing. */
const withUnit: z.core.$ZodErrorMap = ({ input }) =>
  typeof input === "number" ? `Write it with its unit, such as "${input} seconds".` : undefined;

/** Text that was checked for nothing yet; a number is told its unit. */
export const durationText = z.string({ error: withUnit }).min(1).max(MAX_STRING_CHARS);

export const duration = (maxMs: number, least: 0 | 1 = 1) => durationText.superRefine(isDuration(maxMs, least));
