import type { Migration } from "./migration.ts";

/** A row less for each job. */
export const SMALL_INPUTS: Migration = {
  id: "0013_small_inputs",
  sql: `
    -- The input of a job, where it is small; a larger one, and that of a job of an earlier version, lies in job_values.
    ALTER TABLE jobs ADD COLUMN input_json TEXT;
  `,
};
