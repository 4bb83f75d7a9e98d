import type { Migration } from "./migration.ts";

/** The first 14 characters behind `job_` as one number, five bits each. */
const NUMBER = Array.from(
  { length: 14 },
  (_, i) => `((instr('0123456789abcdefghjkmnpqrstvwxyz', substr(job_id, ${5 + i}, 1)) - 1) << ${5 * (13 - i)})`,
).join(" + ");

/** Those of the table before, in its order. */
const COLUMNS = `job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at,
      settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error,
      error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json`;

/**
 * Jobs are kept by a number that their id begins with. A row is then found through nodes of a few bytes for each job, not
 * of whole rows, of which a random read among a million jobs met about four that no cache held. A small result lies in
 * its job's row, not in one of its own: a row less to write, and less to read for each status.
 *
 * It takes about ten seconds of CPU for a million jobs, once. Of two jobs that have the same number, one pair in a million
 * of those of one millisecond, the second takes the next number that is free: the order stays that of the ids, and
 * `Tables.job` looks for it there. Later jobs never have such a pair: the insert draws another id.
 */
export const JOB_NUMBERS: Migration = {
  id: "0005_job_numbers",
  sql: `
    ALTER TABLE jobs RENAME TO unnumbered_jobs;
    -- Written by submit, every report and the alarm; read by every call. Its key order is time order, and that of the ids.
    CREATE TABLE jobs (
      job_number INTEGER PRIMARY KEY,
      job_id TEXT NOT NULL,
      tenant TEXT NOT NULL,
      name TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('queued','running','input_required','succeeded','failed','cancelled')),
      blueprint TEXT NOT NULL,
      plan_hash TEXT NOT NULL,
      submitted_at INTEGER NOT NULL,
      run_at INTEGER,
      dispatched_at INTEGER,
      started_at INTEGER,
      settled_at INTEGER,
      timeout_ms INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      nudges INTEGER NOT NULL,
      expected_by INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      step_count INTEGER NOT NULL,
      step TEXT,
      message TEXT,
      result_path TEXT,
      error TEXT,
      error_code TEXT,
      parent_id TEXT,
      retried_from TEXT,
      idempotency_key TEXT,
      metadata_json TEXT NOT NULL,
      run_json TEXT NOT NULL,
      events_json TEXT NOT NULL,
      result_json TEXT
    ) STRICT;
    INSERT INTO jobs SELECT max(${NUMBER} - place) OVER (ORDER BY job_id) + place, ${COLUMNS}, NULL
      FROM (SELECT *, row_number() OVER (ORDER BY job_id) AS place FROM unnumbered_jobs);
    DROP TABLE unnumbered_jobs;
    CREATE INDEX jobs_by_status ON jobs (status);
    CREATE INDEX jobs_by_blueprint ON jobs (blueprint);
    CREATE INDEX jobs_by_due ON jobs (due_at);
  `,
};
