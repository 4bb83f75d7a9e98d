import { z } from "zod";
import type { Fault } from "../../jobs/fault.ts";
import { err, ok } from "../../jobs/result.ts";
import { JOB_STATUSES } from "../../jobs/status.ts";
import type { JobRow } from "../../jobs/view.ts";
import { MAX_METADATA_FILTERS, MAX_REFERENCE_CHARS, MAX_REPLY_BYTES } from "../../limits.ts";
import type { ListPage } from "../../registry/api.ts";
import { shortDigest } from "../../registry/api-digest.ts";
import { instantFault, readInstant } from "../arguments.ts";
import { cursor, instant, limit, shortRowFields } from "../fields.ts";
import { bytesOf, firstThatFit } from "../fit.ts";
import { rowText } from "../job-text.ts";
import { listText } from "../list-text.ts";
import { listJobs } from "../shards.ts";
import { faultText } from "../text.ts";
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

/** Room that the cursor and the sentences around the rows take. */
const AROUND_BYTES = 1_000;

/** A page that is too long for a reply ends earlier. */
function fittingPage({ jobs: all, next_after }: ListPage): ListPage {
  const cost = (row: JobRow) => bytesOf(row) + bytesOf(rowText(row));
  const jobs = firstThatFit(all, MAX_REPLY_BYTES - AROUND_BYTES, cost);
  return jobs.length === all.length ? { jobs, next_after } : { jobs, next_after: jobs.at(-1)?.id ?? null };
}

export const jobsList = defineTool({
  name: "jobs_list",
  title: "List jobs",
  description:
    "Your jobs, newest first, filtered and in pages. A page may be short and still have next_cursor. Next: jobs_get_status or jobs_wait.",
  input: Input,
  output: z.looseObject({
    jobs: z.array(z.looseObject(shortRowFields)),
    next_cursor: z.string().nullable(),
  }),
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
    const text = listText(
      "job",
      jobs.map(rowText),
      next_cursor,
      "Next: jobs_get_status with a job_id, or jobs_wait with those that run.",
    );
    return ok({ structured: { jobs, next_cursor }, text });
  },
});
