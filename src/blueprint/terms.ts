import * as z from "zod";
import { hasExpression, isOneExpression } from "../expression/text-template.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { parseDuration } from "./duration.ts";
import { durationText, expression, isDuration } from "./kinds/fields.ts";

/** Numbers and durations of a step, each of which may be one expression. What it gives is checked when it is known. */

/** Fields with such terms, of any kind. */
export const TERM_FIELDS = [
  "timeout",
  "retry",
  "rate",
  "concurrency",
  "max_items",
  "every",
  "limit",
  "pause",
  "lease",
  "max_tokens",
] as const;

export const durationTerm = (maxMs: number, least = 1) =>
  durationText.superRefine((value, context) => {
    if (!isOneExpression(value)) isDuration(maxMs, least)(value, context);
  });

export const numberTerm = (least: number, most: number) => z.union([z.int().min(least).max(most), expression]);

type Field = (typeof TERM_FIELDS)[number];
/** A number that may be an expression, as a number. */
type Value<Term> = number extends Term ? Exclude<Term, string> : Term;
type Parts<Field> = Field extends object ? { [Part in keyof Field]: Value<Field[Part]> } : Field;
/** The step, or a part of it, when its terms are known. */
export type Ready<Step> = {
  [Key in keyof Step]: Key extends "retry" | "rate"
    ? Parts<Step[Key]>
    : Key extends Field
      ? Value<Step[Key]>
      : Step[Key];
};

const isOpen = (value: Json | undefined): boolean =>
  typeof value === "string" ? hasExpression(value) : isJsonObject(value) && Object.values(value).some(isOpen);

/** The fields of the step whose terms hold expressions. */
export const openTerms = (step: JsonObject): JsonObject =>
  Object.fromEntries(TERM_FIELDS.flatMap((field) => (isOpen(step[field]) ? [[field, step[field] ?? null]] : [])));

/** Whether it would be a term, were its bounds wider. */
export const isTerm = (value: Json | undefined): boolean =>
  Number.isInteger(value) || (typeof value === "string" && parseDuration(value).ok);
