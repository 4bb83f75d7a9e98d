import type { Migration } from "./migration.ts";

/** What `store` steps keep. In shard 0 only. */
export const STORE: Migration = {
  id: "0009_store",
  sql: `
    -- Written and read by \`store\` steps; expired by the alarm. value_json NULL: the key is absent, and only its version is
    -- remembered. due_at: when the value expires, or the version is forgotten; NULL: never.
    CREATE TABLE store_entries (
      key TEXT PRIMARY KEY,
      version INTEGER NOT NULL,
      value_json TEXT,
      due_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX store_entries_by_due ON store_entries (due_at) WHERE due_at IS NOT NULL;

    -- Answers of writes by the names of these, for those that are sent again. Purged by the alarm.
    CREATE TABLE store_writes (
      seq INTEGER PRIMARY KEY,
      write_id TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL,
      answer_json TEXT NOT NULL
    ) STRICT;
  `,
};
