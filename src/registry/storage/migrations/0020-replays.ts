import type { Migration } from "./migration.ts";

/** Deliveries can be sent again, and names that plans tell events under are known. */
export const REPLAYS: Migration = {
  id: "0020_replays",
  sql: `
    -- Where the event of an attempt lies, while it is kept; null of attempts from before this migration.
    ALTER TABLE delivery_attempts ADD COLUMN shard INTEGER;
    ALTER TABLE delivery_attempts ADD COLUMN position INTEGER;
    -- 1: somebody asked for it.
    ALTER TABLE delivery_attempts ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;

    -- Names that \`emit\` steps of this object have told events under, at least once. Written with the first one of each, also
    -- when nobody listens; read by those who look what there is to listen to.
    CREATE TABLE emitted_names (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
};
