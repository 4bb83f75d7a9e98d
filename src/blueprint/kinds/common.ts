import { z } from "zod";
import { MAX_RETRIES, MAX_RETRY_DELAY_MS, MAX_STEP_TIMEOUT_MS } from "../../limits.ts";
import { duration, expression, strict } from "./fields.ts";

/** What the checks at submit must know of a kind, besides its schema. */
export interface Kind {
  schema: z.ZodObject;
  /** Fields that may hold expressions, besides `when`. */
  templates: readonly string[];
  /** Those of them that see `$response`. */
  seeResponse?: readonly string[];
  /** Fields with steps that run for each item, and see `$item` and `$index`. */
  itemSteps?: readonly string[];
}

const retry = (limit: number) =>
  strict({
    limit: z.int().min(0).max(MAX_RETRIES).default(limit).describe("Tries after the first one."),
    delay: duration(MAX_RETRY_DELAY_MS, 0).default("2 seconds").describe("Before the first retry."),
    backoff: z.enum(["fixed", "linear", "exponential"]).default("exponential").describe("How the delay grows."),
  })
    .prefault({})
    .describe(`When to try again; ${limit} retries when left out.`);

/** Fields of every step. `retries` is the kind's default. */
export const common = <Type extends string>(type: Type, { retries }: { retries: number }) => ({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/, "must be 1 to 64 of a-z, 0-9 and _, starting with a letter")
    .describe("Unique in the whole blueprint; later steps read the output as $steps.<id>."),
  type: z.literal(type),
  when: expression.optional().describe("Run the step only if this is true; a skipped step's output is null."),
  retry: retry(retries),
  timeout: duration(MAX_STEP_TIMEOUT_MS).default("30 seconds").describe("For one try, such as `30 seconds`."),
  on_error: z
    .enum(["fail", "continue"])
    .default("fail")
    .describe("`continue`: go on with the output {error: {code, message, status?}}."),
});
