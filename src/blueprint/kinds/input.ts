import type * as z from "zod";
import type { JsonObject } from "../../lib/json.ts";
import { MAX_INPUT_TIMEOUT_MS } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { questionFaults } from "../schemas/check-answer.ts";
import { QuestionSchema } from "../schemas/question-schema.ts";
import { durationTerm } from "../terms.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonObject, text } from "./fields.ts";

/** Plain JSON for who stores it and sends it on. */
const question = QuestionSchema as unknown as z.ZodType<JsonObject, JsonObject>;

export const DEFAULT_INPUT_TIMEOUT = "1 day";

export const input = {
  templates: ["message"],
  output: () => shapeOf(["action", "content"], "content"),
  check: questionFaults,
  schema: stepOf({
    ...common("input", { retries: 0 }),
    message: text.describe("What is asked; may hold expressions."),
    schema: question.describe("What is answered: a flat object of strings, numbers, booleans and choices."),
    timeout: durationTerm(MAX_INPUT_TIMEOUT_MS)
      .default(DEFAULT_INPUT_TIMEOUT)
      .describe("How long the question stays open."),
    default: jsonObject.optional().describe("The content when nobody answers in time; without it the step fails."),
  }),
} satisfies Kind;
