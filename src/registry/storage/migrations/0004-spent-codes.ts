import type { Migration } from "./migration.ts";

export const SPENT_CODES: Migration = {
  id: "0004_spent_codes",
  sql: `
    -- OAuth grants whose authorization code was exchanged. Written and read by the exchange, in shard 0 only; a row
    -- outlives its code, then goes.
    CREATE TABLE spent_codes (
      grant_id TEXT PRIMARY KEY,
      spent_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
