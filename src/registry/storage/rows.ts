import type { Job } from "../../jobs/job.ts";
import { eventsJson, readEvents, readRun, runJson } from "./row-codec.ts";

/** A job as SQLite holds it: its JSON fields as text, all else as in {@link Job}. */
type JsonFields = "metadata" | "run" | "events";
export type JobRecord = Omit<Job, JsonFields> & { [Field in JsonFields as `${Field}_json`]: string };
type Column = keyof JobRecord;

const COLUMNS: Record<Column, true> = {
  job_id: true,
  tenant: true,
  name: true,
  status: true,
  blueprint: true,
  plan_hash: true,
  submitted_at: true,
  run_at: true,
  dispatched_at: true,
  started_at: true,
  settled_at: true,
  timeout_ms: true,
  attempt: true,
  nudges: true,
  expected_by: true,
  due_at: true,
  step_count: true,
  step: true,
  message: true,
  result_path: true,
  error: true,
  error_code: true,
  parent_id: true,
  retried_from: true,
  idempotency_key: true,
  submitted_by: true,
  metadata_json: true,
  run_json: true,
  events_json: true,
  result_json: true,
  input_json: true,
  outputs_json: true,
};

/** Every column of `jobs`, in the order of the table. */
export const JOB_COLUMNS = Object.keys(COLUMNS) as Column[];

/** What a listing does not need: the timeline may be the largest part of a row, and what a job took and yielded comes next. */
type UnlistedColumn = "events_json" | "input_json" | "result_json" | "outputs_json";
export type ListedRecord = Omit<JobRecord, UnlistedColumn>;

const UNLISTED: Record<UnlistedColumn, true> = {
  events_json: true,
  input_json: true,
  result_json: true,
  outputs_json: true,
};
const isListed = (column: Column): column is keyof ListedRecord => !(column in UNLISTED);
export const LISTED_COLUMNS: (keyof ListedRecord)[] = JOB_COLUMNS.filter(isListed);

/**
 * The JSON text of fields, by the field itself: no field is ever changed in place. So each value is serialised once,
 * although a save compares the columns before it with those after it.
 */
const texts = new WeakMap<object, string>();

function textOf<Field extends object>(field: Field, write: (field: Field) => string): string {
  const known = texts.get(field);
  if (known !== undefined) return known;
  const text = write(field);
  texts.set(field, text);
  return text;
}

function readField<Field extends object>(text: string, read: (text: string) => Field): Field {
  const field = read(text);
  texts.set(field, text);
  return field;
}

export function toRecord(job: Job): JobRecord {
  const { metadata, run, events, ...fields } = job;
  return {
    ...fields,
    metadata_json: textOf(metadata, JSON.stringify),
    run_json: textOf(run, (each) => runJson(each, job.submitted_at)),
    events_json: textOf(events, (each) => eventsJson(each, job.submitted_at)),
  };
}

export function fromRecord(record: JobRecord): Job {
  const { metadata_json, run_json, events_json, ...fields } = record;
  return {
    ...fields,
    metadata: readField(metadata_json, JSON.parse),
    run: readField(run_json, (text) => readRun(text, record.submitted_at)),
    events: readField(events_json, (text) => readEvents(text, record.submitted_at)),
  };
}

/** A job as a listing shows it: without its timeline, its input, its outputs and its result. */
export function fromListed({ metadata_json, run_json, ...fields }: ListedRecord): Job {
  const run = readRun(run_json, fields.submitted_at);
  // Nobody saves it, so that its texts need not be kept.
  return {
    ...fields,
    ...{ metadata: JSON.parse(metadata_json), run, events: [] },
    ...{ input_json: null, result_json: null, outputs_json: null },
  };
}

/** The same; undefined: it cannot be read. */
export function readListed(record: ListedRecord): Job | undefined {
  try {
    return fromListed(record);
  } catch {
    return undefined;
  }
}

/** The columns that differ, so that an index is written only when its column changed. */
export function changedColumns(before: Job, after: Job): [Column, JobRecord[Column]][] {
  const old = toRecord(before);
  const fresh = toRecord(after);
  return JOB_COLUMNS.filter((column) => old[column] !== fresh[column]).map((column) => [column, fresh[column]]);
}
