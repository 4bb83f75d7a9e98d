import type { Migration } from "./migration.ts";

/** Where links of a trigger's jobs begin: nobody is there with a URL when they start. */
export const TRIGGER_ORIGINS: Migration = {
  id: "0026_trigger_origins",
  sql: `
    -- Under which its last save reached the server; null of what was saved before. Written by triggers_save, read with the row.
    ALTER TABLE triggers ADD COLUMN origin TEXT;
  `,
};
