import type { Migration } from "./migration.ts";

/** A child that was deleted is retried with its parent all the same: its keys must be known. */
export const GONE_CHILDREN: Migration = {
  id: "0021_gone_children",
  sql: `
    -- Children that were deleted while a job that may retry them was left: what their retry goes by, besides their rows in
    -- \`actions\`. chain_of: the first job of the parent's chain. Written with the deletion, read by spawn, deleted with
    -- the last job of that chain.
    CREATE TABLE gone_children (
      chain_of TEXT NOT NULL,
      job_id TEXT NOT NULL,
      state_json TEXT NOT NULL,
      PRIMARY KEY (chain_of, job_id)
    ) STRICT, WITHOUT ROWID;
  `,
};
