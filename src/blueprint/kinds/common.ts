import * as z from "zod";
import type { Variable } from "../../expression/scope.ts";
import type { Keys } from "../../expression/template.ts";
import { BACKOFFS } from "../../jobs/run/backoff.ts";
import type { Fault } from "../../lib/fault.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { MAX_JOB_TIMEOUT_MS, MAX_RETRIES, MAX_RETRY_DELAY_MS, MAX_STEP_TIMEOUT_MS } from "../../limits.ts";
import type { Shape } from "../faults/shapes.ts";
import { strict } from "../strict.ts";
import { durationTerm, numberTerm } from "../terms.ts";
import { expression, stepName } from "./fields.ts";
import { IN_KIND, IN_RETRY, IN_STEP } from "./misplaced.ts";

/** A list of steps inside a step. */
export interface Inner {
  /** From the step to the list. */
  keys: Keys;
  steps: Json | undefined;
  /** The longest that comes between the step's path and the dot before an inner step's id. */
  segment: string;
  /** What they see that the step does not. */
  sees: readonly Variable[];
  /** They take the step's effect back, and see its output. */
  isUndo?: true;
  /** There is one, and the keys lead to it. */
  isSingle?: boolean;
}

/** What the checks at submit must know of a kind, besides its schema. */
export interface Kind {
  schema: z.ZodObject;
  /** Fields that may hold expressions, besides `when`. */
  templates: readonly string[];
  /** What those of them see that other fields do not, by field. */
  sees?: Readonly<Record<string, readonly Variable[]>>;
  /** Whether a secret may stand at these keys from the step; left out: nowhere. */
  sendsSecret?: (keys: Keys) => boolean;
  /** Those of them that see what the steps inside see, and the outputs of these. */
  afterInner?: readonly string[];
  /** The lists of steps inside the step, which may not have the schema's shape. */
  inner?: (step: JsonObject) => readonly Inner[];
  /** The field with an inline blueprint, or the name of one, that runs as a job of its own. */
  child?: string;
  /** Whether it has an effect that `undo` can take back. */
  isUndoable?: true;
  /** Whether it asks a language model, of which the server may have none. */
  needsModel?: true;
  /** What is known of the output; `last` is that of a list of steps. Left out: nothing is. */
  output?: (step: JsonObject, last: (steps: Json | undefined) => Shape | undefined) => Shape | undefined;
  /** Whether it acts on time or state alone, so that its output is not what the steps around it yield; left out: no. */
  isSilent?: (step: JsonObject) => boolean;
  /** What else can be wrong with the step at the path `at`; it may not have the schema's shape. */
  check?: (step: JsonObject, at: string) => Fault[];
}

const retry = (limit: number, delay: string) =>
  strict(
    {
      limit: numberTerm(0, MAX_RETRIES).default(limit).describe("Tries after the first one."),
      delay: durationTerm(MAX_RETRY_DELAY_MS, 0).default(delay).describe("Before the first retry."),
      backoff: z.enum(BACKOFFS).default("exponential").describe("How the delay grows."),
    },
    IN_RETRY,
    '{"limit": 3, "delay": "2 seconds"}',
  )
    .prefault({})
    .describe(`When to try again; ${limit} retries when left out.`);

/** A step of these fields. */
export const stepOf = <Shape extends z.core.$ZodLooseShape & { type: z.ZodLiteral<string> }>(shape: Shape) =>
  strict(shape, { ...IN_STEP, ...IN_KIND[shape.type.value] });

/** Fields of every step. */
export const outer = <Type extends string>(type: Type) => ({
  id: stepName.describe("Unique in the whole blueprint; later steps read the output as $steps.<id>."),
  type: z.literal(type),
  when: expression.optional().describe("Run the step only if this is true; a skipped step's output is nothing."),
  on_error: z
    .enum(["fail", "continue"])
    .default("fail")
    .describe("`continue`: go on with the output {error: {code, message, status?, body?}}."),
});

/**
 * Fields of a step with others inside. Its `retry` never meant anything, and no plan keeps it: one that has it was made
 * when its `timeout` meant nothing either, and is not bounded.
 */
export const around = <Type extends string>(type: Type) => ({
  ...outer(type),
  retry: retry(0, "2 seconds").optional().describe("Means nothing here: the steps inside have their own."),
  timeout: durationTerm(MAX_JOB_TIMEOUT_MS).optional().describe("For all of it; then it fails."),
});

export const withoutRetry = <Step extends { retry?: unknown }>(step: Step): Step => {
  const { retry: _meaningless, ...kept } = step;
  return kept as Step;
};

/** The literal or open bound of all that the step runs; undefined: there is none. */
export const boundOf = <Timeout>(step: { retry?: unknown; timeout?: Timeout }): Timeout | undefined =>
  step.retry === undefined ? step.timeout : undefined;

/** Fields of a step that acts itself. `retries` and `delay`, before the first of them, are the kind's defaults. */
export const common = <Type extends string>(
  type: Type,
  { retries, delay = "2 seconds" }: { retries: number; delay?: string },
) => ({
  ...outer(type),
  retry: retry(retries, delay),
  timeout: durationTerm(MAX_STEP_TIMEOUT_MS).default("30 seconds").describe("For one try, such as `30 seconds`."),
});
