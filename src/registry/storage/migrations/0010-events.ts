import type { Migration } from "./migration.ts";

/** What happened, for whoever listens. */
export const EVENTS: Migration = {
  id: "0010_events",
  sql: `
    -- What happened while the tenant listened. Written with what it tells, read by whoever listens, purged by the alarm;
    -- never changed. A position is never used twice, also when all rows are gone: event_log knows how far they went.
    CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      event_id TEXT NOT NULL,
      name TEXT NOT NULL,
      at INTEGER NOT NULL,
      data_json TEXT NOT NULL
    ) STRICT;

    -- One row, from the moment on in which the object knows whether the tenant listens. \`listening_until\`: epoch ms.
    -- \`gone_to\`: the events up to this position are gone. \`gap\`: this position stands for events that were not recorded,
    -- since nobody listened, and 0 for none.
    CREATE TABLE event_log (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      listening_until INTEGER NOT NULL,
      gone_to INTEGER NOT NULL,
      gap INTEGER NOT NULL
    ) STRICT;

    -- Jobs of an earlier version went by unrecorded.
    INSERT INTO event_log (one, listening_until, gone_to, gap) SELECT 1, 0, 0, 0 WHERE EXISTS (SELECT 1 FROM jobs);
  `,
};
