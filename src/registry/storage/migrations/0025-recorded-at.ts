import type { Migration } from "./migration.ts";

/** What `$now()` gives after a step: the same at every resume. */
export const RECORDED_AT: Migration = {
  id: "0025_recorded_at",
  sql: `
    -- When the value was recorded, epoch ms; NULL of what is no step's output, and of jobs before. That of a small output lies
    -- beside it in jobs.outputs_json, under its path behind an @. Written by reports; read by those that find it.
    ALTER TABLE job_values ADD COLUMN at INTEGER;
  `,
};
