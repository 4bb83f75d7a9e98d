import type { Migration } from "./migration.ts";

/** What starts jobs when something happened. */
export const EVENT_TRIGGERS: Migration = {
  id: "0019_event_triggers",
  sql: `
    -- The shard in which the trigger was saved, of a copy; null: this one.
    ALTER TABLE triggers ADD COLUMN home_shard INTEGER;
    CREATE INDEX event_triggers ON triggers (name) WHERE event_name IS NOT NULL;

    -- How many jobs of event triggers led to it.
    ALTER TABLE events ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;

    -- How far event triggers have looked: they are through with all events up to \`position\`, and of the next one those up
    -- to \`name\` are. Written with what a trigger does, and now and then.
    CREATE TABLE event_look (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      position INTEGER NOT NULL,
      name TEXT NOT NULL
    ) STRICT;

    -- Triggers of this shard that other shards must still be told of: their copies are older, or must go. Written with the
    -- trigger, deleted when all have been told; the alarm sees to the rest.
    CREATE TABLE trigger_news (
      name TEXT PRIMARY KEY,
      at INTEGER NOT NULL,
      due_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX trigger_news_by_due ON trigger_news (due_at);
  `,
};
