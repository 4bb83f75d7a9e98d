import type { BulkArgs } from "../../../client/src/index.ts";
import { argument, type Command, EXIT, numberOf, objectOf, UsageError } from "../command.ts";
import { show, showRows } from "../output.ts";

const ACTIONS = ["cancel", "retry", "delete"] as const;

/** Counts, unless told to do it. */
export const bulk: Command = {
  name: "bulk",
  usage: "cancel|retry|delete --where FILTERS",
  summary: "Do one thing to all jobs that match; counts only without --yes. Needs a key with the scope jobs:operate.",
  verbs: ACTIONS,
  options: {
    where: { type: "string", summary: 'JSON object, such as {"status": "failed"}; {} means all' },
    input: { type: "string", summary: "of retry: JSON object, @FILE, or - for stdin" },
    "per-minute": { type: "string", summary: "jobs a minute; as fast as limits allow when left out" },
    yes: { type: "boolean", summary: "do it" },
  },
  run: async (invocation) => {
    const { client, out, values, signal } = invocation;
    const given = argument(invocation, 0, "cancel, retry or delete");
    const action = ACTIONS.find((each) => each === given);
    if (action === undefined) throw new UsageError(`"${given}" is none of ${ACTIONS.join(", ")}.`);
    const where = await objectOf(invocation, "where");
    if (where === undefined) throw new UsageError("--where is missing; {} means all.");
    const input = await objectOf(invocation, "input");
    const args: BulkArgs = {
      action,
      where,
      ...(input !== undefined && { patch: { input } }),
      per_minute: numberOf(values, "per-minute"),
      dry_run: values.yes !== true,
    };
    const report = await client().bulk(args, { signal });
    show(out, report, out.isHuman ? ["matched", "bulk_id"] : undefined);
    if (out.isHuman) showRows(out, report.by_error, ["count", "code", "blueprint", "step", "message", "sample"]);
    return EXIT.succeeded;
  },
};
