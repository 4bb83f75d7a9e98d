import type { Job, ListedJob } from "../../jobs/job.ts";
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

/** A page reads many rows, and most of a row is of no use to it. */
export const LISTED_COLUMNS = [
  "job_id",
  "tenant",
  "name",
  "status",
  "blueprint",
  "plan_hash",
  "submitted_at",
  "run_at",
  "dispatched_at",
  "started_at",
  "settled_at",
  "attempt",
  "step_count",
  "step",
  "error",
  "error_code",
  "parent_id",
  "metadata_json",
  "run_json",
] as const satisfies readonly Column[];

type ValuesOf<Columns extends readonly Column[]> = { -readonly [At in keyof Columns]: JobRecord[Columns[At]] };
type Listed = typeof LISTED_COLUMNS;
/** The number, as text, and the columns: a list of values is read several times as fast as an object. */
export type ListedRow = [number: string, ...ValuesOf<Listed>];

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

export function fromListed(row: ListedRow): ListedJob {
  const [, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, ...others] = row;
  const [started_at, settled_at, attempt, step_count, step, error, error_code, parent_id, metadata, run] = others;
  return {
    job_id,
    tenant,
    name,
    status,
    blueprint,
    plan_hash,
    submitted_at,
    run_at,
    dispatched_at,
    started_at,
    settled_at,
    attempt,
    step_count,
    step,
    error,
    error_code,
    parent_id,
    // Nobody saves it, so that its texts need not be kept.
    metadata: JSON.parse(metadata),
    run: readRun(run, submitted_at),
  };
}

/** The same; undefined: it cannot be read. */
export function readListed(row: ListedRow): ListedJob | undefined {
  try {
    return fromListed(row);
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
