import { hasExpression } from "../../expression/text-template.ts";
import { MAX_SLEEP_MS } from "../../limits.ts";
import { parseTime } from "../duration.ts";
import { shapeOf } from "../faults/shapes.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { durationText, isDuration, type TextCheck, text } from "./fields.ts";

const isTime: TextCheck = (value, context) => {
  const parsed = parseTime(value);
  const fix = "Send a time such as 2026-12-01T09:00:00Z.";
  if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.error.message, params: { fix } });
};

/** What an expression will give is checked when it is known. */
const orTemplate = (base: typeof text, check: TextCheck) =>
  base.superRefine((value, context) => {
    if (!hasExpression(value)) check(value, context);
  });

export const sleep = {
  templates: ["for", "until"],
  output: () => shapeOf([]),
  isSilent: () => true,
  schema: stepOf({
    ...common("sleep", { retries: 0 }),
    for: orTemplate(durationText, isDuration(MAX_SLEEP_MS, 0)).optional().describe("How long, such as `10 minutes`."),
    until: orTemplate(text, isTime).optional().describe("ISO 8601 time with a zone; the past does not wait."),
  }).refine((step) => (step.for === undefined) !== (step.until === undefined), {
    error: "needs exactly one of for and until",
    params: { fix: 'Send "for": "10 minutes", or "until": "2026-12-01T09:00:00Z".' },
  }),
} satisfies Kind;
