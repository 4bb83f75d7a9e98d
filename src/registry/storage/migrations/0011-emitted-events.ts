import type { Migration } from "./migration.ts";

/** An emit step that is repeated after a crash tells nothing twice. */
export const EMITTED_EVENTS: Migration = {
  id: "0011_emitted_events",
  sql: `
    -- Only of what plans emit: the server's own events are written with what they tell, once.
    CREATE UNIQUE INDEX events_emitted ON events (event_id) WHERE name NOT GLOB 'job.*' AND name NOT GLOB 'trigger.*';
  `,
};
