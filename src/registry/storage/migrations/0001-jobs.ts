import type { Migration } from "./migration.ts";

export const JOBS: Migration = {
  id: "0001_jobs",
  sql: `
    -- Written by submit, every report and the alarm; read by every call. Its key order is time order.
    CREATE TABLE jobs (
      job_id TEXT PRIMARY KEY,
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
      events_json TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX jobs_by_status ON jobs (status, job_id);
    CREATE INDEX jobs_by_blueprint ON jobs (blueprint, job_id);
    CREATE INDEX jobs_by_due ON jobs (due_at, job_id);

    -- Plans by their hash. Written by the first submit of a plan; read when an attempt starts and for details.
    -- inline_uses counts the jobs that brought the plan along; it goes with the last of them, unless a named
    -- blueprint has the same one, which pins it.
    CREATE TABLE plans (
      plan_hash TEXT PRIMARY KEY,
      plan_json TEXT NOT NULL,
      inline_uses INTEGER NOT NULL,
      pinned INTEGER NOT NULL CHECK (pinned IN (0, 1))
    ) STRICT, WITHOUT ROWID;

    -- A job's input ($input), step outputs (by step path) and result ($result). Written by submit and reports.
    CREATE TABLE job_values (
      job_id TEXT NOT NULL,
      path TEXT NOT NULL,
      value_json TEXT NOT NULL,
      PRIMARY KEY (job_id, path)
    ) STRICT, WITHOUT ROWID;

    -- Written by submit with a key, deleted with its job; read by submit.
    CREATE TABLE idempotency_keys (
      idempotency_key TEXT PRIMARY KEY,
      request_hash TEXT NOT NULL,
      job_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
