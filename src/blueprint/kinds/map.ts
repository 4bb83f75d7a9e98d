import * as z from "zod";
import { MAX_MAP_CONCURRENCY, MAX_MAP_ITEMS } from "../../limits.ts";
import { numberTerm } from "../terms.ts";
import { around, type Kind, stepOf, withoutRetry } from "./common.ts";
import { expression, jsonValue } from "./fields.ts";

const fields = {
  ...around("map"),
  over: z
    .union([z.array(jsonValue).max(MAX_MAP_ITEMS), expression])
    .describe("The items: a list, or an expression. Nothing is no item, a value that is no list is one item."),
  concurrency: numberTerm(1, MAX_MAP_CONCURRENCY).default(5).describe("Items that run at the same time."),
  max_items: numberTerm(1, MAX_MAP_ITEMS).default(MAX_MAP_ITEMS).describe("More items fail the step."),
};

export type MapFields = z.output<z.ZodObject<typeof fields>>;
export type MapFieldsInput = z.input<z.ZodObject<typeof fields>>;

/** @param steps schema of a list of steps of any kind, this one too */
export const map = <Steps extends z.ZodType>(steps: Steps) =>
  ({
    templates: ["over"],
    // A path over a list goes on in each of its items.
    output: ({ steps }, last) => last(steps),
    inner: ({ steps }) => [{ keys: ["steps"], steps, segment: `[${MAX_MAP_ITEMS}]`, sees: ["item", "index"] }],
    schema: stepOf({
      ...fields,
      steps: steps.describe("Run for each item, which is $item; $index counts from 0."),
    }).overwrite(withoutRetry),
  }) satisfies Kind;
