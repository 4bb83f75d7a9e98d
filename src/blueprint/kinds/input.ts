import * as z from "zod";
import { EVENT_NAME_FIX, mayHappen } from "../../jobs/run/event-names.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { MAX_INPUT_TIMEOUT_MS, MAX_NAME_CHARS } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { questionFaults } from "../schemas/check-answer.ts";
import { strict } from "../strict.ts";
import { durationTerm } from "../terms.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { expression, jsonObject, text } from "./fields.ts";

export const DEFAULT_INPUT_TIMEOUT = "1 day";

const eventName = z
  .string()
  .max(MAX_NAME_CHARS)
  .refine(mayHappen, { error: "is the name of no event", params: { fix: EVENT_NAME_FIX } });

/** What a person is asked, none of which an event reads. */
const ASKED = ["message", "schema", "link"] as const;

const MISSING = {
  message: "Add it: a text. Or add event, when no person answers but an event of the tenant.",
  schema: 'Add it, such as {"type": "object", "properties": {}}. Or add event, when no person answers.',
};

/** A person is asked, or an event waited for. */
function answerFaults(step: JsonObject, at: string): Fault[] {
  if (step.event === undefined) {
    const missing = (["message", "schema"] as const).filter((field) => step[field] === undefined);
    const faults = missing.map((field) => ({
      path: jsonPath(at, [field]),
      message: "is missing",
      fix: MISSING[field],
    }));
    return [...faults, ...questionFaults(step, at)];
  }
  const fix = "Remove it, or remove event: either a person answers or an event.";
  return ASKED.filter((field) => step[field] !== undefined).map((field) => ({
    path: jsonPath(at, [field]),
    message: "stands beside event, which asks nobody",
    fix,
  }));
}

export const input = {
  templates: ["message", "schema", "event"],
  sees: { event: ["event"] },
  output: () => shapeOf(["action", "content"], "content"),
  check: answerFaults,
  schema: stepOf({
    ...common("input", { retries: 0 }),
    message: text.optional().describe("What is asked; may hold expressions."),
    schema: jsonObject.optional().describe("What is answered; see below."),
    link: z.literal(true).optional().describe("Gives `$link.<id>`."),
    event: strict({
      name: eventName.describe("Such as order.shipped, or job.settled."),
      when: expression.optional().describe("Over $event; else the first of the name answers."),
    })
      .optional()
      .describe(
        "{name, when} in place of message and schema: an event answers, `when` sees $event; content is its data.",
      ),
    timeout: durationTerm(MAX_INPUT_TIMEOUT_MS).default(DEFAULT_INPUT_TIMEOUT).describe("How long it waits."),
    default: jsonObject.optional().describe("The content when time is up; without it the step fails."),
  }),
} satisfies Kind;
