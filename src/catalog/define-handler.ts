import * as z from "zod";
import type { StepError } from "../jobs/job.ts";
import type { Json } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { oneLine } from "../lib/safe-text.ts";
import { MAX_ERROR_CHARS } from "../limits.ts";

/** Why a handler could not do its work. `retryable`: another try may succeed. */
export type HandlerError = StepError & { retryable: boolean };

/** What a handler may touch: nothing else reaches the world or the clock. */
export interface HandlerContext {
  /** Refuses private addresses, by throwing. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /** Epoch ms. */
  now(): number;
  /** Aborts at the step's timeout. */
  signal: AbortSignal;
  /** Who asks, for requests. */
  userAgent: string;
}

/** A typed function that a blueprint calls by name, in a step of type `handler`. */
export interface Handler {
  name: string;
  description: string;
  /** JSON Schemas, for whoever writes a blueprint. */
  input: Json;
  output: Json;
  /** An input that the schema refuses is an error with code `handler_input`, never retried. */
  run(input: Json, context: HandlerContext): Promise<Result<Json, HandlerError>>;
}

interface HandlerDefinition<I extends z.ZodType, O extends z.ZodType<Json>> {
  name: string;
  description: string;
  input: I;
  output: O;
  /** Runs at least once for each step; a thrown error is a bug. */
  run(input: z.output<I>, context: HandlerContext): Promise<Result<z.input<O>, HandlerError>>;
}

/** Give a typed function the untyped shape of the table. Throws when the function breaks its own output schema. */
export function defineHandler<I extends z.ZodType, O extends z.ZodType<Json>>(
  definition: HandlerDefinition<I, O>,
): Handler {
  const { name, description, input, output } = definition;
  return {
    name,
    description,
    input: jsonSchema(input),
    output: jsonSchema(output),
    async run(value, context) {
      const parsed = input.safeParse(value);
      if (!parsed.success) return err(inputError(name, parsed.error));
      const result = await definition.run(parsed.data, context);
      return result.ok ? ok(output.parse(result.value)) : result;
    },
  };
}

function inputError(name: string, error: z.ZodError): HandlerError {
  const faults = error.issues.map(({ path, message }) => `${path.length > 0 ? path.join(".") : "input"}: ${message}`);
  const message = oneLine(`The input of ${name} does not fit. ${faults.join("; ")}`, MAX_ERROR_CHARS);
  return { code: "handler_input", message, retryable: false };
}

// JSON Schema is plain JSON; zod types it more narrowly.
const jsonSchema = (schema: z.ZodType): Json => JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: "input" })));
