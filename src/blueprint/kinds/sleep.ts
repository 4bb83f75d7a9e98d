import { z } from "zod";
import { MAX_SLEEP_MS } from "../../limits.ts";
import { parseTime } from "../duration.ts";
import { hasExpression } from "../text-template.ts";
import { common, type Kind } from "./common.ts";
import { duration, strict, text } from "./fields.ts";

const template = text.refine(hasExpression);

const time = text.superRefine((value, context) => {
  const parsed = parseTime(value);
  if (parsed.ok) return;
  const fix = "Send a time such as 2026-12-01T09:00:00Z.";
  context.addIssue({ code: "custom", message: parsed.error.message, params: { fix } });
});

/** Literal texts are checked now, others when they are known. */
const orTemplate = (literal: z.ZodType<string>) =>
  z.string().superRefine((value, context) => {
    const parsed = (hasExpression(value) ? template : literal).safeParse(value);
    for (const issue of parsed.error?.issues ?? []) context.addIssue({ ...issue, code: "custom" });
  });

export const sleep = {
  templates: ["for", "until"],
  schema: strict({
    ...common("sleep", { retries: 0 }),
    for: orTemplate(duration(MAX_SLEEP_MS, 0)).optional().describe("How long, such as `10 minutes`."),
    until: orTemplate(time).optional().describe("ISO 8601 time with a zone; the past does not wait."),
  }).refine((step) => (step.for === undefined) !== (step.until === undefined), {
    error: "needs exactly one of for and until",
    params: { fix: 'Send "for": "10 minutes", or "until": "2026-12-01T09:00:00Z".' },
  }),
} satisfies Kind;
