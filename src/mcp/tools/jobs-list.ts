import { z } from "zod";
import { isSettled, JOB_STATUSES } from "../../jobs/status.ts";
import type { JobRow } from "../../jobs/view.ts";
import { shortDigest } from "../../lib/digest.ts";
import type { Fault } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { MAX_METADATA_FILTERS, MAX_REFERENCE_CHARS, MAX_REPLY_BYTES, MAX_WAIT_JOBS } from "../../limits.ts";
import type { ListPage } from "../../registry/api/caller.ts";
import { instantFault, readInstant } from "../../service/arguments.ts";
import { cursor, instant, limit } from "../../service/fields.ts";
import { listJobs } from "../../service/shard-routing.ts";
import { bytesOf, firstThatFit } from "../replies/budget.ts";
import { rowText } from "../replies/job-text.ts";
import { listText, moreCall } from "../replies/list-text.ts";
import { visible, withoutEmpty } from "../replies/structure.ts";
import { call, faultText } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

const Status = z.enum(JOB_STATUSES);
const Plain = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const Input = z.strictObject({
  status: z
    .union([Status, z.array(Status)])
    .optional()
    .describe("Only jobs with this status, or one of these."),
  blueprint: z
    .string()
    .max(MAX_REFERENCE_CHARS)
    .optional()
    .describe("Only jobs of `name` (any version), `name@version` or `inline`."),
  metadata: z
    .record(z.string(), Plain)
    .optional()
    .describe("Only jobs whose metadata has these top-level values.")
    .meta({ maxProperties: MAX_METADATA_FILTERS }),
  submitted_after: instant.optional().describe("Only jobs submitted after this time (ISO 8601)."),
  submitted_before: instant.optional().describe("Only jobs submitted before this time (ISO 8601)."),
  limit,
  cursor,
});
type Input = z.output<typeof Input>;

function filterFaults({ metadata = {}, submitted_after, submitted_before }: Input): Fault[] {
  const times = Object.entries({ submitted_after, submitted_before });
  const faults = times.flatMap(([path, text]) =>
    text !== undefined && readInstant(text) === undefined ? [instantFault(path)] : [],
  );
  if (Object.keys(metadata).length > MAX_METADATA_FILTERS) {
    const message = `has more than ${MAX_METADATA_FILTERS} fields`;
    faults.push({ path: "metadata", message, fix: "Filter by fewer fields." });
  }
  return faults;
}

const instantOrNull = (text: string | undefined): number | null =>
  (text === undefined ? undefined : readInstant(text)) ?? null;

function filtersOf({ status = [], blueprint, metadata = {}, submitted_after, submitted_before }: Input) {
  return {
    statuses: [...new Set([status].flat())].sort(),
    blueprint: blueprint ?? null,
    metadata,
    submitted_after: instantOrNull(submitted_after),
    submitted_before: instantOrNull(submitted_before),
  };
}

const BAD_CURSOR: Fault = {
  path: "cursor",
  message: "does not belong to this listing",
  fix: "Send next_cursor with the same filters, or no cursor to start again.",
};

/** Room that the cursor, twice, and the sentences around the rows take. */
const AROUND_BYTES = 3_000;

/** A page that is too long for a reply ends earlier. */
function fittingPage({ jobs: all, next_after }: ListPage): ListPage {
  const cost = (row: JobRow) => bytesOf(visible(row)) + bytesOf(rowText(row));
  const jobs = firstThatFit(all, MAX_REPLY_BYTES - AROUND_BYTES, cost);
  return jobs.length === all.length ? { jobs, next_after } : { jobs, next_after: jobs.at(-1)?.id ?? null };
}

/** What the caller asked for, as it would ask for it again. */
const filtersGiven = ({ cursor: _cursor, ...given }: Input): JsonObject =>
  Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

function nextCall(jobs: readonly JobRow[], more: string | null, args: Input): string {
  const [newest] = jobs;
  if (newest === undefined) {
    if (more !== null) return `${more} goes on; this page has looked at many jobs and found none.`;
    const isFiltered = Object.keys(filtersGiven(args)).some((name) => name !== "limit");
    if (isFiltered) return `${call("jobs_list", {})} shows the jobs that no filter leaves out.`;
    return `${call("blueprints_list", {})} shows what can be submitted.`;
  }
  const open = jobs.filter(({ status }) => !isSettled(status)).map(({ id }) => id);
  if (open.length > 0)
    return `${call("jobs_wait", { job_ids: open.slice(0, MAX_WAIT_JOBS) })} waits for those that run.`;
  return `${call("jobs_get_status", { job_id: newest.id })} has the newest in full.`;
}

export const jobsList = defineTool({
  name: "jobs_list",
  title: "List jobs",
  description:
    "Your jobs, newest first, filtered and in pages. A page may be short and still have next_cursor. Next: jobs_get_status or jobs_wait.",
  input: Input,
  output: z.looseObject({ jobs: z.array(z.unknown()) }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const faults = filterFaults(args);
    if (faults.length > 0) return err(faultText("The filters are not valid.", faults));
    const filters = filtersOf(args);
    const filter = await shortDigest(filters);
    const from = args.cursor === undefined ? ok(null) : await deps.cursors.read(args.cursor, filter);
    if (!from.ok) return err(faultText("The cursor is not valid.", [BAD_CURSOR]));
    const query = { ...filters, limit: args.limit, after: from.value?.after ?? null };
    const { jobs, next_after } = fittingPage(await listJobs(query, deps));
    const next_cursor = next_after === null ? null : await deps.cursors.write({ after: next_after, filter });
    const more = moreCall("jobs_list", filtersGiven(args), next_cursor);
    return ok({
      next: nextCall(jobs, more, args),
      structured: withoutEmpty({ jobs: jobs.map((row) => withoutEmpty({ ...row })), next_cursor }, ["jobs"]),
      text: listText("job", jobs.map(rowText), more),
    });
  },
});
