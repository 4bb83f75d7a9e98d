import type { Migration } from "./migration.ts";

/**
 * Retries are a chain of jobs that share the keys of their actions, and no caller's key any more. Rows of a map are named by
 * their items.
 */
export const CHAINS: Migration = {
  id: "0006_chains",
  sql: `
    -- What jobs were before they were deleted or purged, for clients that hold them as tasks. Written with the deletion,
    -- read by tasks/get; goes by the alarm. \`hour\` is that of the deletion, since 1970: old rows lie at the beginning.
    CREATE TABLE last_states (
      hour INTEGER NOT NULL,
      job_id TEXT NOT NULL,
      tenant TEXT NOT NULL,
      deleted_at INTEGER NOT NULL,
      status_json TEXT NOT NULL,
      PRIMARY KEY (hour, job_id)
    ) STRICT, WITHOUT ROWID;

    -- row_key: of a value inside a map, its path with items in place of their indexes. child_id: whose result it is.
    ALTER TABLE job_values ADD COLUMN row_key TEXT;
    ALTER TABLE job_values ADD COLUMN child_id TEXT;

    -- Chains of retries by their first job: how many there were, and how many jobs of the chain are left.
    -- Written by retry, deleted with the last job.
    CREATE TABLE chains (
      root_id TEXT PRIMARY KEY,
      retries INTEGER NOT NULL,
      members INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- The job that a retry made, by the request. Written and read by retry, deleted with the job that was retried.
    CREATE TABLE retries (
      job_id TEXT NOT NULL,
      request_hash TEXT NOT NULL,
      again_id TEXT NOT NULL,
      PRIMARY KEY (job_id, request_hash)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO retries SELECT retried_from, idempotency_keys.request_hash, jobs.job_id FROM jobs
      JOIN idempotency_keys ON idempotency_keys.idempotency_key = jobs.idempotency_key
      WHERE retried_from IS NOT NULL AND idempotency_keys.job_id = jobs.job_id;
    DELETE FROM idempotency_keys WHERE job_id IN (SELECT again_id FROM retries);

    -- Actions that ran and did not finish, by job and key path: under which suffix of the key, how many polls of it were
    -- answered, whether the answer was definite, and the child it waited for. Written when a job or a row ends, and by
    -- retry; read by begin and retry.
    CREATE TABLE actions (
      job_id TEXT NOT NULL,
      key_path TEXT NOT NULL,
      suffix INTEGER NOT NULL,
      polls INTEGER NOT NULL,
      outcome TEXT CHECK (outcome IN ('unknown', 'definite')),
      child_id TEXT,
      PRIMARY KEY (job_id, key_path)
    ) STRICT, WITHOUT ROWID;
  `,
};
