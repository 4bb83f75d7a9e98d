import { expect } from "vitest";
import { wakeEvent } from "../../../../src/jobs/job.ts";
import { aListQuery, CALLER, eventTypes, RETENTION_MS } from "../../bench.ts";
import { askQuestion, type Scenario } from "./runner-scenarios.ts";
import { PLAN, type Stage } from "./stage.ts";

const MINUTE = 60_000;
const LONG = 30 * 86_400_000;

async function saveSchedule(stage: Stage, over: { when?: string }): Promise<void> {
  const schedule = { cron: "* * * * *", timezone: "UTC", overlap: "skip", missed: "last", catch_up: "1 hour" } as const;
  const document = { name: "report", blueprint: "report", schedule, paused: false, ...over };
  const plan = { label: "report@1", plan: PLAN, plan_hash: "hash-of-report", timeout_ms: LONG };
  const saved = { document, plan, isNewest: false, rotate: false };
  await stage.ask("save", (api) => api.caller.saveTrigger(CALLER, saved));
}

type Told = [outcome: string, from: number, count: number][];

/** The oldest first. */
async function ledgerOf(stage: Stage): Promise<Told> {
  const page = await stage.ask("ledger", (api) => api.caller.triggerLedger(CALLER, "report", null, 100));
  if (!page.ok) throw new Error(page.error.code);
  return page.value.entries
    .map(({ outcome, occurrence = "", span }): Told[number] => [
      outcome,
      span?.from ?? Date.parse(occurrence),
      span?.count ?? 1,
    ])
    .reverse();
}

const minutesFrom = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * MINUTE);

/** Each time that an entry tells of. */
const timesIn = (told: Told): number[] => told.flatMap(([, from, count]) => minutesFrom(from, count));

/** What the alarm does, each in a life of its own. */
export const ALARM_SCENARIOS: Record<string, Scenario> = {
  "hand over what was left": async (stage) => {
    const { workflow } = stage.world;
    workflow.refuses = true;
    const { id } = await stage.submit();
    const other = await stage.submit({ idempotency: null });
    workflow.refuses = false;
    await stage.danger(() => stage.world.ring());
    await stage.start(id);
    await stage.start(other.id);
    expect(workflow.instances.size).toBe(2);
    expect(eventTypes(await stage.status(id)).filter((type) => type === "dispatched")).toHaveLength(1);
  },

  "start the jobs of a schedule": async (stage) => {
    const begin = stage.world.clock.now;
    await saveSchedule(stage, {});
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(() => stage.world.workflow.instances.size === 1);
    const told = await ledgerOf(stage);
    expect(told.filter(([outcome]) => outcome === "ran")).toHaveLength(1);
    expect(timesIn(told)).toEqual(minutesFrom(begin, timesIn(told).length));
  },

  "count what a schedule missed, and filter what it has": async (stage) => {
    const { clock } = stage.world;
    const begin = clock.now;
    await saveSchedule(stage, { when: "{% false %}" });
    clock.now += 10 * MINUTE;
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(async () => (await ledgerOf(stage)).length > 0);
    const told = await ledgerOf(stage);
    expect(told.map(([outcome]) => outcome)).toContain("filtered");
    expect(timesIn(told)).toEqual(minutesFrom(begin, timesIn(told).length));
    expect(timesIn(told).length).toBeGreaterThan(10);
  },

  "hand over what was scheduled": async (stage) => {
    const { id } = await stage.submit({ run_at: stage.world.clock.now + MINUTE });
    expect(stage.world.workflow.instances.size).toBe(0);
    await stage.danger(() => stage.world.ring());
    await stage.start(id);
  },

  "ask the engine and start the next attempt": async (stage) => {
    const id = await stage.running({ timeout_ms: LONG });
    await stage.begin(id, "first", "t1");
    await stage.finish(id, "first");
    await stage.begin(id, "second", "t2");
    stage.world.workflow.lose(`${id}-1`);
    await stage.danger(() => stage.world.ring());
    await stage.start(id, 2);
    const steps = [{ status: "succeeded" }, { status: "running" }];
    expect(await stage.status(id)).toMatchObject({ status: "running", progress: 0.5, steps });
    expect(await stage.begin(id, "second", "t2")).toEqual({ do: "stop" });
  },

  "nudge an instance that is silent": async (stage) => {
    const id = await stage.running({ timeout_ms: LONG });
    await stage.begin(id, "first", "t1");
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(() => stage.world.workflow.told(`${id}-1`, "edge-jobs-nudge"));
    expect((await stage.status(id)).status).toBe("running");
  },

  "nudge an instance for the last time before a question expires": async (stage) => {
    const id = await stage.running({ timeout_ms: LONG });
    await stage.begin(id, "second", "t1");
    await askQuestion(stage, id, { yes: true }, 5 * MINUTE);
    const nudges = async () => eventTypes(await stage.status(id)).filter((type) => type === "nudged").length;
    while ((await nudges()) < 4) expect(await stage.world.ring()).toBe(true);
    // The pause after the fifth would be longer than the question is open.
    await stage.danger(() => stage.world.ring());
    expect((await stage.status(id)).status).toBe("input_required");
  },

  "fail a job whose time is up": async (stage) => {
    const id = await stage.running({ timeout_ms: MINUTE });
    stage.world.clock.now += MINUTE;
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(async () => (await stage.status(id)).status === "failed");
    expect((await stage.status(id)).error_code).toBe("job_timeout");
  },

  "close a question that nobody answered": async (stage) => {
    const id = await stage.running({ timeout_ms: LONG });
    await askQuestion(stage, id, { yes: true });
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(async () => (await stage.status(id)).status === "running");
    await stage.ringUntil(() => stage.world.workflow.told(`${id}-1`, wakeEvent("first")));
    const collected = await stage.ask("collect", (api) => api.runner.collect(stage.ref(id), "first"));
    expect(collected).toEqual({
      at: expect.any(Number),
      do: "done",
      output: { action: "expired", content: { yes: true } },
    });
  },

  purge: async (stage) => {
    const ids: string[] = [];
    for (const key of ["1", "2"]) {
      const id = await stage.running({ blueprint: "inline", idempotency: { key, request_hash: key } });
      await stage.succeed(id);
      ids.push(id);
    }
    const kept = await stage.submit({ run_at: stage.world.clock.now + 2 * RETENTION_MS });
    stage.world.clock.now += RETENTION_MS;
    await stage.danger(() => stage.world.ring());
    const listed = async () => (await stage.world.api.caller.list(CALLER, aListQuery())).jobs;
    await stage.ringUntil(async () => (await listed()).length === 1);
    expect((await listed()).map((job) => job.id)).toEqual([kept.id]);
  },

  "give a place on": async (stage) => {
    const first = await stage.running();
    stage.world.clock.now += 1;
    const second = await stage.submit({ idempotency: null });
    expect(stage.world.workflow.instances.size).toBe(1);
    await stage.danger(() => stage.succeed(first));
    await stage.start(second.id);
  },
};
