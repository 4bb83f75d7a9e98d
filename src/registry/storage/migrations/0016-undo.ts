import type { Migration } from "./migration.ts";

/** What takes effects back must know what there is to take back, and in which order. */
export const UNDO: Migration = {
  id: "0016_undo",
  sql: `
    -- Only of steps with an undo. undo_number: its place among these, in the order of their ends; written with the output, read by the cleanup
    -- job. undo: whether that has begun with it, or is done; written by its reports, read by retry.
    ALTER TABLE job_values ADD COLUMN undo_number INTEGER;
    ALTER TABLE job_values ADD COLUMN undo TEXT CHECK (undo IN ('begun', 'done'));
  `,
};
