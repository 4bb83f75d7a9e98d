import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/lib/json.ts";
import { EVENT_PURGE_BATCH, LEDGER_CHUNK, LEDGER_KEPT, MAX_KEPT_ATTEMPTS } from "../../src/limits.ts";
import { MIGRATIONS } from "../../src/registry/storage/migrations/index.ts";

/**
 * All that goes on in a soak: whatever a server offers besides gets a line in {@link SOAK_COURSES}. No job reaches the engine
 * (load.ts says why): the only place in it is taken, and each job waits until it is cancelled. Nothing is left behind for long,
 * so that the database must stop growing.
 */

/**
 * Events that the server is told to keep: full within three minutes, and enough for a callback that is behind by two. With 200, a busy
 * machine let it fall behind by more, and what it had not been told was gone, as it must be.
 */
export const SOAK_EVENTS_KEPT = 2_000;

export interface Calls {
  tool(name: string, args: JsonObject): Promise<JsonObject>;
  /** @returns what the hook answered */
  post(url: string): Promise<JsonObject>;
  send(method: string, params: JsonObject): Promise<JsonObject>;
  /** The job can be read from now on, for a while. */
  reading(jobId: string): void;
}

interface Course {
  /** Tenths of a second from one to the next. */
  every: number;
  run(calls: Calls, world: SoakWorld): Promise<void>;
}

/** What the courses share. */
export interface SoakWorld {
  hook: string;
  cursor: string;
}

const DAY_MS = 86_400_000;
const CANCELLED_AFTER_MS = 3_000;
/** After it was cancelled. */
const DELETED_AFTER_MS = 20_000;
const HOOK = "soak-hook";
const FOLLOWER = "soak-follower";
/** With that of `soak-clock`. */
const TRIGGERS = 3;
const BATCH = 20;
const CLOCK = { cron: "* * * * *" };
const blueprint = { name: "soak", steps: [{ id: "end", type: "transform", value: 7 }] };

const tomorrow = (): string => new Date(Date.now() + DAY_MS).toISOString();

async function endJob(calls: Calls, job_id: string): Promise<void> {
  calls.reading(job_id);
  await sleep(CANCELLED_AFTER_MS);
  await calls.tool("jobs_cancel", { job_id });
  await sleep(DELETED_AFTER_MS);
  await calls.tool("jobs_delete", { job_id });
}

/** All that match are cancelled, then deleted; what did it is deleted, too. */
async function endAll(calls: Calls, where: JsonObject): Promise<void> {
  const bulk = async (action: string) =>
    (await calls.tool("jobs_bulk", { action, where, dry_run: false })).bulk_id as string | null;
  const ids = [await bulk("cancel"), await sleep(DELETED_AFTER_MS).then(() => bulk("delete"))];
  await sleep(DELETED_AFTER_MS);
  for (const job_id of ids) if (job_id !== null && job_id !== undefined) await calls.tool("jobs_delete", { job_id });
}

export const SOAK_COURSES: Readonly<Record<string, Course>> = {
  "a job": {
    every: 1,
    run: async (calls) => {
      const { id } = await calls.tool("jobs_submit_blueprint", { blueprint, run_at: tomorrow() });
      await endJob(calls, String(id));
    },
  },
  "a delivery to a hook": {
    every: 5,
    run: async (calls, { hook }) => endJob(calls, String((await calls.post(hook)).job_id)),
  },
  "jobs that follow those of the hook, ended in bulk": {
    every: 100,
    run: (calls) => endAll(calls, { trigger: FOLLOWER }),
  },
  "a batch, ended in bulk": {
    every: 100,
    run: async (calls) => {
      const inputs = Array.from({ length: BATCH }, (_, n) => ({ n }));
      const { batch_id } = await calls.tool("jobs_submit_blueprint", { blueprint, inputs, run_at: tomorrow() });
      await endAll(calls, { batch_id: String(batch_id) });
    },
  },
  "a reader of events": {
    every: 5,
    run: async (calls, world) => {
      const { cursor } = world;
      world.cursor = String((await calls.tool("events_read", { cursor, limit: 20 })).next_cursor);
    },
  },
  "a worker without work": {
    every: 10,
    run: async (calls) => {
      await calls.tool("work_claim", { queues: ["soak"], wait_seconds: 0, worker: "a worker" });
    },
  },
  "a trigger that is changed": {
    every: 100,
    run: async (calls) => {
      const note = new Date().toISOString();
      await calls.tool("triggers_save", { name: "soak-clock", blueprint, when: "{% false %}", schedule: CLOCK, note });
    },
  },
};

/** What followed the last jobs of the hook goes, too. */
export const endSoak = (calls: Calls): Promise<void> => endAll(calls, { trigger: FOLLOWER });

/** Triggers, a subscriber and a reader; the place of a job that runs is taken. @param callback of a receiver */
export async function soakWorld(calls: Calls, callback: string): Promise<SoakWorld> {
  const nap = { name: "taken", steps: [{ id: "nap", type: "sleep", for: "1 day" }] };
  await calls.tool("jobs_submit_blueprint", { blueprint: nap });
  const { url } = await calls.tool("triggers_save", { name: HOOK, blueprint, webhook: { verify: null } });
  const event = { name: "job.settled", filter: { trigger: HOOK } };
  await calls.tool("triggers_save", { name: FOLLOWER, blueprint, event });
  const delivery = { mode: "webhook", url: callback, secret: `whsec_${btoa("s".repeat(32))}` };
  await calls.send("events/subscribe", { name: "job.settled", arguments: {}, delivery });
  return { hook: String(url), cursor: String((await calls.tool("events_read", {})).next_cursor) };
}

/** Rows that may be there when all courses have ended, however long they went on. Of no other table may be any. */
const LEFT_BEHIND: Readonly<Record<string, number>> = {
  schema_migrations: MIGRATIONS.length,
  // The one that has the place, and its plan; that of all others, which the triggers have; that of bulk jobs, which stays.
  jobs: 1,
  plans: 3,
  triggers: TRIGGERS,
  trigger_states: TRIGGERS,
  trigger_ledger: TRIGGERS * (LEDGER_KEPT / LEDGER_CHUNK + 1),
  events: SOAK_EVENTS_KEPT + EVENT_PURGE_BATCH,
  event_log: 1,
  event_look: 1,
  event_subscribers: 1,
  subscriptions: 1,
  delivery_attempts: MAX_KEPT_ATTEMPTS,
};

/** Tables of what is kept of jobs that are gone: for 90 days what was done to them, for an hour or two how they ended. */
export const KEPT_FOR_A_TIME = ["audit", "last_states"];

/** @param ended jobs @param changes saves of triggers, besides the first of each */
export function mostRows(table: string, ended: number, changes: number): number {
  if (table === "last_states") return ended;
  // Each was cancelled and deleted.
  if (table === "audit") return 2 * ended + TRIGGERS + changes;
  return LEFT_BEHIND[table] ?? 0;
}
