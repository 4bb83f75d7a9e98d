import * as z from "zod";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { DEFAULT_PAGES, MAX_PAGES } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { strict } from "../strict.ts";
import { numberTerm } from "../terms.ts";
import { expression, jsonValue, text } from "./fields.ts";

/** Follows the header `Link` of each page. */
export const LINK = "link";

/** Fields of a kind whose answers come in pages. */
export const pagingFields = {
  pages: strict(
    {
      next: z
        .union([text, z.record(z.string(), jsonValue)])
        .describe(
          'What to ask after $response: a URL, an object whose fields replace those of query, or "link" for the Link header. Nothing, null, "" or an object of nulls ends.',
        ),
      items: expression.describe("The items of $response."),
      limit: numberTerm(1, MAX_PAGES).default(DEFAULT_PAGES).describe("Pages to read at most."),
      until: expression.optional().describe("Ends after a page of whose $response this is true; its items count."),
      on_limit: z
        .enum(["fail", "stop"])
        .default("fail")
        .describe("`stop`: the pages so far are the output, with complete: false."),
    },
    {},
    '{"items": "{% $response.body.rows %}", "next": {"cursor": "{% $response.body.next %}"}}',
  )
    .optional()
    .describe("Reads page after page."),
};

export type Paging = NonNullable<z.output<z.ZodObject<typeof pagingFields>>["pages"]>;

export const PAGES_OUTPUT = shapeOf(["items", "pages", "complete"]);

/** A page is asked for once, and a poll again and again. */
const BESIDE_PAGES = {
  until: {
    message: "polls, which a step with pages cannot",
    fix: "Move until into pages, where it ends the paging; or poll in a step before this one.",
  },
  undo: {
    message: "takes an effect back, and a step with pages reads many answers, not one effect",
    fix: "Remove undo; what changes something goes into a step of its own, without pages.",
  },
};

export function pagingFaults(step: JsonObject, at: string): Fault[] {
  if (step.pages === undefined) return [];
  const fields = (["until", "undo"] as const).filter((field) => step[field] !== undefined);
  return fields.map((field) => ({ path: jsonPath(at, [field]), ...BESIDE_PAGES[field] }));
}
