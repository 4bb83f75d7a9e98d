import { jobIdFloor } from "../../jobs/id.ts";
import { INLINE, type Job } from "../../jobs/job.ts";
import { toJobRow } from "../../jobs/view.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { MAX_LIST_SCAN } from "../../limits.ts";
import type { ListPage, ListQuery } from "../api/caller.ts";
import type { Jobs } from "../storage/jobs.ts";

/** Above every job id. */
const END = jobIdFloor(Number.MAX_SAFE_INTEGER);

/** Rows that a list of several sources reads at once of each: at most so many of each are read in vain. */
const ROWS_OF_SEVERAL = 3;

/** Newest first, of sources that each are newest first; each source is read only as far as it is needed. */
function* merge(sources: readonly Generator<Job>[]): Generator<Job> {
  const heads = sources.map((source) => ({ source, head: source.next() }));
  for (;;) {
    let newest: { source: Generator<Job>; job: Job; at: number } | undefined;
    heads.forEach(({ source, head }, at) => {
      if (head.done !== true && (newest === undefined || head.value.job_id > newest.job.job_id)) {
        newest = { source, job: head.value, at };
      }
    });
    if (newest === undefined) return;
    yield newest.job;
    heads[newest.at] = { source: newest.source, head: newest.source.next() };
  }
}

/** The labels that a blueprint filter stands for: `name` means all its versions that jobs have. */
function labels(jobs: Jobs, blueprint: string): string[] {
  if (blueprint.includes("@") || blueprint === INLINE) return [blueprint];
  const found: string[] = [];
  // "@" is followed by "A" in the order of characters.
  for (let label = `${blueprint}@`; ; ) {
    const next = jobs.nextBlueprint(label, `${blueprint}A`);
    if (next === undefined) return found;
    found.push(next);
    label = next;
  }
}

function source(jobs: Jobs, query: ListQuery): Generator<Job> {
  const low = jobIdFloor(query.submitted_after === null ? 0 : query.submitted_after + 1);
  const before = query.submitted_before === null ? END : jobIdFloor(query.submitted_before);
  const high = query.after !== null && query.after < before ? query.after : before;
  const bys =
    query.blueprint === null
      ? query.statuses.map((status) => ({ status }))
      : labels(jobs, query.blueprint).map((blueprint) => ({ blueprint }));
  if (query.blueprint === null && bys.length === 0) return jobs.list(low, high, query.limit + 1);
  return merge(bys.map((by) => jobs.list(low, high, bys.length === 1 ? query.limit + 1 : ROWS_OF_SEVERAL, by)));
}

const hasMetadata = (metadata: JsonObject, wanted: ListQuery["metadata"]): boolean =>
  Object.entries(wanted).every(([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value);

function fits(job: Job, tenant: string, query: ListQuery): boolean {
  if (job.tenant !== tenant || !isJsonObject(job.metadata)) return false;
  if (query.statuses.length > 0 && !query.statuses.includes(job.status)) return false;
  return hasMetadata(job.metadata, query.metadata);
}

/** One page, newest first. Looks at a bounded number of rows: a page may be short and still go on. */
export function listJobs(jobs: Jobs, tenant: string, query: ListQuery): ListPage {
  const rows: ListPage["jobs"] = [];
  let looked = 0;
  let last: string | null = null;
  for (const job of source(jobs, query)) {
    if (rows.length === query.limit || looked === MAX_LIST_SCAN) return { jobs: rows, next_after: last };
    looked += 1;
    last = job.job_id;
    if (fits(job, tenant, query)) rows.push(toJobRow(job));
  }
  return { jobs: rows, next_after: null };
}
