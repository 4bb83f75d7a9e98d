import * as z from "zod";
import { WHEN_FULL } from "../jobs/flow/slot.ts";
import type { JsonObject } from "../lib/json.ts";
import { MAX_CONCURRENCY, MAX_PRIORITY } from "../limits.ts";
import { jsonObject } from "./kinds/fields.ts";
import { limitKey } from "./kinds/rate.ts";
import { strict } from "./strict.ts";

/** Of a blueprint, or of a submit. */
export const Concurrency = strict(
  {
    limit: z.int().min(1).max(MAX_CONCURRENCY).describe("Jobs of the blueprint, with the same key, that run at once."),
    key: limitKey.optional().describe("Such as `{% $input.account %}`; one for all when left out."),
    when_full: z
      .enum(WHEN_FULL)
      .default("queue")
      .describe("What becomes of one more: it waits, is cancelled, or takes the place of the oldest."),
  },
  {},
  '{"limit": 1, "key": "{% $input.account %}"}',
);

export const priority = z.int().min(-MAX_PRIORITY).max(MAX_PRIORITY);

/** The same in arguments of tools, whose schemas stand in the context of every agent: the guide has its fields. */
export const concurrencyArgument = jsonObject
  .pipe(Concurrency as unknown as z.ZodType<z.output<typeof Concurrency>, JsonObject>)
  .optional();
