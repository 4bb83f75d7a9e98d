import type { Caller, CallerApi, ListQuery } from "../../../src/registry/api/caller.ts";
import { teamOf } from "./fill.ts";
import { walk } from "./walk.ts";

/** What must cost the same with a thousand jobs and with a million. */

export interface Ground {
  caller: Caller;
  registry: Pick<CallerApi, "status" | "list">;
  /** Ids of jobs, evenly from all times. */
  ids: readonly string[];
  /** The newest of them all: what callers ask for most. */
  recent: readonly string[];
  /** When the settled jobs were submitted. Epoch ms. */
  from: number;
  to: number;
  /** How often this was called before: 0, 1, 2 … */
  turn: () => number;
}

export interface ReadCase {
  name: string;
  /** How many make a measurement that the clock can see. */
  block: number;
  run: (ground: Ground) => Promise<unknown>;
}

const anyId = ({ ids, turn }: Ground): string => walk(ids, turn());
const recentId = ({ recent, turn }: Ground): string => walk(recent, turn());

const status = (name: string, idOf: (ground: Ground) => string, all = false): ReadCase => ({
  name,
  block: 2_000,
  run: (ground) => ground.registry.status(ground.caller, idOf(ground), { steps: all, events: all }),
});

const listing = (name: string, filters: (ground: Ground) => Partial<ListQuery>, block = 50): ReadCase => ({
  name: `list(50)${name}`,
  block,
  run: (ground) =>
    ground.registry.list(ground.caller, {
      ...{ statuses: [], blueprint: null, metadata: {}, limit: 50, after: null },
      ...{ submitted_after: null, submitted_before: null },
      ...filters(ground),
    }),
});

export const READ_CASES: readonly ReadCase[] = [
  status("status", anyId),
  status("status with steps and events", anyId, true),
  status("status, of the newest thousand", recentId),
  listing("", () => ({})),
  listing(", a later page", (ground) => ({ after: anyId(ground) })),
  listing(" by status", () => ({ statuses: ["failed"] })),
  listing(" by three statuses", () => ({ statuses: ["failed", "queued", "running"] })),
  listing(" by blueprint@version", () => ({ blueprint: "report@2" })),
  listing(" by blueprint, three versions", () => ({ blueprint: "report" })),
  listing(" by blueprint and status", () => ({ blueprint: "report", statuses: ["succeeded"] })),
  listing(" by time", ({ from, to }) => ({ submitted_after: from, submitted_before: (from + to) / 2 })),
  listing(" by metadata, one in 20", () => ({ metadata: { team: teamOf(7) } }), 2),
  listing(" by metadata, none", () => ({ metadata: { team: "nobody" } }), 2),
];
