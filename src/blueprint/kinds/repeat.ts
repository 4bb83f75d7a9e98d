import * as z from "zod";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { DEFAULT_ROUNDS, MAX_ROUND_PAUSE_MS, MAX_ROUNDS } from "../../limits.ts";
import { literalShape } from "../faults/shapes.ts";
import { durationTerm, numberTerm } from "../terms.ts";
import { around, type Kind, stepOf } from "./common.ts";
import { expression, jsonValue } from "./fields.ts";

const { retry: _meaningless, ...common } = around("repeat");

const fields = {
  ...common,
  state: jsonValue.default({}).describe("The first $state."),
  next: jsonValue.optional().describe("The next $state; else the last output."),
  while: expression.optional().describe("Go on while true."),
  until: expression.optional().describe("Go on until true."),
  limit: numberTerm(1, MAX_ROUNDS).default(DEFAULT_ROUNDS).describe("The most rounds."),
  on_limit: z.enum(["fail", "stop"]).default("fail").describe("`stop`: succeed."),
  pause: durationTerm(MAX_ROUND_PAUSE_MS, 0).optional().describe("Between rounds."),
};

export type RepeatFields = z.output<z.ZodObject<typeof fields>>;
export type RepeatFieldsInput = z.input<z.ZodObject<typeof fields>>;

const both = (step: JsonObject, at: string): Fault[] => {
  if (step.while === undefined || step.until === undefined) return [];
  const fix = "Keep one of them: while goes on as long as it is true, until goes on until it is.";
  return [{ path: jsonPath(at, ["until"]), message: "stands beside while", fix }];
};

/** @param steps schema of a list of steps of any kind, this one too */
export const repeat = <Steps extends z.ZodType>(steps: Steps) =>
  ({
    templates: ["state", "next", "while", "until"],
    afterInner: ["next", "while", "until"],
    output: ({ next, steps }, last) => (next === undefined ? last(steps) : literalShape(next)),
    inner: ({ steps }) => [{ keys: ["steps"], steps, segment: `#${MAX_ROUNDS}`, sees: ["state", "round"] }],
    check: both,
    schema: stepOf({
      ...fields,
      steps: steps.describe("One round."),
    }),
  }) satisfies Kind;
