import type { Migration } from "./migration.ts";

/** Who did what. */
export const AUDIT: Migration = {
  id: "0007_audit",
  sql: `
    -- The caller, as auth/principal.ts names it; null: nobody who had to be named, or a job of an earlier version.
    ALTER TABLE jobs ADD COLUMN submitted_by TEXT;

    -- What was done to keys, blueprints and jobs. Written with the change itself, read by GET /keys/audit, purged by the
    -- alarm. \`subject\` is the key, blueprint or job.
    CREATE TABLE audit (
      seq INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      action TEXT NOT NULL,
      actor TEXT,
      subject TEXT NOT NULL
    ) STRICT;

    -- In shard 0 the other shards that check keys, which each revocation must be told; in these themselves, that they have
    -- joined. Written once by each.
    CREATE TABLE key_shards (shard INTEGER PRIMARY KEY) STRICT;
  `,
};
