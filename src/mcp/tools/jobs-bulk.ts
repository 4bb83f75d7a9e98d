import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { plural } from "../../lib/text/plural.ts";
import { type BulkArgs, BulkInput, type BulkReport, bulkJobs } from "../../service/bulk/bulk-jobs.ts";
import { DATA_NOTE } from "../replies/job-reply.ts";
import { withoutEmpty } from "../replies/structure.ts";
import { call, faultText, shownJson } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

function textOf({ matched, truncated, by_error, bulk_id }: BulkReport, { action }: BulkArgs): string {
  const jobs = `${truncated ? "More than " : ""}${plural(matched, "job")} ${matched === 1 && !truncated ? "matches" : "match"}`;
  const verdict = bulk_id === null ? `${jobs}; nothing is done.` : `${jobs}; ${bulk_id} does the ${action}.`;
  const causes = by_error.map(
    ({ count, sample, ...cause }) => `${count} failed: ${shownJson(cause)}, such as ${sample}.`,
  );
  return [verdict, ...causes].join("\n");
}

function nextOf({ matched, bulk_id }: BulkReport, args: BulkArgs): string {
  if (bulk_id !== null) return `${call("jobs_get_status", { job_id: bulk_id })} says how far it is.`;
  if (matched === 0) return `${call("jobs_list", args.where)} shows what the filters find.`;
  return "The same call with dry_run false does it.";
}

export const jobsBulk = defineTool({
  name: "jobs_bulk",
  title: "Act on many jobs",
  description:
    "Cancel, retry (from the failed step) or delete all jobs that match, in the background. With dry_run false; else it only counts. Next: jobs_get_status with bulk_id.",
  input: BulkInput,
  output: z.looseObject({ matched: z.number() }),
  scope: "jobs:operate",
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  run: async (args, deps) => {
    const counted = await bulkJobs(deps, args);
    if (!counted.ok) return err(faultText("Nothing is done.", counted.error.faults));
    const report = counted.value;
    return ok({
      next: nextOf(report, args),
      notes: report.by_error.length === 0 ? [] : [DATA_NOTE],
      structured: withoutEmpty({ ...report }, ["matched"]),
      text: textOf(report, args),
    });
  },
});
