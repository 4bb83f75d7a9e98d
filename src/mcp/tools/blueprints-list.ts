import * as z from "zod";
import { labelOf } from "../../catalog/find.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { MAX_REPLY_BYTES } from "../../limits.ts";
import { CURSOR_FAULT } from "../../service/answers/refusal-faults.ts";
import { GUIDE } from "../../service/blueprints/find-blueprint.ts";
import { ListBlueprintsInput, type Listing, pageOfBlueprints } from "../../service/blueprints/list-blueprints.ts";
import { bytesOf, firstThatFit } from "../replies/budget.ts";
import { listText, moreCall } from "../replies/list-text.ts";
import { visible, withoutEmpty } from "../replies/structure.ts";
import { call, faultText } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

/** Room that the cursor, twice, and the sentences around the rows take. */
const AROUND_BYTES = 3_000;

function rowText(row: Listing): string {
  const description = row.description === "" ? "" : `: ${row.description}`;
  return `${labelOf(row)}${row.source === "saved" ? " (saved)" : ""}${description}`;
}

const costOf = (row: Listing): number => bytesOf(visible(row)) + bytesOf(rowText(row));

const nextCall = ([first]: readonly Listing[]): string =>
  first === undefined
    ? `${call("blueprints_get", { name: GUIDE })} has the language of blueprints, to write one.`
    : `${call("blueprints_get", { name: first.name })} shows the input and the steps of one.`;

export const blueprintsList = defineTool({
  name: "blueprints_list",
  title: "List blueprints",
  description:
    "Plans by name that ship with the server or that you saved, each in its latest version. Next: blueprints_get for its input, then jobs_submit_blueprint.",
  input: ListBlueprintsInput,
  output: z.looseObject({ blueprints: z.array(z.unknown()) }),
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const page = await pageOfBlueprints(deps, args);
    if (!page.ok) return err(faultText("The cursor is not valid.", [CURSOR_FAULT]));
    const rows = page.value.blueprints.map((row) => ({ ...row, description: echo(row.description) }));
    const blueprints = firstThatFit(rows, MAX_REPLY_BYTES - AROUND_BYTES, costOf);
    const last = blueprints.at(-1);
    const isMore = page.value.isMore || blueprints.length < rows.length;
    const next_cursor = isMore && last !== undefined ? await page.value.cursorAfter(last) : null;
    const more = moreCall("blueprints_list", { limit: args.limit }, next_cursor);
    const shown = blueprints.map((row) => withoutEmpty({ ...row }));
    return ok({
      next: nextCall(blueprints),
      structured: withoutEmpty({ blueprints: shown, next_cursor }, ["blueprints"]),
      text: listText("blueprint", blueprints.map(rowText), more),
    });
  },
});
