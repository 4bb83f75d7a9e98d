import type { Migration } from "./migration.ts";

export const DELETED_BLUEPRINTS: Migration = {
  id: "0008_deleted_blueprints",
  sql: `
    -- The highest version that a name had when some of it was deleted: no number is given twice. In shard 0 only.
    -- Written by blueprints_delete, read by blueprints_save.
    CREATE TABLE deleted_blueprints (
      name TEXT PRIMARY KEY,
      version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
