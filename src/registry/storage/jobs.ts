import { waitsForChildren } from "../../jobs/dispatch.ts";
import { jobNumber } from "../../jobs/id.ts";
import type { Job, ListedJob } from "../../jobs/job.ts";
import type { StatisticsRow } from "../../jobs/statistics.ts";
import type { JobStatusName } from "../../jobs/status.ts";
import { MAX_LIST_SCAN } from "../../limits.ts";
import { JobCache } from "./job-cache.ts";
import { readRun } from "./row-codec.ts";
import {
  changedColumns,
  fromListed,
  JOB_COLUMNS,
  type JobRecord,
  LISTED_COLUMNS,
  type ListedRow,
  readListed,
  toRecord,
} from "./rows.ts";
import type { TextLook } from "./search-text.ts";

type ListedBy = { status: string } | { blueprint: string } | { match: string };
type Range = [from: string, below: string, high: string];

export type JobKey = Pick<Job, "tenant" | "job_id">;
/** `group`: its limit, as `groupOf` says. */
type QueuedJob = JobKey & { priority: number; group: string | null };
export type DueJob = JobKey & Pick<Job, "status">;

const placeholders = (count: number): string => Array.from({ length: count }, () => "?").join(", ");

const ALL_COLUMNS = JOB_COLUMNS.join(", ");
const LIST_COLUMNS = `CAST(job_number AS TEXT) AS number, ${LISTED_COLUMNS.join(", ")}`;

/** A job that cleans up, or does something to many others, counts nowhere. */
const IS_COUNTED = `substr(run_json, 1, 3) <> '{"$'`;

/** One row that cannot be read must not hold up the others. */
const READABLE_RUN = "CASE WHEN json_valid(run_json) THEN run_json END";

/** So far above the number of its id a job may lie. */
const MOST_DISPLACED = 3n;

/** By the number, which is the key, and by the id: what a caller sends may be another id of the same number. */
const THE_JOB = "job_number = ? AND job_id = ?";
const IN_RANGE = "job_number >= ? AND job_number < ? AND job_id < ?";

/** As text: the object's SQL takes no bigint, and the column's type makes an integer of it. */
const numberOf = (jobId: string): string => String(jobNumber(jobId));

const larger = (a: string, b: string): string => (BigInt(a) > BigInt(b) ? a : b);
const smaller = (a: string, b: string): string => (BigInt(a) < BigInt(b) ? a : b);

/** The job with the number of `high` may still be below it, where a page ended in another shard; so may a displaced one. */
const rangeOf = (low: string, high: string): Range => [
  numberOf(low),
  String(jobNumber(high) + 1n + MOST_DISPLACED),
  high,
];

export const JOBS_SQL = {
  insert: `INSERT INTO jobs (job_number, ${ALL_COLUMNS}) VALUES (?, ${placeholders(JOB_COLUMNS.length)})
    ON CONFLICT (job_number) DO NOTHING RETURNING job_id`,
  find: `SELECT ${ALL_COLUMNS} FROM jobs WHERE ${THE_JOB} AND tenant = ?`,
  displacedNumber: `SELECT CAST(job_number AS TEXT) AS number FROM jobs
    WHERE job_number IN (? + 1, ? + 2, ? + 3) AND job_id = ? AND tenant = ?`,
  delete: `DELETE FROM jobs WHERE ${THE_JOB}`,
  due: "SELECT tenant, job_id, status FROM jobs WHERE due_at <= ? ORDER BY due_at, job_number LIMIT ?",
  putOff: `UPDATE jobs SET due_at = max(due_at, ?) WHERE ${THE_JOB}`,
  firstDue: "SELECT due_at FROM jobs ORDER BY due_at LIMIT 1",
  waiting: `SELECT tenant, job_id, coalesce(json_extract(run, '$.priority'), 0) AS priority,
    json_extract(run, '$.concurrency.of') || ' ' || coalesce(json_extract(run, '$.slot.key'), '') AS "group"
    FROM (SELECT job_number, tenant, job_id, ${READABLE_RUN} AS run FROM jobs WHERE status = 'queued'
      AND dispatched_at IS NULL AND attempt = 1 AND (parent_id IS NOT NULL) = ? AND ${IS_COUNTED} AND coalesce(run_at, 0) <= ?)
    WHERE json_extract(run, '$.concurrency') IS NULL OR json_extract(run, '$.slot') IS NULL OR json_extract(run, '$.slot.held')
    ORDER BY job_number LIMIT ?`,
  counts: `SELECT count(*) AS active, count(*) FILTER (WHERE dispatched_at IS NOT NULL OR attempt > 1) AS running
    FROM jobs WHERE status IN ('queued', 'running', 'input_required') AND ${IS_COUNTED}`,
  parents: `SELECT run_json FROM jobs WHERE status IN ('queued', 'running', 'input_required')
    AND (dispatched_at IS NOT NULL OR attempt > 1) AND instr(run_json, '"child_id"') > 0 AND ${IS_COUNTED}`,
  list: `SELECT ${LIST_COLUMNS} FROM jobs WHERE ${IN_RANGE} ORDER BY job_number DESC LIMIT ?`,
  listByStatus: `SELECT ${LIST_COLUMNS} FROM jobs WHERE status = ? AND ${IN_RANGE} ORDER BY job_number DESC LIMIT ?`,
  listByBlueprint: `SELECT ${LIST_COLUMNS} FROM jobs WHERE blueprint = ? AND ${IN_RANGE} ORDER BY job_number DESC LIMIT ?`,
  listByText: `SELECT ${LIST_COLUMNS} FROM job_texts CROSS JOIN jobs ON job_number = job_texts.rowid
    WHERE job_texts MATCH ? AND job_texts.rowid >= CAST(? AS INTEGER) AND job_texts.rowid < CAST(? AS INTEGER) AND job_id < ?
    ORDER BY job_texts.rowid DESC LIMIT ?`,
  above: `SELECT ${LIST_COLUMNS} FROM jobs WHERE job_number > ? ORDER BY job_number LIMIT ?`,
  countAbove: "SELECT count(*) AS count FROM (SELECT job_number FROM jobs WHERE job_number > ? LIMIT ?)",
  between: `SELECT job_id, status, blueprint, step, error, error_code, started_at, settled_at,
    json_extract(run_json, '$.trigger.name') AS trigger
    FROM jobs WHERE ${IN_RANGE} AND tenant = ? ORDER BY job_number DESC LIMIT ?`,
  oldestQueued: "SELECT submitted_at FROM jobs WHERE status = 'queued' AND tenant = ? ORDER BY job_number LIMIT 1",
  ofBatch: `SELECT job_id, status FROM jobs WHERE job_number >= ? AND job_number < ? AND tenant = ?
    AND json_extract(run_json, '$.batch') = ? ORDER BY job_number`,
  nextBlueprint: "SELECT blueprint FROM jobs WHERE blueprint > ? AND blueprint < ? ORDER BY blueprint LIMIT 1",
} as const;

/** The table of jobs. Calls are synchronous; callers open the transactions. */
export class Jobs {
  readonly #sql: SqlStorage;
  readonly #cache = new JobCache();
  /** Numbers of jobs that have another one than their id says: migration 0005 met two of the same number. */
  readonly #displaced = new Map<string, string>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns false when another job has the id's number, which no two have: nothing is written */
  insert(job: Job): boolean {
    const record = toRecord(job);
    const values = JOB_COLUMNS.map((column) => record[column]);
    return this.#first(JOBS_SQL.insert, numberOf(job.job_id), ...values) !== undefined;
  }

  find(tenant: string, jobId: string): Job | undefined {
    const cached = this.#cache.get(tenant, jobId);
    if (cached !== undefined) return cached;
    const record = this.#record(tenant, jobId) ?? this.#displacedRecord(tenant, jobId);
    return record && this.#cache.keep(record);
  }

  #record(tenant: string, jobId: string): JobRecord | undefined {
    return this.#first<JobRecord>(JOBS_SQL.find, ...this.#keyOf(jobId), tenant);
  }

  /** Before any of its writes a job is read, so that these know its number. */
  #displacedRecord(tenant: string, jobId: string): JobRecord | undefined {
    const own = numberOf(jobId);
    const found = this.#first<{ number: string }>(JOBS_SQL.displacedNumber, own, own, own, jobId, tenant);
    if (found === undefined) return undefined;
    this.#displaced.set(jobId, found.number);
    return this.#record(tenant, jobId);
  }

  /** The key of its row. */
  numberOf(jobId: string): string {
    return this.#displaced.get(jobId) ?? numberOf(jobId);
  }

  #keyOf(jobId: string): [number: string, jobId: string] {
    return [this.numberOf(jobId), jobId];
  }

  /** What was read may not be what is stored: a transaction was undone. */
  forgetRead(): void {
    this.#cache.clear();
  }

  /**
   * Write what changed, if the row still has one of the statuses that the change may leave.
   * @returns false when another write came first, a normal outcome
   */
  update(before: Job, after: Job, from: readonly JobStatusName[]): boolean {
    const changed = changedColumns(before, after);
    if (changed.length === 0) return true;
    this.#cache.delete(before.job_id);
    const set = changed.map(([column]) => `${column} = ?`).join(", ");
    const values = changed.map(([, value]) => value);
    const update = `UPDATE jobs SET ${set} WHERE ${THE_JOB} AND status IN (${placeholders(from.length)}) RETURNING job_id`;
    const rows = this.#sql.exec(update, ...values, ...this.#keyOf(before.job_id), ...from).toArray();
    if (rows.length === 1) this.#cache.wrote(after);
    return rows.length === 1;
  }

  /** Delete the row alone. */
  delete(jobId: string): void {
    this.#sql.exec(JOBS_SQL.delete, ...this.#keyOf(jobId));
    this.#cache.delete(jobId);
  }

  /** Jobs due at `now`, the longest waiting first. */
  due(now: number, limit: number): DueJob[] {
    return this.#sql.exec<DueJob>(JOBS_SQL.due, now, limit).toArray();
  }

  /**
   * Look at the job at `dueAt` and not before, whatever state it is in. Never sooner than it is due: the look that failed may
   * have settled the job, or one beside it, and what is settled is due to be purged.
   */
  putOff(jobId: string, dueAt: number): void {
    this.#sql.exec(JOBS_SQL.putOff, dueAt, ...this.#keyOf(jobId));
    this.#cache.delete(jobId);
  }

  /** Accepted jobs that need a place at `now`, as they were accepted; also those whose limit has not answered yet. */
  waiting(areChildren: boolean, now: number, limit: number): QueuedJob[] {
    return this.#sql.exec<QueuedJob>(JOBS_SQL.waiting, Number(areChildren), now, limit).toArray();
  }

  /** Unsettled jobs, and those of them that hold a place at the engine. Reads them all. */
  counts(): { active: number; running: number } {
    const { active, running } = this.#sql.exec<{ active: number; running: number }>(JOBS_SQL.counts).one();
    const parents = this.#sql.exec<{ run_json: string }>(JOBS_SQL.parents).toArray();
    const waiting = parents.filter(({ run_json }) => waitsForChildren(readRun(run_json, 0)));
    return { active, running: running - waiting.length };
  }

  firstDue(): number | undefined {
    return this.#first<{ due_at: number }>(JOBS_SQL.firstDue)?.due_at;
  }

  /**
   * Jobs from the floor `low` on and below the id `high`, newest first, read as they are taken, so many rows at once, in
   * all one more than a call may look at. Between two reads no cursor stays open: SQLite could not take its log back as
   * long as one is, and would make it longer with every write.
   */
  *list(low: string, high: string, rows: number, by?: ListedBy): Generator<ListedJob> {
    yield* this.#walk(rangeOf(low, high), rows, by);
  }

  /** The same of those that may have the text: as far as the index goes, only such. */
  *listByText(low: string, high: string, rows: number, { match, end }: TextLook): Generator<ListedJob> {
    const [from, below, until] = rangeOf(low, high);
    const above = String(BigInt(end) + 1n);
    yield* this.#walk([larger(from, above), below, until], rows);
    yield* this.#walk([from, smaller(below, above), until], rows, { match });
  }

  *#walk([from, start, high]: Range, rows: number, by?: ListedBy): Generator<ListedJob> {
    let left = MAX_LIST_SCAN + 1;
    let below = start;
    while (left > 0) {
      const wanted = Math.min(rows, left);
      const found = this.#listed([from, below, high, wanted], by);
      for (const row of found) yield fromListed(row);
      const last = found.at(-1);
      if (last === undefined || found.length < wanted) return;
      [below] = last;
      left -= found.length;
    }
  }

  #listed(range: [...Range, rows: number], by: ListedBy | undefined): ListedRow[] {
    if (by === undefined) return this.#rows(JOBS_SQL.list, ...range);
    if ("match" in by) return this.#rows(JOBS_SQL.listByText, by.match, ...range);
    if ("status" in by) return this.#rows(JOBS_SQL.listByStatus, by.status, ...range);
    return this.#rows(JOBS_SQL.listByBlueprint, by.blueprint, ...range);
  }

  #rows(query: string, ...bindings: SqlStorageValue[]): ListedRow[] {
    return [...this.#sql.exec(query, ...bindings).raw<ListedRow>()];
  }

  /** Jobs above the number, the oldest first; one that cannot be read is undefined. */
  above(number: string, limit: number): { number: string; job: ListedJob | undefined }[] {
    return this.#rows(JOBS_SQL.above, number, limit).map((row) => ({ number: row[0], job: readListed(row) }));
  }

  /** How many there are, of so many at most. */
  countAbove(number: string, most: number): number {
    return this.#first<{ count: number }>(JOBS_SQL.countAbove, number, most)?.count ?? 0;
  }

  /** The newest jobs from the floor `low` on and below the id `high`. */
  between(tenant: string, low: string, high: string, limit: number): StatisticsRow[] {
    type Row = { [Field in keyof StatisticsRow]: StatisticsRow[Field] };
    return this.#sql.exec<Row>(JOBS_SQL.between, ...rangeOf(low, high), tenant, limit).toArray();
  }

  /** When the first job was submitted that is still queued. */
  oldestQueued(tenant: string): number | undefined {
    return this.#first<{ submitted_at: number }>(JOBS_SQL.oldestQueued, tenant)?.submitted_at;
  }

  /** The jobs of a batch, which lie between the two floors, in the order of their inputs. */
  ofBatch(tenant: string, batch: string, floor: string, end: string): Pick<Job, "job_id" | "status">[] {
    const range = [numberOf(floor), numberOf(end)];
    return this.#sql.exec<Pick<Job, "job_id" | "status">>(JOBS_SQL.ofBatch, ...range, tenant, batch).toArray();
  }

  /** The first blueprint label above `low` and below `high` that a job has. */
  nextBlueprint(low: string, high: string): string | undefined {
    return this.#first<{ blueprint: string }>(JOBS_SQL.nextBlueprint, low, high)?.blueprint;
  }

  #first<Row extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): Row | undefined {
    return this.#sql.exec<Row>(query, ...bindings).toArray()[0];
  }
}
