import * as z from "zod";
import { jsonObject } from "../../blueprint/kinds/fields.ts";
import { ACTED_ON } from "../../jobs/bulk.ts";
import { BULK_ACTIONS } from "../../jobs/bulk-state.ts";
import { type Failures, mergedFailures } from "../../jobs/statistics.ts";
import type { JobRow } from "../../jobs/view.ts";
import type { Fault } from "../../lib/fault.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { BULK_SAMPLE, MAX_BULK_PER_MINUTE, MAX_INPUT_BYTES, MAX_SHOWN_CAUSES } from "../../limits.ts";
import type { BulkCount, BulkRequest } from "../../registry/api/batch-calls.ts";
import { type InvalidArguments, invalidArguments, readArguments, sizeFault } from "../arguments.ts";
import { type Answer, mayRead, type ServiceContext } from "../context.ts";
import { filterFaults, filtersOf, ListFilters } from "../job-listing.ts";
import type { InputSchema } from "../lenient-arguments.ts";
import { correctionOf, RetryInput } from "../retry-job.ts";

export const BulkInput = z.strictObject({
  action: z.enum(BULK_ACTIONS).describe("What is done."),
  where: jsonObject.describe("Filters of jobs_list; {}: all."),
  patch: jsonObject.optional().describe("Of retry: input and blueprint of jobs_retry."),
  per_minute: z.int().min(1).max(MAX_BULK_PER_MINUTE).optional().describe("At most so many a minute."),
  dry_run: z.boolean().default(true).describe("Only count."),
});
const PatchInput = RetryInput.pick({ input: true, blueprint: true });

export type BulkArgs = z.output<typeof BulkInput>;

export interface BulkReport {
  matched: number;
  /** There are more than were counted. */
  truncated: boolean;
  sample: (JobRow | Pick<JobRow, "id" | "status">)[];
  by_error: Failures[];
  bulk_id: string | null;
  /** Only where several shards have such jobs: the job of each. */
  bulk_ids?: string[];
}

const below = (argument: "where" | "patch", faults: readonly Fault[]): Fault[] =>
  faults.map((fault) => ({ ...fault, path: fault.path === "arguments" ? argument : `${argument}.${fault.path}` }));

const jsonOf = (schema: z.ZodObject) => z.toJSONSchema(schema, { io: "input" }) as InputSchema;
const FILTERS_JSON = jsonOf(ListFilters);
const PATCH_JSON = jsonOf(PatchInput);

/** Only statuses that the action can be done to. */
function whereOf({ action, where }: BulkArgs): Result<BulkRequest["where"], Fault[]> {
  const read = readArguments(ListFilters, FILTERS_JSON, where);
  if (!read.ok) return err(below("where", read.error));
  const faults = filterFaults(read.value);
  if (faults.length > 0) return err(below("where", faults));
  const filters = filtersOf(read.value);
  const possible = ACTED_ON[action];
  const statuses =
    filters.statuses.length === 0 ? possible : possible.filter((each) => filters.statuses.includes(each));
  if (statuses.length > 0) return ok({ ...filters, statuses: [...statuses] });
  const fix = `Send one of ${possible.join(", ")}, or leave it out.`;
  return err([{ path: "where.status", message: `names no status in which ${action} does anything`, fix }]);
}

async function patchOf(
  context: ServiceContext,
  { action, patch }: BulkArgs,
): Promise<Result<BulkRequest["patch"], Fault[]>> {
  if (patch === undefined) return ok({ input: null });
  if (action !== "retry") return err([{ path: "patch", message: "is for retry alone", fix: "Leave it out." }]);
  const read = readArguments(PatchInput, PATCH_JSON, patch);
  if (!read.ok) return err(below("patch", read.error));
  const { input = null } = read.value;
  const oversize = sizeFault("input", input ?? {}, MAX_INPUT_BYTES);
  if (oversize.length > 0) return err(below("patch", oversize));
  const corrected = await correctionOf(context, read.value);
  return corrected.ok ? ok({ input, ...corrected.value }) : err(below("patch", corrected.error));
}

const newestFirst = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? 1 : -1);

function merged(parts: readonly BulkCount[], isReader: boolean): BulkReport {
  const ids = parts.flatMap(({ bulk_id }) => bulk_id ?? []);
  const sample = parts
    .flatMap((part) => part.sample)
    .sort(newestFirst)
    .slice(0, BULK_SAMPLE);
  return {
    matched: parts.reduce((sum, part) => sum + part.matched, 0),
    truncated: parts.some((part) => part.truncated),
    sample: isReader ? sample : sample.map(({ id, status }) => ({ id, status })),
    by_error: isReader ? mergedFailures(parts.map((part) => part.by_error)).slice(0, MAX_SHOWN_CAUSES) : [],
    bulk_id: ids[0] ?? null,
    ...(ids.length > 1 && { bulk_ids: ids }),
  };
}

/** Counts the jobs that pass the filters, and, when it is no dry run, has a job do the action to each of them. */
export async function bulkJobs(context: ServiceContext, args: BulkArgs): Answer<BulkReport, InvalidArguments> {
  const where = whereOf(args);
  const patch = await patchOf(context, args);
  if (!where.ok || !patch.ok) {
    return invalidArguments([...(where.ok ? [] : where.error), ...(patch.ok ? [] : patch.error)]);
  }
  const { action, per_minute = null, dry_run } = args;
  const request: BulkRequest = { action, where: where.value, patch: patch.value, per_minute };
  const shards = Array.from({ length: context.shards }, (_, shard) => shard);
  const parts = await Promise.all(
    shards.map((shard) => context.ask(shard, (registry, caller) => registry.bulk(caller, request, dry_run))),
  );
  return ok(merged(parts, mayRead(context)));
}
