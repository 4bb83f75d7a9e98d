import type { Migration } from "./migration.ts";

export const SAVED_BLUEPRINTS: Migration = {
  id: "0003_saved_blueprints",
  sql: `
    -- In shard 0 only. Written by blueprints_save, never changed; read by submits of a name and by listings.
    CREATE TABLE saved_blueprints (
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      description TEXT NOT NULL,
      document_json TEXT NOT NULL,
      plan_json TEXT NOT NULL,
      PRIMARY KEY (name, version)
    ) STRICT, WITHOUT ROWID;
  `,
};
