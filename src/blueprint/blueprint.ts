import { z } from "zod";
import type { JsonObject } from "../jobs/json.ts";
import { MAX_STRING_CHARS } from "../limits.ts";
import { jsonValue, strict } from "./kinds/fields.ts";
import { Steps } from "./kinds/index.ts";

const inputSchema = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject, JsonObject>;

/** A plan of steps, by its shape alone; `checkBlueprint` knows the rest. */
export const Blueprint = strict({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, "must be 1 to 64 of a-z, 0-9 and -, starting with a letter")
    .describe("Names the plan; also the job's name unless the submit gives one."),
  description: z.string().max(MAX_STRING_CHARS).optional().describe("What it does, in a sentence."),
  input: inputSchema.optional().describe("JSON Schema of the input; any object when left out."),
  steps: Steps.describe("Run in order; each sees the outputs of those before it as $steps.<id>."),
  output: jsonValue.optional().describe("The job's result, with expressions; the last step's output when left out."),
});

/** As a plan keeps it, with every default filled in. PERSISTED: new fields optional; never rename. */
export type Blueprint = z.output<typeof Blueprint>;
/** As it may be written. */
export type BlueprintInput = z.input<typeof Blueprint>;
