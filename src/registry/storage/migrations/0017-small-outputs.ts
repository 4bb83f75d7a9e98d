import type { Migration } from "./migration.ts";

/** A row less for each step, when it is written and when it is purged. */
export const SMALL_OUTPUTS: Migration = {
  id: "0017_small_outputs",
  sql: `
    -- Outputs of steps by path, as one object, as long as they are small together. Those that came later, outputs of rows of a map, of
    -- children and of steps with an undo, and all of a job of an earlier version lie in job_values. Written and read by reports.
    ALTER TABLE jobs ADD COLUMN outputs_json TEXT;
  `,
};
