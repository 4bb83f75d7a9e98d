import type { Migration } from "./migration.ts";

/** Turns of rates that lie far apart outlive the object's memory. */
export const RATE_TURNS: Migration = {
  id: "0027_rate_turns",
  sql: `
    -- Who was given which turn of a rate whose home this is, where turns lie far apart: those who wait ask so seldom that the object
    -- is thrown out between two of them. Written when a turn is given; read when a rate is first asked for in a life of the object;
    -- purged by the alarm once nobody needs it, at over_at. Times are epoch ms; gap: ms between the turn and those beside it.
    CREATE TABLE rate_turns (
      tenant TEXT NOT NULL,
      key TEXT NOT NULL,
      holder TEXT NOT NULL,
      at REAL NOT NULL,
      gap REAL NOT NULL,
      over_at INTEGER NOT NULL,
      PRIMARY KEY (tenant, key, holder)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX rate_turns_over ON rate_turns (over_at);
  `,
};
