import { type BatchPlace, placeOfBatch } from "../../jobs/batch.ts";
import { BULK } from "../../jobs/bulk.ts";
import { jobIdFloor } from "../../jobs/id.ts";
import { INLINE, type ListedJob } from "../../jobs/job.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { LOOKED_AT_A_TURN, MAX_LIST_SCAN } from "../../limits.ts";
import type { ListQuery, Page } from "../api/caller.ts";
import type { Jobs } from "../storage/jobs.ts";
import { searchText } from "../storage/search-text.ts";
import type { Tables } from "../storage/tables.ts";

/** Above every job id. */
const END = jobIdFloor(Number.MAX_SAFE_INTEGER);

/** Rows that a list of several sources reads at once of each: at most so many of each are read in vain. */
const ROWS_OF_SEVERAL = 3;

/** Newest first, of sources that each are newest first; each source is read only as far as it is needed. */
function* merge(sources: readonly Generator<ListedJob>[]): Generator<ListedJob> {
  const heads = sources.map((source) => ({ source, head: source.next() }));
  for (;;) {
    let newest: { source: Generator<ListedJob>; job: ListedJob; at: number } | undefined;
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
  if (blueprint.includes("@") || blueprint === INLINE || blueprint === BULK) return [blueprint];
  const found: string[] = [];
  // "@" is followed by "A" in the order of characters.
  for (let label = `${blueprint}@`; ; ) {
    const next = jobs.nextBlueprint(label, `${blueprint}A`);
    if (next === undefined) return found;
    found.push(next);
    label = next;
  }
}

/** Floors of ids: the jobs of a batch have ids of one moment. */
function bounds({ submitted_after, submitted_before }: ListQuery, batch: BatchPlace | undefined): [string, string] {
  const after = jobIdFloor(submitted_after === null ? 0 : submitted_after + 1);
  const before = submitted_before === null ? END : jobIdFloor(submitted_before);
  if (batch === undefined) return [after, before];
  const [first, last] = [[after, batch.floor].sort()[1], [before, batch.end].sort()[0]];
  return [first ?? after, last ?? before];
}

/** Rows that a list reads at once when most may not pass: calls that wait for their turn hold so many. */
const ROWS_LOOKED_THROUGH = 20;

/** Whether rows may be read that are not of the page. */
const isLookedThrough = ({ metadata, text, parent_id, trigger, error_code }: ListQuery): boolean =>
  Object.keys(metadata).length > 0 || [text, parent_id, trigger, error_code].some((filter) => filter != null);

function source({ jobs, texts }: Tables, query: ListQuery): Generator<ListedJob> {
  const rows = isLookedThrough(query) ? ROWS_LOOKED_THROUGH : query.limit + 1;
  const batch = placeOfBatch(query.batch_id ?? "");
  const [low, before] = bounds(query, batch);
  const high = query.after !== null && query.after < before ? query.after : before;
  const look = texts.lookFor(query.text ?? "");
  if (look !== undefined) return jobs.listByText(low, high, rows, look);
  const bys =
    query.blueprint === null
      ? query.statuses.map((status) => ({ status }))
      : labels(jobs, query.blueprint).map((blueprint) => ({ blueprint }));
  if (query.blueprint === null && bys.length === 0) return jobs.list(low, high, rows);
  return merge(bys.map((by) => jobs.list(low, high, bys.length === 1 ? rows : ROWS_OF_SEVERAL, by)));
}

const hasMetadata = (metadata: JsonObject, wanted: ListQuery["metadata"]): boolean =>
  Object.entries(wanted).every(([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value);

const isOfBlueprint = ({ blueprint }: ListedJob, wanted: string | null): boolean =>
  wanted === null || blueprint === wanted || blueprint.startsWith(`${wanted}@`);

/** Whether the job passes the filters that its place in the order does not decide. */
export function fits(job: ListedJob, tenant: string, query: Omit<ListQuery, "limit" | "after">): boolean {
  if (job.tenant !== tenant || !isJsonObject(job.metadata)) return false;
  if (!isOfBlueprint(job, query.blueprint)) return false;
  if (query.statuses.length > 0 && !query.statuses.includes(job.status)) return false;
  if (query.batch_id && job.run.batch !== query.batch_id) return false;
  if (query.parent_id && job.parent_id !== query.parent_id) return false;
  if (query.trigger && job.run.trigger?.name !== query.trigger) return false;
  if (query.error_code && job.error_code !== query.error_code) return false;
  if (query.text && !searchText(job).includes(query.text)) return false;
  return hasMetadata(job.metadata, query.metadata);
}

/** Yields after each so many rows. */
function* looking(tables: Tables, tenant: string, query: ListQuery): Generator<void, Page<ListedJob>> {
  const found: ListedJob[] = [];
  let looked = 0;
  let last: string | null = null;
  for (const job of source(tables, query)) {
    if (found.length === query.limit || looked === MAX_LIST_SCAN) return { jobs: found, next_after: last };
    looked += 1;
    last = job.job_id;
    if (fits(job, tenant, query)) found.push(job);
    if (looked % LOOKED_AT_A_TURN === 0) yield;
  }
  return { jobs: found, next_after: null };
}

/** One page, newest first. Looks at a bounded number of rows: a page may be short and still go on. */
export function findJobs(tables: Tables, tenant: string, query: ListQuery): Page<ListedJob> {
  const look = looking(tables, tenant, query);
  for (;;) {
    const step = look.next();
    if (step.done) return step.value;
  }
}

/** The same, while others are served: many such calls may come at once, each of which finds nothing in many rows. */
export async function findJobsInTurns(tables: Tables, tenant: string, query: ListQuery): Promise<Page<ListedJob>> {
  const look = looking(tables, tenant, query);
  for (;;) {
    const step = look.next();
    if (step.done) return step.value;
    await yieldTurn();
  }
}
