import * as z from "zod";
import { JOB_STATUSES } from "../jobs/status.ts";
import type { JobRow } from "../jobs/view.ts";
import { shortDigest } from "../lib/digest.ts";
import type { Fault } from "../lib/fault.ts";
import { ok } from "../lib/result.ts";
import {
  DEFAULT_LIST_ROWS,
  MAX_ECHO_CHARS,
  MAX_JOB_ID_CHARS,
  MAX_LIST_ROWS,
  MAX_METADATA_FILTERS,
  MAX_REFERENCE_CHARS,
  MAX_WORKER_CODE_CHARS,
} from "../limits.ts";
import type { ListQuery, Page } from "../registry/api/caller.ts";
import { type InvalidArguments, instantFault, invalidArguments, readInstant } from "./arguments.ts";
import type { Answer, ServiceContext } from "./context.ts";
import { cursor, instant, limit } from "./fields.ts";
import { mergePages } from "./merge-pages.ts";

const Status = z.enum(JOB_STATUSES);
const Plain = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const ListFilters = z.strictObject({
  status: z
    .union([Status, z.array(Status)])
    .optional()
    .describe("One status, or several."),
  blueprint: z
    .string()
    .max(MAX_REFERENCE_CHARS)
    .optional()
    .describe("`name` (any version), `name@version` or `inline`."),
  metadata: z
    .record(z.string(), Plain)
    .optional()
    .describe("Top-level values that metadata must have.")
    .meta({ maxProperties: MAX_METADATA_FILTERS }),
  text: z.string().min(1).max(MAX_ECHO_CHARS).optional().describe("In name, description, metadata or error."),
  batch_id: z.string().max(MAX_JOB_ID_CHARS).optional().describe("Of this batch."),
  parent_id: z.string().max(MAX_JOB_ID_CHARS).optional().describe("Children of this job."),
  trigger: z.string().max(MAX_JOB_ID_CHARS).optional().describe("Of this trigger."),
  error_code: z.string().max(MAX_WORKER_CODE_CHARS).optional().describe("With this error_code."),
  submitted_after: instant.optional().describe("Submitted after this time (ISO 8601)."),
  submitted_before: instant.optional().describe("Submitted before this time (ISO 8601)."),
});
type FilterArgs = z.output<typeof ListFilters>;

export const ListInput = ListFilters.extend({ limit, cursor });
export type ListArgs = z.output<typeof ListInput>;

export function filterFaults({ metadata = {}, submitted_after, submitted_before }: FilterArgs): Fault[] {
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

export function filtersOf(args: FilterArgs) {
  const { status = [], blueprint, metadata = {}, submitted_after, submitted_before } = args;
  const { text, batch_id, parent_id, trigger, error_code } = args;
  return {
    statuses: [...new Set([status].flat())].sort(),
    blueprint: blueprint ?? null,
    metadata,
    submitted_after: instantOrNull(submitted_after),
    submitted_before: instantOrNull(submitted_before),
    // Cursors of earlier versions stay good: they are of listings without these.
    ...(text !== undefined && { text: text.toLowerCase() }),
    ...(batch_id !== undefined && { batch_id }),
    ...(parent_id !== undefined && { parent_id }),
    ...(trigger !== undefined && { trigger }),
    ...(error_code !== undefined && { error_code }),
  };
}

/** One page over all shards that take new jobs, in the order of one listing. */
async function pageOfAllShards(context: ServiceContext, query: ListQuery): Promise<Page<JobRow>> {
  const shards = Array.from({ length: context.shards }, (_, shard) => shard);
  const pages = await Promise.all(
    shards.map((shard) => context.ask(shard, (registry, caller) => registry.list(caller, query))),
  );
  return mergePages(pages, query.limit);
}

export interface JobListing extends Page<JobRow> {
  /** Where the listing goes on below the job of this id. */
  cursorAfter: (id: string) => Promise<string>;
}

/** The tenant's jobs that pass the filters, newest first, in pages. */
export async function listJobs(
  context: ServiceContext,
  args: ListArgs,
): Answer<JobListing, InvalidArguments | { code: "invalid_cursor" }> {
  const faults = filterFaults(args);
  if (faults.length > 0) return invalidArguments(faults);
  const filters = filtersOf(args);
  const filter = await shortDigest(filters);
  const from = args.cursor === undefined ? ok(null) : await context.cursors.read(args.cursor, filter);
  if (!from.ok) return from;
  const page = await pageOfAllShards(context, { ...filters, limit: args.limit, after: from.value?.after ?? null });
  return ok({ ...page, cursorAfter: (id) => context.cursors.write({ after: id, filter }) });
}

/** The tenant's newest jobs. */
export async function recentJobs(context: ServiceContext, rows = DEFAULT_LIST_ROWS): Promise<JobRow[]> {
  const page = await pageOfAllShards(context, { ...filtersOf({}), limit: rows, after: null });
  return page.jobs;
}

/** Ids of recent jobs that start with `prefix`, newest first. */
export async function completeJobId(prefix: string, context: ServiceContext): Promise<string[]> {
  const jobs = await recentJobs(context, MAX_LIST_ROWS);
  return jobs.map(({ id }) => id).filter((id) => id.startsWith(prefix));
}
