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
};

/** Every column of `jobs`, in the order of the table. */
export const JOB_COLUMNS = Object.keys(COLUMNS) as Column[];

export function toRecord(job: Job): JobRecord {
  const { metadata, run, events, ...fields } = job;
  return {
    ...fields,
    metadata_json: JSON.stringify(metadata),
    run_json: runJson(run, job.submitted_at),
    events_json: eventsJson(events, job.submitted_at),
  };
}

export function fromRecord(record: JobRecord): Job {
  const { metadata_json, run_json, events_json, ...fields } = record;
  return {
    ...fields,
    metadata: JSON.parse(metadata_json),
    run: readRun(run_json, record.submitted_at),
    events: readEvents(events_json, record.submitted_at),
  };
}

/** The columns that differ, so that an index is written only when its column changed. */
export function changedColumns(before: Job, after: Job): [Column, JobRecord[Column]][] {
  const old = toRecord(before);
  const fresh = toRecord(after);
  return JOB_COLUMNS.filter((column) => old[column] !== fresh[column]).map((column) => [column, fresh[column]]);
}
