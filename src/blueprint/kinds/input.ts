import * as z from "zod";
import { MAX_INPUT_TIMEOUT_MS } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { questionFaults } from "../schemas/check-answer.ts";
import { durationTerm } from "../terms.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonObject, text } from "./fields.ts";

export const DEFAULT_INPUT_TIMEOUT = "1 day";

export const input = {
  templates: ["message", "schema"],
  output: () => shapeOf(["action", "content"], "content"),
  check: questionFaults,
  schema: stepOf({
    ...common("input", { retries: 0 }),
    message: text.describe("What is asked; may hold expressions."),
    schema: jsonObject.describe("What is answered: a flat object of strings, numbers, booleans and choices."),
    link: z.literal(true).optional().describe("Gives `$link.<id>`."),
    timeout: durationTerm(MAX_INPUT_TIMEOUT_MS)
      .default(DEFAULT_INPUT_TIMEOUT)
      .describe("How long the question stays open."),
    default: jsonObject.optional().describe("The content when nobody answers in time; without it the step fails."),
  }),
} satisfies Kind;
