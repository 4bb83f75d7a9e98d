import type { Migration } from "./migration.ts";

/** Who wants events sent, and how sending them went. */
export const SUBSCRIPTIONS: Migration = {
  id: "0015_subscriptions",
  sql: `
    -- A callback that events of one type are sent to. Written by subscribe and unsubscribe and by each delivery, read by
    -- deliveries and the alarm, which deletes what ended long ago. \`secrets_json\`: sealed, the new one first; \`positions_json\`:
    -- all events up to there were delivered or given up, by shard; \`tries\`: of the event after that.
    CREATE TABLE subscriptions (
      subscription_id TEXT PRIMARY KEY,
      key_id TEXT,
      url TEXT NOT NULL,
      name TEXT NOT NULL,
      filter_json TEXT NOT NULL,
      secrets_json TEXT NOT NULL,
      positions_json TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'ended')),
      tries INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      expires_at INTEGER,
      due_at INTEGER NOT NULL,
      last_delivery_at INTEGER,
      last_error TEXT,
      failed_since INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX subscriptions_by_due ON subscriptions (due_at);

    -- Each sending of an event, the newest of each subscription. Written with the delivery.
    CREATE TABLE delivery_attempts (
      subscription_id TEXT NOT NULL,
      number INTEGER NOT NULL,
      event_id TEXT NOT NULL,
      at INTEGER NOT NULL,
      outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'failed', 'given_up')),
      http_status INTEGER,
      error TEXT,
      PRIMARY KEY (subscription_id, number)
    ) STRICT, WITHOUT ROWID;

    -- Shards of this tenant that have subscriptions and are told of this object's events.
    CREATE TABLE event_subscribers (shard INTEGER PRIMARY KEY) STRICT;
  `,
};
