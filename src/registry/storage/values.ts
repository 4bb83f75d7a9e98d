import type { Job, OpenWork } from "../../jobs/job.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { MAX_JOURNAL_ROWS } from "../../limits.ts";

/** Paths of stored values that are no step's output. */
export const INPUT_PATH = "$input";
export const RESULT_PATH = "$result";
/** Where it is kept how the rows of the step at `path` were halted: below the step, so that it goes where its values go. */
export const haltedPath = (path: string): string => `${path}.$halted`;

/** Where it is kept how far the `repeat` at `path` has come. */
export const roundsPath = (path: string): string => `${path}.$rounds`;

/** Where a retry keeps what a row of a map had finished before. */
const carriedPath = (keyPath: string): string => `$kept.${keyPath}`;

/** The range of the paths that begin with the prefix, which ends in a dot. */
const below = (prefix: string): [from: string, to: string] => [prefix, `${prefix.slice(0, -1)}/`];

/** What a value is stored with: the open work that it ends. */
export interface StoredFor extends Pick<OpenWork, "child_id"> {
  key_path?: string | undefined;
  /** Of a step with `undo`: the number of its finish. */
  undo_number?: number | undefined;
}
export type StoredPath = {
  path: string;
  row_key: string | null;
  child_id: string | null;
  bytes: number;
  /** Whether its undo has begun, or is done; null: neither. */
  undo: UndoState | null;
};
export type UndoState = "begun" | "done";

/** A value as a cleanup job reads it. */
export type JournalRow = { path: string; row_key: string | null; value_json: string; undo_number: number | null };

type SizeOfValue = { path: string; bytes: number };

export const VALUES_SQL = {
  insert: `INSERT OR IGNORE INTO job_values (job_id, path, value_json, row_key, child_id, undo_number)
    VALUES (?, ?, ?, ?, ?, ?) RETURNING path`,
  replace: "INSERT OR REPLACE INTO job_values (job_id, path, value_json, row_key, child_id) VALUES (?, ?, ?, ?, NULL)",
  find: "SELECT value_json FROM job_values WHERE job_id = ? AND path = ?",
  small: "SELECT path, value_json FROM job_values WHERE job_id = ? AND length(value_json) <= ? ORDER BY path LIMIT ?",
  copy: `INSERT OR IGNORE INTO job_values (job_id, path, value_json, row_key, child_id, undo_number)
    SELECT ?, ?, value_json, row_key, child_id, undo_number FROM job_values WHERE job_id = ? AND path = ?`,
  paths: "SELECT path, row_key, child_id, octet_length(value_json) AS bytes, undo FROM job_values WHERE job_id = ?",
  childrenBelow: `SELECT coalesce(row_key, path) AS key_path, child_id FROM job_values
    WHERE job_id = ? AND path >= ? AND path < ? AND child_id IS NOT NULL`,
  deleteBelow: "DELETE FROM job_values WHERE job_id = ? AND path >= ? AND path < ?",
  sizes: `SELECT path, octet_length(value_json) AS bytes FROM job_values
    WHERE job_id = ? AND path > ? ORDER BY path LIMIT ?`,
  between: `SELECT path, row_key, value_json, undo_number FROM job_values
    WHERE job_id = ? AND path > ? AND path <= ? ORDER BY path`,
  undo: "UPDATE job_values SET undo = ? WHERE job_id = ? AND path = ? AND undo_number IS NOT NULL",
  delete: "DELETE FROM job_values WHERE job_id = ?",
} as const;

/** The values that belong to jobs: inputs, outputs of steps, large results. Callers open the transactions. */
export class Values {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Keep the value. The first one stays: a repeated report changes nothing. @returns whether this is it */
  insert(jobId: string, path: string, value: Json, work?: StoredFor): boolean {
    return this.insertJson(jobId, path, JSON.stringify(value), work);
  }

  /** The same of a value that is JSON text already. */
  insertJson(jobId: string, path: string, json: string, work: StoredFor = {}): boolean {
    const inserted = this.#sql.exec(
      VALUES_SQL.insert,
      jobId,
      path,
      json,
      work.key_path ?? null,
      work.child_id ?? null,
      work.undo_number ?? null,
    );
    return inserted.toArray().length === 1;
  }

  /** Keep the value in place of the one before. */
  replaceJson(jobId: string, path: string, json: string, { key_path }: StoredFor): void {
    this.#sql.exec(VALUES_SQL.replace, jobId, path, json, key_path ?? null);
  }

  /** The value of the step at `path`, also where the job before this one had the same row at another place. */
  stored({ job_id, run }: Pick<Job, "job_id" | "run">, path: string, keyPath: string): string | undefined {
    const here = this.json(job_id, path);
    return here !== undefined || run.chain === undefined || keyPath === path
      ? here
      : this.json(job_id, carriedPath(keyPath));
  }

  json(jobId: string, path: string): string | undefined {
    return this.#sql.exec<{ value_json: string }>(VALUES_SQL.find, jobId, path).toArray()[0]?.value_json;
  }

  /** Of a job without one, the empty object. */
  input({ job_id, input_json }: Job): JsonObject {
    return JSON.parse(input_json ?? this.json(job_id, INPUT_PATH) ?? "{}");
  }

  /** @returns undefined as long as the job has no result */
  result({ job_id, result_path, result_json }: Job): string | undefined {
    return result_json ?? (result_path === null ? undefined : this.json(job_id, result_path));
  }

  /** The value of one job as that of another; one of a row of a map by its item. */
  copy(fromJobId: string, { path, row_key }: Pick<StoredPath, "path" | "row_key">, toJobId: string): void {
    this.#sql.exec(VALUES_SQL.copy, toJobId, row_key === null ? path : carriedPath(row_key), fromJobId, path);
  }

  paths(jobId: string): StoredPath[] {
    return this.#sql.exec<StoredPath>(VALUES_SQL.paths, jobId).toArray();
  }

  /** The values behind the path, in order, at least one of them and no more than so many bytes of JSON together. */
  page(jobId: string, after: string, maxBytes: number): { rows: JournalRow[]; next: string | null } {
    const sizes = this.#sql.exec<SizeOfValue>(VALUES_SQL.sizes, jobId, after, MAX_JOURNAL_ROWS).toArray();
    let count = 0;
    for (let bytes = sizes[0]?.bytes ?? 0; count < sizes.length && (count === 0 || bytes <= maxBytes); count++) {
      bytes += sizes[count + 1]?.bytes ?? 0;
    }
    const last = sizes[count - 1]?.path;
    if (last === undefined) return { rows: [], next: null };
    const rows = this.#sql.exec<JournalRow>(VALUES_SQL.between, jobId, after, last).toArray();
    return { rows, next: count < sizes.length || count === MAX_JOURNAL_ROWS ? last : null };
  }

  /** The undo of the step whose output is stored at the path has begun, or is done. */
  markUndo(jobId: string, path: string, keyPath: string, undo: UndoState): void {
    this.#sql.exec(VALUES_SQL.undo, undo, jobId, path);
    if (keyPath !== path) this.#sql.exec(VALUES_SQL.undo, undo, jobId, carriedPath(keyPath));
  }

  /** Stored values of at most `maxChars` characters of JSON, at most `limit` of them. */
  small(jobId: string, maxChars: number, limit: number): [path: string, value: Json][] {
    const rows = this.#sql
      .exec<{ path: string; value_json: string }>(VALUES_SQL.small, jobId, maxChars, limit)
      .toArray();
    return rows.map((row) => [row.path, JSON.parse(row.value_json)]);
  }

  /** Children whose results are kept below the prefix, which ends in a dot. */
  childrenBelow(jobId: string, prefix: string): { key_path: string; child_id: string }[] {
    const rows = this.#sql.exec<{ key_path: string; child_id: string }>(
      VALUES_SQL.childrenBelow,
      jobId,
      ...below(prefix),
    );
    return rows.toArray();
  }

  /** All below the prefix, which ends in a dot, and what the job before had kept there. */
  deleteBelow({ job_id, run }: Pick<Job, "job_id" | "run">, prefix: string, keyPrefix: string): void {
    const carried = run.chain === undefined ? [] : [carriedPath(keyPrefix)];
    for (const each of [prefix, ...carried]) this.#sql.exec(VALUES_SQL.deleteBelow, job_id, ...below(each));
  }

  /** All of the job. */
  delete(jobId: string): void {
    this.#sql.exec(VALUES_SQL.delete, jobId);
  }
}
