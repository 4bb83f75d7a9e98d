import { z } from "zod";
import { decodeCursor, encodeCursor } from "../../jobs/cursor.ts";
import { err, ok } from "../../jobs/result.ts";
import { latestBlueprints } from "../catalog.ts";
import { cursor, limit } from "../fields.ts";
import { listText } from "../list-text.ts";
import { faultText } from "../text.ts";
import { defineTool } from "../tool.ts";

/** A cursor of another listing does not fit this one. */
const FILTER = "blueprints";

export const blueprintsList = defineTool({
  name: "blueprints_list",
  title: "List blueprints",
  description:
    "Ready-made plans by name, each with its latest version and what it does. Next: blueprints_get for its input, then jobs_submit_blueprint.",
  input: z.strictObject({ limit, cursor }),
  output: z.looseObject({
    blueprints: z.array(z.looseObject({ name: z.string(), version: z.int(), description: z.string() })),
    next_cursor: z.string().nullable(),
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const from = args.cursor === undefined ? ok({ after: "" }) : decodeCursor(args.cursor, FILTER);
    if (!from.ok) {
      const fault = {
        path: "cursor",
        message: "is not a next_cursor of blueprints_list",
        fix: "Start without cursor.",
      };
      return err(faultText("The cursor is not valid.", [fault]));
    }
    const rest = latestBlueprints(deps.blueprints).filter(({ name }) => name > from.value.after);
    const page = rest.slice(0, args.limit);
    const last = page.at(-1);
    const next_cursor = last && rest.length > page.length ? encodeCursor({ after: last.name, filter: FILTER }) : null;
    const blueprints = page.map(({ name, version, description }) => ({
      name,
      version,
      description,
      source: "catalog",
    }));
    const rows = blueprints.map(({ name, version, description }) => `${name}@${version}: ${description}`);
    const next = "Next: blueprints_get with a name shows its input.";
    return ok({
      structured: { blueprints, next_cursor },
      text: listText("blueprint", rows, next_cursor, next),
    });
  },
});
