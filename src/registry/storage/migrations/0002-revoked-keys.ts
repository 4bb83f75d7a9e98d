import type { Migration } from "./migration.ts";

export const REVOKED_KEYS: Migration = {
  id: "0002_revoked_keys",
  sql: `
    -- API keys of the tenant that are no longer served. Written by revoke; read by every call that brings a key.
    CREATE TABLE revoked_keys (
      key_id TEXT PRIMARY KEY,
      revoked_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
