import type { Job, OpenWork } from "../../jobs/job.ts";
import {
  smallOutput,
  smallOutputAt,
  smallOutputs,
  withoutSmallOutputs,
  withSmallOutput,
} from "../../jobs/run/small-outputs.ts";
import { type Json, type JsonObject, utf8Bytes } from "../../lib/json.ts";
import { MAX_JOURNAL_ROWS } from "../../limits.ts";
import type { StoredFailure } from "../api/runner.ts";

/** Paths of stored values that are no step's output. */
export const INPUT_PATH = "$input";
export const RESULT_PATH = "$result";
/** Where it is kept how the rows of the step at `path` were halted: below the step, so that it goes where its values go. */
export const haltedPath = (path: string): string => `${path}.$halted`;

/** Where it is kept how a row failed beside which others go on, or the undo of a step: a retry does not have it. */
export const failedPath = (path: string): string => `$failed.${path}`;
export const isFailedPath = (path: string): boolean => path.startsWith(failedPath(""));

/** Where it is kept how far the `repeat` at `path` has come. */
export const roundsPath = (path: string): string => `${path}.$rounds`;

/** Where what takes back the others of a race keeps where the repeats around that stood. */
export const AROUND_PATH = "$around";

/** Where an answer is kept that came before the question at the path was asked. */
export const earlyPath = (path: string): string => `$early.${path}`;

/** Where a retry keeps what a row of a map had finished before. */
const carriedPath = (keyPath: string): string => `$kept.${keyPath}`;

/** The range of the paths that begin with the prefix, which ends in a dot. */
const below = (prefix: string): [from: string, to: string] => [prefix, `${prefix.slice(0, -1)}/`];

/** What a value is stored with: the open work that it ends. */
export interface StoredFor extends Pick<OpenWork, "child_id"> {
  key_path?: string | undefined;
  /** Of a step with `undo`: the number of its finish. */
  undo_number?: number | undefined;
  /** When it is recorded, epoch ms; left out: it is no step's output. */
  at?: number | undefined;
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
export type JournalRow = {
  path: string;
  row_key: string | null;
  value_json: string;
  undo_number: number | null;
  at: number | null;
};

/** A step's output as it was stored. `at`: epoch ms; undefined: of a version that did not note it. */
export interface Stored {
  json: string;
  at: number | undefined;
}

type SizeOfValue = { path: string; bytes: number };

/** A job with the value kept, to be saved; and whether this is it: the first one stays, a repeated report changes nothing. */
export interface Kept {
  job: Job;
  isNew: boolean;
}

/** Whose values may lie in the job's row: those of which nothing else must be known. */
const isPlain = ({ key_path, child_id, undo_number }: StoredFor): boolean =>
  key_path === undefined && child_id === undefined && undo_number === undefined;

export const VALUES_SQL = {
  insert: `INSERT OR IGNORE INTO job_values (job_id, path, value_json, row_key, child_id, undo_number, at)
    VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING path`,
  replace: "INSERT OR REPLACE INTO job_values (job_id, path, value_json, row_key, child_id) VALUES (?, ?, ?, ?, NULL)",
  find: "SELECT value_json, at FROM job_values WHERE job_id = ? AND path = ?",
  small: "SELECT path, value_json FROM job_values WHERE job_id = ? AND length(value_json) <= ? ORDER BY path LIMIT ?",
  copy: `INSERT OR IGNORE INTO job_values (job_id, path, value_json, row_key, child_id, undo_number, at)
    SELECT ?, ?, value_json, row_key, child_id, undo_number, at FROM job_values WHERE job_id = ? AND path = ?`,
  paths: "SELECT path, row_key, child_id, octet_length(value_json) AS bytes, undo FROM job_values WHERE job_id = ?",
  childrenBelow: `SELECT coalesce(row_key, path) AS key_path, child_id FROM job_values
    WHERE job_id = ? AND path >= ? AND path < ? AND child_id IS NOT NULL`,
  undoableBelow: `SELECT path FROM job_values
    WHERE job_id = ? AND path >= ? AND path < ? AND undo_number IS NOT NULL AND undo IS NULL`,
  failures: "SELECT path, value_json FROM job_values WHERE job_id = ? AND path >= ? AND path < ?",
  deleteBelow: "DELETE FROM job_values WHERE job_id = ? AND path >= ? AND path < ?",
  sizes: `SELECT path, octet_length(value_json) AS bytes FROM job_values
    WHERE job_id = ? AND path > ? AND path < ? ORDER BY path LIMIT ?`,
  between: `SELECT path, row_key, value_json, undo_number, at FROM job_values
    WHERE job_id = ? AND path > ? AND path <= ? ORDER BY path`,
  undo: "UPDATE job_values SET undo = ? WHERE job_id = ? AND path = ? AND undo_number IS NOT NULL",
  deleteOne: "DELETE FROM job_values WHERE job_id = ? AND path = ?",
  delete: "DELETE FROM job_values WHERE job_id = ?",
} as const;

/**
 * The values that belong to jobs: inputs, outputs of steps, large results. Small outputs lie in the row of their job, so
 * that one is read from the job as it is at that moment. Callers open the transactions.
 */
export class Values {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  keep(job: Job, path: string, value: Json, work?: StoredFor): Kept {
    return this.keepJson(job, path, JSON.stringify(value), work);
  }

  /** The same of a value that is JSON text already. */
  keepJson(job: Job, path: string, json: string, work: StoredFor = {}): Kept {
    if (this.json(job, path) !== undefined) return { job, isNew: false };
    const inRow = isPlain(work) ? withSmallOutput(job, path, json, work.at) : undefined;
    if (inRow !== undefined) return { job: inRow, isNew: true };
    return { job, isNew: this.#insert(job.job_id, path, json, work) };
  }

  /** Keep the value in a row of its own. */
  insert(jobId: string, path: string, value: Json, work?: StoredFor): void {
    this.#insert(jobId, path, JSON.stringify(value), work);
  }

  #insert(jobId: string, path: string, json: string, work: StoredFor = {}): boolean {
    const inserted = this.#sql.exec(
      VALUES_SQL.insert,
      jobId,
      path,
      json,
      work.key_path ?? null,
      work.child_id ?? null,
      work.undo_number ?? null,
      work.at ?? null,
    );
    return inserted.toArray().length === 1;
  }

  /** The job with the value in place of the one before. */
  replaceJson(job: Job, path: string, json: string, work: Pick<StoredFor, "key_path">): Job {
    const without = withoutSmallOutputs(job, (each) => each === path);
    const inRow = isPlain(work) ? withSmallOutput(without, path, json) : undefined;
    if (inRow === undefined) this.#sql.exec(VALUES_SQL.replace, job.job_id, path, json, work.key_path ?? null);
    else this.#sql.exec(VALUES_SQL.deleteOne, job.job_id, path);
    return inRow ?? without;
  }

  /** The value of the step at `path`, also where the job before this one had the same row at another place. */
  stored(job: Job, path: string, keyPath: string): Stored | undefined {
    const here = this.found(job, path);
    return here !== undefined || job.run.chain === undefined || keyPath === path
      ? here
      : this.#find(job.job_id, carriedPath(keyPath));
  }

  found(job: Pick<Job, "job_id" | "outputs_json">, path: string): Stored | undefined {
    const json = smallOutput(job, path);
    return json === undefined ? this.#find(job.job_id, path) : { json, at: smallOutputAt(job, path) };
  }

  json(job: Pick<Job, "job_id" | "outputs_json">, path: string): string | undefined {
    return this.found(job, path)?.json;
  }

  #find(jobId: string, path: string): Stored | undefined {
    const [row] = this.#sql.exec<{ value_json: string; at: number | null }>(VALUES_SQL.find, jobId, path).toArray();
    return row && { json: row.value_json, at: row.at ?? undefined };
  }

  /** Of a job without one, the empty object. */
  input(job: Job): JsonObject {
    return JSON.parse(this.inputJson(job));
  }

  inputJson({ job_id, input_json }: Job): string {
    return input_json ?? this.#find(job_id, INPUT_PATH)?.json ?? "{}";
  }

  /** @returns undefined as long as the job has no result */
  result(job: Job): string | undefined {
    const { result_path, result_json } = job;
    return result_json ?? (result_path === null ? undefined : this.json(job, result_path));
  }

  /** A value of one job, in a row of its own, as that of another; one of a row of a map by its item. */
  copy(fromJobId: string, { path, row_key }: Pick<StoredPath, "path" | "row_key">, toJobId: string): void {
    this.#sql.exec(VALUES_SQL.copy, toJobId, row_key === null ? path : carriedPath(row_key), fromJobId, path);
  }

  paths(job: Job): StoredPath[] {
    const inRow = smallOutputs(job).map(([path, json]): StoredPath => {
      return { path, row_key: null, child_id: null, bytes: utf8Bytes(json), undo: null };
    });
    return [...inRow, ...this.#sql.exec<StoredPath>(VALUES_SQL.paths, job.job_id)];
  }

  /** Small outputs, and so many bytes of JSON of the values behind the path and before `to`, in order, at least one of them. */
  page(job: Job, after: string, to: string, maxBytes: number): { rows: JournalRow[]; next: string | null } {
    const { rows, next } = this.#page(job.job_id, after, to, maxBytes);
    const inRow = after === "" ? smallOutputs(job) : [];
    const small = inRow.map(([path, value_json]) => {
      return { path, row_key: null, value_json, undo_number: null, at: smallOutputAt(job, path) ?? null };
    });
    return { rows: [...small, ...rows], next };
  }

  #page(jobId: string, after: string, to: string, maxBytes: number): { rows: JournalRow[]; next: string | null } {
    const sizes = this.#sql.exec<SizeOfValue>(VALUES_SQL.sizes, jobId, after, to, MAX_JOURNAL_ROWS).toArray();
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
  small(job: Job, maxChars: number, limit: number): [path: string, value: Json][] {
    const inRow = smallOutputs(job).filter(([, json]) => json.length <= maxChars);
    const rows = this.#sql
      .exec<{ path: string; value_json: string }>(VALUES_SQL.small, job.job_id, maxChars, limit)
      .toArray();
    const all = [...inRow, ...rows.map(({ path, value_json }): [string, string] => [path, value_json])];
    return all.slice(0, limit).map(([path, json]) => [path, JSON.parse(json)]);
  }

  /** Paths of effects below the prefix, which ends in a dot, that nobody has begun to take back. */
  undoableBelow(jobId: string, prefix: string): string[] {
    const rows = this.#sql.exec<{ path: string }>(VALUES_SQL.undoableBelow, jobId, ...below(prefix)).toArray();
    return rows.map(({ path }) => path);
  }

  /** What was kept of rows that failed, or undos, by the paths of these. */
  failures(job: Job): Record<string, StoredFailure> {
    const rows = this.#sql
      .exec<{ path: string; value_json: string }>(VALUES_SQL.failures, job.job_id, ...below(failedPath("")))
      .toArray();
    const inRow = smallOutputs(job).filter(([path]) => isFailedPath(path));
    const all = [...inRow, ...rows.map(({ path, value_json }): [string, string] => [path, value_json])];
    return Object.fromEntries(all.map(([path, json]) => [path.slice(failedPath("").length), JSON.parse(json)]));
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

  /** The job without all below the prefix, which ends in a dot, and what the job before had kept there. */
  deleteBelow(job: Job, prefix: string, keyPrefix: string): Job {
    const carried = job.run.chain === undefined ? [] : [carriedPath(keyPrefix)];
    for (const each of [prefix, ...carried]) this.#sql.exec(VALUES_SQL.deleteBelow, job.job_id, ...below(each));
    return withoutSmallOutputs(job, (path) => path.startsWith(prefix));
  }

  /** A value in a row of its own. */
  deleteOne(jobId: string, path: string): void {
    this.#sql.exec(VALUES_SQL.deleteOne, jobId, path);
  }

  /** All of the job, but for what lies in its row. */
  delete(jobId: string): void {
    this.#sql.exec(VALUES_SQL.delete, jobId);
  }
}
