import * as z from "zod";
import { visibleLines } from "../lib/safe-text.ts";
import { MAX_AI_BUDGET, MAX_JOB_TIMEOUT_MS, MAX_STRING_CHARS } from "../limits.ts";
import { Concurrency, priority } from "./job-limits.ts";
import { duration, jsonObject, jsonValue } from "./kinds/fields.ts";
import { IN_DOCUMENT } from "./kinds/misplaced.ts";
import { strict } from "./strict.ts";

const fields = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, "must be 1 to 64 of a-z, 0-9 and -, starting with a letter")
    .describe("Names the plan; also the job's name unless the submit gives one."),
  description: z
    .string()
    .max(MAX_STRING_CHARS)
    .overwrite(visibleLines)
    .optional()
    .describe("What it does, in a sentence."),
  input: jsonObject.optional().describe("JSON Schema of the input; any object when left out."),
  timeout: duration(MAX_JOB_TIMEOUT_MS)
    .optional()
    .describe("The job's timeout when its submit gives none; a day and the waits that the steps name when left out."),
  concurrency: Concurrency.optional().describe("How many of its jobs run at once."),
  priority: priority.optional().describe("The higher goes first; 0 when left out."),
  budget: strict({ ai_tokens: z.int().min(1).max(MAX_AI_BUDGET).describe("Of all ai steps of the job together.") })
    .optional()
    .describe("What the job may use at most."),
  output: jsonValue.optional().describe("The job's result, with expressions; the last step's output when left out."),
};

export type DocumentFields = z.output<z.ZodObject<typeof fields>>;
export type DocumentFieldsInput = z.input<z.ZodObject<typeof fields>>;

/** A blueprint, whether it is submitted or stands inside another. @param steps schema of a list of steps */
export const document = <Steps extends z.ZodType>(steps: Steps) =>
  strict(
    {
      ...fields,
      steps: steps.describe("Run in order; each sees the outputs of those before it as $steps.<id>."),
      finally: steps.optional().describe("Run when the job has ended, however; see $outcome."),
    },
    IN_DOCUMENT,
  );
