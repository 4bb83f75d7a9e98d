import type { Migration } from "./migration.ts";

/** What starts jobs by itself. */
export const TRIGGERS: Migration = {
  id: "0014_triggers",
  sql: `
    -- What was saved. Written by triggers_save, read by each turn of a trigger. plan_hash is null where the newest version is
    -- taken at each run; share is the part of its jitter that the trigger has, from 0 to below 1.
    CREATE TABLE triggers (
      name TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      shard INTEGER NOT NULL,
      version INTEGER NOT NULL,
      document_json TEXT NOT NULL,
      label TEXT NOT NULL,
      plan_hash TEXT,
      timeout_ms INTEGER NOT NULL,
      anchor_at INTEGER NOT NULL,
      saved_at INTEGER NOT NULL,
      share REAL NOT NULL,
      hook_id TEXT,
      event_name TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX triggers_by_hook ON triggers (hook_id) WHERE hook_id IS NOT NULL;
    CREATE INDEX triggers_by_event ON triggers (event_name) WHERE event_name IS NOT NULL;
    CREATE INDEX triggers_by_label ON triggers (label);

    -- What changes with each turn, the newest entries of the ledger among it. due_at: when the alarm must look; null: never.
    CREATE TABLE trigger_states (
      name TEXT PRIMARY KEY,
      due_at INTEGER,
      state_json TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX trigger_states_by_due ON trigger_states (due_at, name) WHERE due_at IS NOT NULL;

    -- Older entries of ledgers, in chunks. A slot is written again when those after it are full.
    CREATE TABLE trigger_ledger (
      name TEXT NOT NULL,
      slot INTEGER NOT NULL,
      number INTEGER NOT NULL,
      entries_json TEXT NOT NULL,
      PRIMARY KEY (name, slot)
    ) STRICT, WITHOUT ROWID;

    -- Of triggers whose expressions look at it: the last result, and what a watch compared last. Written with a settlement.
    CREATE TABLE trigger_values (
      name TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('last', 'watched')),
      value_json TEXT NOT NULL,
      PRIMARY KEY (name, kind)
    ) STRICT, WITHOUT ROWID;
  `,
};
