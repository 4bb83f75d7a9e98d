import type { Migration } from "./migration.ts";

/** Limits on how many jobs of a key run at once have their home in one object. */
export const SLOTS: Migration = {
  id: "0022_slots",
  sql: `
    -- Who has a slot of a limit whose home this is. Written when a slot is taken and given; read by the same, and by the alarm.
    CREATE TABLE slot_holders (
      tenant TEXT NOT NULL,
      key TEXT NOT NULL,
      holder TEXT NOT NULL,
      since INTEGER NOT NULL,
      PRIMARY KEY (tenant, key, holder)
    ) STRICT, WITHOUT ROWID;
    -- Who waits for one, in the order in which they get it: the lower rank first, then the earlier.
    CREATE TABLE slot_waiters (
      tenant TEXT NOT NULL,
      key TEXT NOT NULL,
      rank INTEGER NOT NULL,
      since INTEGER NOT NULL,
      holder TEXT NOT NULL,
      most INTEGER NOT NULL,
      PRIMARY KEY (tenant, key, rank, since, holder)
    ) STRICT, WITHOUT ROWID;
  `,
};
