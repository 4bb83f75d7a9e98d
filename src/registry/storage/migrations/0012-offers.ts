import type { Migration } from "./migration.ts";

/** What `worker` steps offer to workers. A job without such a step has no row here. */
export const OFFERS: Migration = {
  id: "0012_offers",
  sql: `
    -- Written when a worker step opens, by claims, reports and the alarm; read by claims; deleted with its job. Its number
    -- is the order in which offers were opened. \`token\` grows with each acquisition. \`input_json\` is empty once it has ended:
    -- what is left answers late reports.
    CREATE TABLE offers (
      number INTEGER PRIMARY KEY,
      tenant TEXT NOT NULL,
      job_id TEXT NOT NULL,
      path TEXT NOT NULL,
      queue TEXT NOT NULL,
      priority INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'delayed', 'leased', 'ended')),
      token INTEGER NOT NULL,
      failures INTEGER NOT NULL,
      opened_at INTEGER NOT NULL,
      deadline INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      lease_until INTEGER,
      worker TEXT,
      lease_end TEXT CHECK (lease_end IN ('completed', 'failed', 'released', 'expired', 'unwanted')),
      terms_json TEXT NOT NULL,
      input_json TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX offers_by_step ON offers (job_id, path);
    CREATE INDEX open_offers ON offers (queue, priority DESC) WHERE state = 'open';
    CREATE INDEX due_offers ON offers (due_at) WHERE state <> 'ended';
  `,
};
