import type { Migration } from "./migration.ts";

/** `input` steps that an event answers. A job without such a step has no row here. */
export const EVENT_WAITS: Migration = {
  id: "0024_event_waits",
  sql: `
    -- Written when such a step opens, deleted when it ends; read for each event of its name. \`when_text\`: an expression over
    -- \`$event\`, \`scope_json\`: the values of what else it names. \`from_json\`: in each shard, the last event before it opened.
    CREATE TABLE event_waits (
      job_id TEXT NOT NULL,
      path TEXT NOT NULL,
      tenant TEXT NOT NULL,
      name TEXT NOT NULL,
      when_text TEXT,
      scope_json TEXT NOT NULL,
      from_json TEXT NOT NULL,
      PRIMARY KEY (job_id, path)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX event_waits_by_name ON event_waits (name, job_id, path);
    -- One row: up to where, in each shard, events have been looked at for all of them. It may lie behind.
    CREATE TABLE event_wait_look (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      positions_json TEXT NOT NULL
    ) STRICT;
  `,
};
