import fc from "fast-check";
import { expect } from "vitest";
import { DISPATCH_PAUSE_MS, MAX_DISPATCH_PAUSE_MS } from "../../../../src/limits.ts";
import { callerOf, RETENTION_MS } from "../../bench.ts";
import { type StoredJob, storedJobs } from "../rows.ts";
import { isOver, type ModelJob } from "./model.ts";
import type { Rig } from "./rig.ts";
import { type AnyStep, anyPick, named } from "./steps.ts";
import { afterTriggers } from "./trigger-commands.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const MAX_ATTEMPTS = 3;

/** Why the alarm may have settled the job. */
function mayHaveSettled(rig: Rig, job: ModelJob, row: StoredJob, settledNow: ReadonlySet<string>): boolean {
  const isTimeUp = job.startedAt !== null && job.startedAt + job.timeoutMs <= rig.now;
  if (row.status === "cancelled") return job.parentId !== null && settledNow.has(job.parentId);
  if (row.error_code === "engine_lost") return row.status === "failed" && row.attempt === MAX_ATTEMPTS;
  return row.status === "failed" && row.error_code === "job_timeout" && isTimeUp;
}

/** What the alarm has done, which must be what had to be done by now, and nothing else. */
function afterRing(rig: Rig): void {
  rig.followLimits();
  const rows = new Map(storedJobs(rig.world.storage).map((row) => [row.job_id, row]));
  // Children first: whether one ended by itself or with its parent is not the model's to foresee.
  const before = [...rig.model.jobs.values()].sort((a, b) => rig.model.depth(b) - rig.model.depth(a));
  const settledNow = new Set(
    before.flatMap((job) => (!isOver(job) && rows.get(job.id)?.settled_at !== null ? [job.id] : [])),
  );
  for (const job of before) {
    const row = rows.get(job.id);
    const isOld = job.settledAt !== null && job.settledAt + RETENTION_MS <= rig.now;
    expect([job.id, "is purged", row === undefined]).toEqual([job.id, "is purged", isOld]);
    if (isOld) rig.model.jobs.delete(job.id);
    else if (row !== undefined && !isOver(job)) afterLook(rig, job, row, settledNow);
  }
}

function afterLook(rig: Rig, job: ModelJob, row: StoredJob, settledNow: ReadonlySet<string>): void {
  if (row.settled_at !== null) {
    expect([job.id, row.status, mayHaveSettled(rig, job, row, settledNow)]).toEqual([job.id, row.status, true]);
    // A question may have been closed just before.
    const answered = row.run.answers?.q?.action;
    if (answered === "expired") rig.model.expire(job, rig.now);
    rig.model.settle(job, row.status, row.settled_at, { errorCode: row.error_code });
    return;
  }
  rig.model.expire(job, rig.now);
  const end = (job.startedAt ?? Number.POSITIVE_INFINITY) + job.timeoutMs;
  expect([job.id, "in time", end > rig.now]).toEqual([job.id, "in time", true]);
  expect(row.attempt).toBeOneOf([job.attempt, job.attempt + 1, job.attempt + 2]);
  job.attempt = row.attempt;
  expect([job.id, row.status]).toEqual([job.id, job.status]);
}

/** Whom a failure kept from being handed over is the alarm's after this; whom it kept from a slot, after twice the time. */
const SOON_MS = 60 * SECOND;
const soonMs = ({ model }: Rig): number =>
  (model.active.some(({ limit }) => limit !== null) ? 2 : 1) * SOON_MS + SECOND;

async function isQuiet(rig: Rig, until: number): Promise<boolean> {
  const next = await rig.world.storage.getAlarm();
  return (next ?? until + 1) > until && storedJobs(rig.world.storage).every((row) => row.due_at > until);
}

/** How often a refusing engine can be asked within the time, when each pause is as short as its spread lets it be. */
function mostRefusals(withinMs: number): number {
  let refusals = 0;
  for (let ms = 0; ms <= withinMs; refusals++) {
    ms += Math.min(DISPATCH_PAUSE_MS * 2 ** refusals, MAX_DISPATCH_PAUSE_MS) / 2;
  }
  return refusals;
}

/**
 * Rings in a row after which nothing may be due any more: those of refusals, and in each minute the first, one when each job,
 * offer or trigger is due, and one for slots.
 */
function mostRings(rig: Rig): number {
  const { jobs, triggers } = rig.model;
  const offers = [...jobs.values()].filter(({ offer }) => offer !== null).length;
  const minutes = Math.floor(soonMs(rig) / SOON_MS);
  return mostRefusals(soonMs(rig)) + minutes * (2 + jobs.size + offers + triggers.saved.size);
}

/** What time did to offers; those of jobs that have settled meanwhile do not lapse in later rings. */
function lapse({ model, now, world }: Rig): void {
  model.lapse(now);
  for (const { job_id, settled_at } of storedJobs(world.storage)) {
    const job = model.jobs.get(job_id);
    if (settled_at !== null && job !== undefined) model.withdraw(job);
  }
}

/** The alarm rings until nothing is due; after a fault also for as long as a look, or the engine, may be put off. */
const ring: AnyStep = named("ring", fc.record({ early: fc.boolean() }), ({ early }) => async (rig, fault) => {
  const { world } = rig;
  const at = await world.storage.getAlarm();
  if (at === null || (at > rig.now && !early)) return;
  await rig.strike(fault, () => world.ring());
  lapse(rig);
  const until = fault === null && rig.isOrderly ? 0 : rig.now + soonMs(rig);
  for (let rings = 1; !(await isQuiet(rig, Math.max(until, rig.now))); rings++) {
    expect(rings).toBeLessThanOrEqual(mostRings(rig));
    await world.ring();
    lapse(rig);
  }
  afterRing(rig);
  await afterTriggers(rig);
  // What was accepted by a clock that was ahead is due by it.
  rig.isOrderly = !world.workflow.refuses && rig.now >= rig.reached;
});

const SHORT = [1, 10 * SECOND, 40 * SECOND, 5 * 60 * SECOND];

const pass: AnyStep = named(
  "pass",
  fc.record({
    ms: fc.constantFrom(...SHORT, ...SHORT, HOUR, 24 * HOUR, RETENTION_MS, -HOUR),
  }),
  ({ ms }) =>
    async (rig) => {
      rig.reached = Math.max(rig.reached, rig.now);
      rig.world.clock.now += ms;
      if (ms > 0) return;
      rig.model.turns.forget();
      // The object moved to a machine whose clock is behind; the alarm rings by that clock.
      const at = await rig.world.storage.getAlarm();
      if (at !== null) await rig.world.storage.setAlarm(at + ms);
      await rig.world.restart();
    },
);

const evict: AnyStep = named("evict", fc.record({}), () => (rig) => rig.world.restart());

/** The alarm vanishes. Whoever asks a minute after it should have rung brings it back, and so does a new life. */
const stealAlarm: AnyStep = named(
  "steal the alarm",
  fc.record({ evicted: fc.boolean() }),
  ({ evicted }) =>
    async (rig) => {
      const at = await rig.world.storage.getAlarm();
      if (at === null) return;
      await rig.world.storage.deleteAlarm();
      if (evicted) return rig.world.restart();
      rig.world.clock.now = Math.max(rig.now, at + 60 * SECOND);
      await rig.ask("read", null, (api) => api.caller.wait(callerOf("nobody"), "job_none", 0));
    },
);

const engine: AnyStep = named(
  "engine",
  fc.record({
    pick: anyPick(),
    does: fc.constantFrom("refuse" as const, "accept" as const, "lose" as const, "end" as const),
  }),
  ({ pick, does }) =>
    async (rig) => {
      const { workflow } = rig.world;
      if (does === "refuse" || does === "accept") workflow.refuses = does === "refuse";
      if (workflow.refuses) rig.isOrderly = false;
      const { id, job } = rig.pick(pick);
      const instance = `${id}-${job?.attempt ?? 1}`;
      if (does === "lose") workflow.lose(instance);
      const ended = workflow.instances.get(instance);
      if (does === "end" && ended !== undefined) ended.status = "complete";
    },
);

export const TIME_STEPS = { ring, pass, evict, stealAlarm, engine };
