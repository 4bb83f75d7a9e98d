import { waitsForChildren } from "../../jobs/dispatch.ts";
import { jobNumber } from "../../jobs/id.ts";
import { INLINE, type Job, type OpenWork } from "../../jobs/job.ts";
import type { JobStatusName } from "../../jobs/status.ts";
import type { Json } from "../../lib/json.ts";
import { MAX_LIST_SCAN } from "../../limits.ts";
import { RecentJobs } from "./job-cache.ts";
import { readRun } from "./row-codec.ts";
import { changedColumns, fromRecord, JOB_COLUMNS, type JobRecord, toRecord } from "./rows.ts";

/** Paths of stored values that are no step's output. */
export const INPUT_PATH = "$input";
export const RESULT_PATH = "$result";
/** Where it is kept how the rows of the step at `path` were halted: below the step, so that it goes where its values go. */
export const haltedPath = (path: string): string => `${path}.$halted`;

/** Where a retry keeps what a row of a map had finished before. */
const carriedPath = (keyPath: string): string => `$kept.${keyPath}`;

/** What a value is stored with: the open work that it ends. */
export type StoredFor = Pick<OpenWork, "key_path" | "child_id">;
export type StoredPath = { path: string; row_key: string | null; child_id: string | null };

/** One version of a saved blueprint. */
export type SavedRecord = { version: number; description: string; document_json: string; plan_json: string };

type ListedBy = { status: string } | { blueprint: string };

export type JobKey = Pick<Job, "tenant" | "job_id">;
export type DueJob = JobKey & Pick<Job, "status">;

const placeholders = (count: number): string => Array.from({ length: count }, () => "?").join(", ");

const ALL_COLUMNS = JOB_COLUMNS.join(", ");
/** A listing needs neither the timeline, which may be the largest part of a row, nor the result. */
const LIST_COLUMNS = ALL_COLUMNS.replace("events_json, result_json", "'[]' AS events_json, NULL AS result_json");

/** By the number, which is the key, and by the id: what a caller sends may be another id of the same number. */
const THE_JOB = "job_number = ? AND job_id = ?";
const IN_RANGE = "job_number >= ? AND job_number < ? AND job_id < ?";

/** As text: the object's SQL takes no bigint, and the column's type makes an integer of it. */
const numberOf = (jobId: string): string => String(jobNumber(jobId));
const keyOf = (jobId: string): [number: string, jobId: string] => [numberOf(jobId), jobId];

export const SQL = {
  insertJob: `INSERT INTO jobs (job_number, ${ALL_COLUMNS}) VALUES (?, ${placeholders(JOB_COLUMNS.length)})
    ON CONFLICT (job_number) DO NOTHING RETURNING job_id`,
  job: `SELECT ${ALL_COLUMNS} FROM jobs WHERE ${THE_JOB} AND tenant = ?`,
  deleteJob: `DELETE FROM jobs WHERE ${THE_JOB}`,
  dueJobs: "SELECT tenant, job_id, status FROM jobs WHERE due_at <= ? ORDER BY due_at, job_number LIMIT ?",
  putOff: `UPDATE jobs SET due_at = ? WHERE ${THE_JOB}`,
  firstDue: "SELECT due_at FROM jobs ORDER BY due_at LIMIT 1",
  waitingJobs: `SELECT tenant, job_id FROM jobs WHERE status = 'queued' AND job_number >= ? AND job_id > ?
    AND dispatched_at IS NULL AND attempt = 1 AND (parent_id IS NOT NULL) = ? AND coalesce(run_at, 0) <= ? ORDER BY job_number LIMIT ?`,
  census: `SELECT count(*) AS active, count(*) FILTER (WHERE dispatched_at IS NOT NULL OR attempt > 1) AS running
    FROM jobs WHERE status IN ('queued', 'running', 'input_required')`,
  parents: `SELECT run_json FROM jobs WHERE status IN ('queued', 'running', 'input_required')
    AND (dispatched_at IS NOT NULL OR attempt > 1) AND instr(run_json, '"child_id"') > 0`,
  list: `SELECT ${LIST_COLUMNS} FROM jobs WHERE ${IN_RANGE} ORDER BY job_number DESC LIMIT ?`,
  listByStatus: `SELECT ${LIST_COLUMNS} FROM jobs WHERE status = ? AND ${IN_RANGE} ORDER BY job_number DESC LIMIT ?`,
  listByBlueprint: `SELECT ${LIST_COLUMNS} FROM jobs WHERE blueprint = ? AND ${IN_RANGE} ORDER BY job_number DESC LIMIT ?`,
  nextBlueprint: "SELECT blueprint FROM jobs WHERE blueprint > ? AND blueprint < ? ORDER BY blueprint LIMIT 1",
  pinPlan: `INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES (?, ?, 0, 1)
    ON CONFLICT (plan_hash) DO UPDATE SET pinned = 1 WHERE pinned = 0`,
  usePlan: `INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES (?, ?, 1, 0)
    ON CONFLICT (plan_hash) DO UPDATE SET inline_uses = inline_uses + 1`,
  unusePlan: "UPDATE plans SET inline_uses = inline_uses - 1 WHERE plan_hash = ?",
  deleteUnusedPlan: "DELETE FROM plans WHERE plan_hash = ? AND inline_uses = 0 AND pinned = 0",
  plan: "SELECT plan_json FROM plans WHERE plan_hash = ?",
  insertValue: "INSERT OR IGNORE INTO job_values (job_id, path, value_json, row_key, child_id) VALUES (?, ?, ?, ?, ?)",
  value: "SELECT value_json FROM job_values WHERE job_id = ? AND path = ?",
  values: "SELECT path, value_json FROM job_values WHERE job_id = ? AND length(value_json) <= ? ORDER BY path LIMIT ?",
  copyValue: `INSERT OR IGNORE INTO job_values (job_id, path, value_json, row_key, child_id)
    SELECT ?, ?, value_json, row_key, child_id FROM job_values WHERE job_id = ? AND path = ?`,
  storedPaths: "SELECT path, row_key, child_id FROM job_values WHERE job_id = ?",
  deleteValues: "DELETE FROM job_values WHERE job_id = ?",
  insertBlueprint:
    "INSERT INTO saved_blueprints (name, version, description, document_json, plan_json) VALUES (?, ?, ?, ?, ?)",
  blueprint:
    "SELECT version, description, document_json, plan_json FROM saved_blueprints WHERE name = ? AND version = ?",
  latestBlueprint:
    "SELECT version, description, document_json, plan_json FROM saved_blueprints WHERE name = ? ORDER BY version DESC LIMIT 1",
  nextBlueprintName: "SELECT name FROM saved_blueprints WHERE name > ? ORDER BY name LIMIT 1",
  insertKey: "INSERT INTO idempotency_keys (idempotency_key, request_hash, job_id) VALUES (?, ?, ?)",
  key: "SELECT request_hash, job_id FROM idempotency_keys WHERE idempotency_key = ?",
  deleteKey: "DELETE FROM idempotency_keys WHERE idempotency_key = ? AND job_id = ?",
} as const;

/** Every statement of the registry. Calls are synchronous; callers open the transactions. */
export class Queries {
  readonly #sql: SqlStorage;
  readonly #recent = new RecentJobs();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns false when another job has the id's number, which no two have: nothing is written */
  insertJob(job: Job): boolean {
    const record = toRecord(job);
    const values = JOB_COLUMNS.map((column) => record[column]);
    return this.#first(SQL.insertJob, numberOf(job.job_id), ...values) !== undefined;
  }

  job(tenant: string, jobId: string): Job | undefined {
    const recent = this.#recent.get(tenant, jobId);
    if (recent !== undefined) return recent;
    const record = this.#first<JobRecord>(SQL.job, ...keyOf(jobId), tenant);
    return record && this.#recent.keep(record);
  }

  /** What was read may not be what is stored: a transaction was undone. */
  forgetRead(): void {
    this.#recent.clear();
  }

  /**
   * Write what changed, if the row still has one of the statuses that the change may leave.
   * @returns false when another write came first, a normal outcome
   */
  updateJob(before: Job, after: Job, from: readonly JobStatusName[]): boolean {
    const changed = changedColumns(before, after);
    if (changed.length === 0) return true;
    this.#recent.delete(before.job_id);
    const set = changed.map(([column]) => `${column} = ?`).join(", ");
    const values = changed.map(([, value]) => value);
    const update = `UPDATE jobs SET ${set} WHERE ${THE_JOB} AND status IN (${placeholders(from.length)}) RETURNING job_id`;
    return this.#sql.exec(update, ...values, ...keyOf(before.job_id), ...from).toArray().length === 1;
  }

  /** Takes the key from the job, if it is that job's: a later one may have it by now. */
  deleteKey(key: string, jobId: string): void {
    this.#sql.exec(SQL.deleteKey, key, jobId);
  }

  /** Delete the job with all that belongs to it. */
  deleteJob(job: Job): void {
    this.#sql.exec(SQL.deleteValues, job.job_id);
    if (job.idempotency_key !== null) this.deleteKey(job.idempotency_key, job.job_id);
    this.#sql.exec(SQL.deleteJob, ...keyOf(job.job_id));
    this.#recent.delete(job.job_id);
    this.#releasePlan(job);
  }

  /** Jobs due at `now`, the longest waiting first. */
  dueJobs(now: number, limit: number): DueJob[] {
    return this.#sql.exec<DueJob>(SQL.dueJobs, now, limit).toArray();
  }

  /** Look at the job at `dueAt` and not before, whatever state it is in. */
  putOff(jobId: string, dueAt: number): void {
    this.#sql.exec(SQL.putOff, dueAt, ...keyOf(jobId));
    this.#recent.delete(jobId);
  }

  /** Accepted jobs above the id that need a place and could have one at `now`, in the order of their acceptance. */
  waitingJobs(afterId: string, areChildren: boolean, now: number, limit: number): JobKey[] {
    return this.#sql.exec<JobKey>(SQL.waitingJobs, ...keyOf(afterId), Number(areChildren), now, limit).toArray();
  }

  /** Unsettled jobs, and those of them that hold a place at the engine. Reads them all. */
  census(): { active: number; running: number } {
    const { active, running } = this.#sql.exec<{ active: number; running: number }>(SQL.census).one();
    const parents = this.#sql.exec<{ run_json: string }>(SQL.parents).toArray();
    const waiting = parents.filter(({ run_json }) => waitsForChildren(readRun(run_json, 0)));
    return { active, running: running - waiting.length };
  }

  firstDue(): number | undefined {
    return this.#first<{ due_at: number }>(SQL.firstDue)?.due_at;
  }

  /**
   * Jobs from the floor `low` on and below the id `high`, newest first, read as they are taken, so many rows at once, in
   * all one more than a call may look at. Between two reads no cursor stays open: SQLite could not take its log back as
   * long as one is, and would make it longer with every write.
   */
  *list(low: string, high: string, rows: number, by?: ListedBy): Generator<Job> {
    let left = MAX_LIST_SCAN + 1;
    const from = numberOf(low);
    // A page that ended in another shard: the job with that number here may still be below it.
    let below = String(jobNumber(high) + 1n);
    while (left > 0) {
      const wanted = Math.min(rows, left);
      const records = this.#listed([from, below, high, wanted], by);
      for (const record of records) yield fromRecord(record);
      const last = records.at(-1);
      if (last === undefined || records.length < wanted) return;
      below = numberOf(last.job_id);
      left -= records.length;
    }
  }

  #listed(range: [from: string, below: string, high: string, rows: number], by: ListedBy | undefined): JobRecord[] {
    if (by === undefined) return this.#sql.exec<JobRecord>(SQL.list, ...range).toArray();
    if ("status" in by) return this.#sql.exec<JobRecord>(SQL.listByStatus, by.status, ...range).toArray();
    return this.#sql.exec<JobRecord>(SQL.listByBlueprint, by.blueprint, ...range).toArray();
  }

  /** The first blueprint label above `low` and below `high` that a job has. */
  nextBlueprint(low: string, high: string): string | undefined {
    return this.#first<{ blueprint: string }>(SQL.nextBlueprint, low, high)?.blueprint;
  }

  /** Keep the plan of a new job: named ones once for ever, an inline one as long as a job has it. */
  keepPlan(job: Job, planJson: string): void {
    this.#sql.exec(job.blueprint === INLINE ? SQL.usePlan : SQL.pinPlan, job.plan_hash, planJson);
  }

  #releasePlan(job: Job): void {
    if (job.blueprint !== INLINE) return;
    this.#sql.exec(SQL.unusePlan, job.plan_hash);
    this.#sql.exec(SQL.deleteUnusedPlan, job.plan_hash);
  }

  /** @throws when there is none: a job's plan is stored before the job */
  planJson(planHash: string): string {
    const row = this.#first<{ plan_json: string }>(SQL.plan, planHash);
    if (row === undefined) throw new Error(`no plan ${planHash}`);
    return row.plan_json;
  }

  /** Keep the value. The first one stays: a repeated report changes nothing. */
  insertValue(jobId: string, path: string, value: Json, work?: StoredFor): void {
    this.insertJson(jobId, path, JSON.stringify(value), work);
  }

  /** The same of a value that is JSON text already. */
  insertJson(jobId: string, path: string, json: string, work: StoredFor = {}): void {
    this.#sql.exec(SQL.insertValue, jobId, path, json, work.key_path ?? null, work.child_id ?? null);
  }

  /** The value of the step at `path`, also where the job before this one had the same row at another place. */
  storedJson({ job_id, run }: Pick<Job, "job_id" | "run">, path: string, keyPath: string): string | undefined {
    const here = this.valueJson(job_id, path);
    return here !== undefined || run.chain === undefined || keyPath === path
      ? here
      : this.valueJson(job_id, carriedPath(keyPath));
  }

  valueJson(jobId: string, path: string): string | undefined {
    return this.#first<{ value_json: string }>(SQL.value, jobId, path)?.value_json;
  }

  /** @returns undefined as long as the job has no result */
  resultJson({ job_id, result_path, result_json }: Job): string | undefined {
    return result_json ?? (result_path === null ? undefined : this.valueJson(job_id, result_path));
  }

  /** The value of one job as that of another; one of a row of a map by its item. */
  copyValue(fromJobId: string, { path, row_key }: StoredPath, toJobId: string): void {
    this.#sql.exec(SQL.copyValue, toJobId, row_key === null ? path : carriedPath(row_key), fromJobId, path);
  }

  storedPaths(jobId: string): StoredPath[] {
    return this.#sql.exec<StoredPath>(SQL.storedPaths, jobId).toArray();
  }

  /** Stored values of at most `maxChars` characters of JSON, at most `limit` of them. */
  values(jobId: string, maxChars: number, limit: number): [path: string, value: Json][] {
    const rows = this.#sql.exec<{ path: string; value_json: string }>(SQL.values, jobId, maxChars, limit).toArray();
    return rows.map((row) => [row.path, JSON.parse(row.value_json)]);
  }

  insertBlueprint(saved: SavedRecord & { name: string }): void {
    const { name, version, description, document_json, plan_json } = saved;
    this.#sql.exec(SQL.insertBlueprint, name, version, description, document_json, plan_json);
  }

  /** @param version null: the latest */
  blueprint(name: string, version: number | null): SavedRecord | undefined {
    if (version === null) return this.#first<SavedRecord>(SQL.latestBlueprint, name);
    return this.#first<SavedRecord>(SQL.blueprint, name, version);
  }

  /** The first saved name above `after`. */
  nextBlueprintName(after: string): string | undefined {
    return this.#first<{ name: string }>(SQL.nextBlueprintName, after)?.name;
  }

  insertKey(key: string, requestHash: string, jobId: string): void {
    this.#sql.exec(SQL.insertKey, key, requestHash, jobId);
  }

  key(key: string): { request_hash: string; job_id: string } | undefined {
    return this.#first<{ request_hash: string; job_id: string }>(SQL.key, key);
  }

  #first<Row extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): Row | undefined {
    return this.#sql.exec<Row>(query, ...bindings).toArray()[0];
  }
}
