import type * as z from "zod";
import { DEFAULT_POLLS, MAX_POLL_PAUSE_MS, MAX_POLLS } from "../../limits.ts";
import { durationMs } from "../duration.ts";
import { durationTerm, numberTerm, type Ready } from "../terms.ts";
import { expression } from "./fields.ts";

const DEFAULT_EVERY = "10 seconds";

/** Fields of a kind that may do its work again and again until it likes the answer. */
export const pollingFields = {
  until: expression.optional().describe("Polls: the request is sent again until this is true of $response."),
  every: durationTerm(MAX_POLL_PAUSE_MS)
    .optional()
    .describe(`Pause between two polls; ${DEFAULT_EVERY} when left out.`),
  limit: numberTerm(1, MAX_POLLS)
    .optional()
    .describe(`Polls after which the step fails; ${DEFAULT_POLLS} when left out.`),
};

type PollingFields = z.output<z.ZodObject<typeof pollingFields>>;

export function refuseWithoutUntil(step: PollingFields, context: z.core.$RefinementCtx): void {
  for (const field of ["every", "limit"] as const) {
    if (step.until !== undefined || step[field] === undefined) continue;
    const params = { fix: 'Add "until": "{% $response.body.done %}", or remove it; retry is for failures.' };
    context.addIssue({ code: "custom", path: [field], message: "means nothing without until", params });
  }
}

/** The defaults are those of a step that polls only, so no field can have its own. */
export function withDefaults<Step extends PollingFields>(step: Step): Step {
  if (step.until === undefined) return step;
  return { ...step, every: step.every ?? DEFAULT_EVERY, limit: step.limit ?? DEFAULT_POLLS };
}

export interface Polling {
  /** An expression over `$response`. */
  until: string;
  everyMs: number;
  limit: number;
}

/** How a step polls; undefined when it does its work once. */
export function pollingOf({ until, every, limit }: Ready<PollingFields>): Polling | undefined {
  if (until === undefined || every === undefined || limit === undefined) return undefined;
  return { until, everyMs: durationMs(every), limit };
}
