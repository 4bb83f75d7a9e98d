import { expect } from "vitest";
import { iso } from "../../../../src/lib/time.ts";
import type { TriggerToSave } from "../../../../src/registry/api/trigger-calls.ts";
import type { TriggerDocument } from "../../../../src/triggers/trigger-document.ts";
import { aListQuery, CALLER } from "../../bench.ts";
import type { Scenario } from "./runner-scenarios.ts";
import { PLAN, type Stage } from "./stage.ts";

const MINUTE = 60_000;
const LONG = 30 * 86_400_000;

const HOOK: TriggerDocument = { name: "hook", blueprint: {}, webhook: { verify: null }, paused: false };

const ON_EVENT: TriggerDocument = {
  name: "hook",
  blueprint: {},
  event: { name: "job.settled", filter: { name: "watched" } },
  paused: false,
};

const everyMinute = (overlap: "skip" | "queue" | "cancel"): TriggerDocument => ({
  name: "hook",
  blueprint: {},
  schedule: { cron: "* * * * *", timezone: "UTC", overlap, missed: "last", catch_up: "1 hour" },
  paused: false,
});

/** Its plan is its own, so that it must go with it. */
const toSave = (document: TriggerDocument): TriggerToSave => ({
  document,
  plan: { label: "inline", plan: PLAN, plan_hash: `hash-of-${document.note ?? "plan"}`, timeout_ms: LONG },
  isNewest: false,
  rotate: false,
});

async function save(stage: Stage, document = HOOK) {
  const saved = await stage.ask("save", (api) => api.caller.saveTrigger(CALLER, toSave(document)));
  if (!saved.ok) throw new Error(saved.error.code);
  return saved.value;
}

const jobIds = async (stage: Stage) =>
  (await stage.world.api.caller.list(CALLER, aListQuery())).jobs.map(({ id }) => id).sort();

async function ledgerOf(stage: Stage) {
  const page = await stage.ask("ledger", (api) => api.caller.triggerLedger(CALLER, "hook", null, 100));
  if (!page.ok) throw new Error(page.error.code);
  return page.value.entries;
}

/** Ids of the jobs that the ledger tells of. */
const ranIn = async (stage: Stage): Promise<(string | undefined)[]> =>
  (await ledgerOf(stage)).flatMap(({ outcome, job_id }) => (outcome === "ran" ? [job_id] : [])).sort();

const outcomesIn = async (stage: Stage): Promise<string[]> => (await ledgerOf(stage)).map(({ outcome }) => outcome);

/** What the ledger says of that time. */
async function saidOf(stage: Stage, at: number): Promise<string[]> {
  const said = (await ledgerOf(stage)).filter(
    ({ occurrence, span }) => occurrence === iso(at) || (span !== undefined && span.from <= at && at <= span.to),
  );
  return said.map(({ outcome }) => outcome);
}

/** Each job is told of once, and the ledger tells of no other. */
async function checkJobs(stage: Stage): Promise<void> {
  expect(await ranIn(stage)).toEqual(await jobIds(stage));
}

/** The job of the first time runs when the second one comes. @returns both times, and the job */
async function atSecondTime(stage: Stage, overlap: Parameters<typeof everyMinute>[0]) {
  const first = stage.world.clock.now;
  await save(stage, everyMinute(overlap));
  await stage.ringUntil(async () => (await ranIn(stage)).length > 0);
  const [id = ""] = await jobIds(stage);
  await stage.start(id);
  stage.world.clock.now = first + MINUTE;
  return { first, second: first + MINUTE, id };
}

async function notes(stage: Stage): Promise<string[]> {
  const entries = await stage.ask("audit", (api) => api.keys.audit(CALLER, Number.MAX_SAFE_INTEGER, 10));
  return entries.map(({ action, subject }) => `${action} ${subject}`);
}

async function deliver(stage: Stage, key: string) {
  const delivery = { name: "hook", version: 1, key, event: { body: key } };
  return stage.ask("deliver", (api) => api.caller.deliver(CALLER, delivery));
}

async function startAll(stage: Stage): Promise<void> {
  for (const id of await jobIds(stage)) await stage.start(id);
}

/** What is done to triggers, and what comes by their URLs. */
export const TRIGGER_SCENARIOS: Record<string, Scenario> = {
  "save a trigger": async (stage) => {
    let hookId: string | null = null;
    await stage.danger(async () => {
      hookId = (await save(stage)).hook_id;
    });
    expect(await save(stage)).toMatchObject({ version: 1, hook_id: hookId, runs: 0 });
    expect(await notes(stage)).toEqual(["trigger_saved hook@1"]);
    const hook = await stage.ask("open", (api) => api.caller.openHook(CALLER, hookId ?? ""));
    expect(hook).toMatchObject({ ok: true, value: { name: "hook", version: 1 } });
  },

  "change a trigger": async (stage) => {
    const { hook_id } = await save(stage);
    const changed = { ...HOOK, note: "other" };
    await stage.danger(() => save(stage, changed));
    expect(await save(stage, changed)).toMatchObject({ version: 2, hook_id });
    expect(await notes(stage)).toEqual(["trigger_saved hook@2", "trigger_saved hook@1"]);
  },

  "deliver to a hook": async (stage) => {
    await save(stage);
    await stage.danger(() => deliver(stage, "one"));
    const ids = await jobIds(stage);
    expect(ids).toHaveLength(1);
    expect(await deliver(stage, "one")).toEqual({
      ok: true,
      value: { job_id: ids[0], deduplicated: true, outcome: "ran" },
    });
    expect(await ranIn(stage)).toEqual(ids);
    await startAll(stage);
  },

  "fire a trigger now": async (stage) => {
    await save(stage);
    const request = { now: true, span: null };
    await stage.danger(() => stage.ask("fire", (api) => api.caller.fireTrigger(CALLER, "hook", request)));
    const ids = await jobIds(stage);
    // Whoever had no answer fired twice.
    expect(ids.length).toBeOneOf([1, 2]);
    expect(await ranIn(stage)).toEqual(ids);
    await startAll(stage);
  },

  "fire the times of a span": async (stage) => {
    const { webhook: _, ...bare } = HOOK;
    const schedule = {
      cron: "* * * * *",
      timezone: "UTC",
      overlap: "skip",
      missed: "last",
      catch_up: "1 hour",
    } as const;
    // While it is paused nothing but what is asked for happens.
    await save(stage, { ...bare, schedule, paused: true });
    const to = stage.world.clock.now;
    const request = { now: false, span: { from: to - 3 * MINUTE, to } };
    const fire = () => stage.ask("fire", (api) => api.caller.fireTrigger(CALLER, "hook", request));
    await stage.danger(fire);
    const ids = await jobIds(stage);
    expect(ids).toHaveLength(4);
    const again = await fire();
    expect(again.ok && again.value.map(({ due, deduplicated }) => [due, deduplicated])).toEqual(
      [3, 2, 1, 0].map((minutes) => [to - minutes * MINUTE, true]),
    );
    expect(await ranIn(stage)).toEqual(ids);
    await startAll(stage);
  },

  "start a job at its time": async (stage) => {
    const due = stage.world.clock.now;
    await save(stage, everyMinute("skip"));
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(async () => (await ranIn(stage)).length > 0);
    expect(await saidOf(stage, due)).toHaveLength(1);
    await checkJobs(stage);
    await startAll(stage);
  },

  "end the job before when its time comes": async (stage) => {
    const { first, second, id } = await atSecondTime(stage, "cancel");
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(async () => (await saidOf(stage, second)).length > 0);
    expect(await saidOf(stage, first)).toEqual(["ran"]);
    // One that could not be run is a minute late, and missed once the next one is there.
    expect(await saidOf(stage, second)).toHaveLength(1);
    expect(await stage.status(id)).toMatchObject({ status: "cancelled" });
    await checkJobs(stage);
  },

  "keep a time until the job before is over": async (stage) => {
    const { second, id } = await atSecondTime(stage, "queue");
    await stage.world.ring();
    expect(await saidOf(stage, second)).toEqual(["queued"]);
    await stage.danger(async () => {
      await stage.succeed(id);
      await stage.world.ring();
    });
    await stage.ringUntil(async () => (await saidOf(stage, second)).includes("ran"));
    expect(await saidOf(stage, second)).toEqual(["ran"]);
    await checkJobs(stage);
  },

  "tell of times that were missed": async (stage) => {
    const query = { after: null, names: ["trigger.missed"], filter: {}, since: null, limit: 9 };
    const { position } = await stage.ask("listen", (api) => api.events.readEvents(query, 0));
    const due = stage.world.clock.now;
    await save(stage, everyMinute("skip"));
    stage.world.clock.now = due + 3 * MINUTE;
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(async () => (await ranIn(stage)).length > 0);
    const spans = (await ledgerOf(stage)).flatMap(({ span }) => (span === undefined ? [] : [span]));
    expect(spans).toMatchObject([{ from: due }]);
    const { events } = await stage.ask("read", (api) => api.events.readEvents({ ...query, after: position }, 0));
    expect(events.map(({ event }) => event.data.count)).toEqual(spans.map(({ count }) => count));
    await checkJobs(stage);
  },

  "start a job for an event": async (stage) => {
    await save(stage, ON_EVENT);
    const { id } = await stage.submit({ name: "watched", idempotency: null });
    await stage.danger(() => stage.ask("cancel", (api) => api.caller.cancel(CALLER, id, null)));
    await stage.ringUntil(async () => (await ranIn(stage)).length > 0);
    const started = (await jobIds(stage)).filter((each) => each !== id);
    expect(started).toHaveLength(1);
    expect(await ranIn(stage)).toEqual(started);
    await stage.world.ring();
    expect((await jobIds(stage)).filter((each) => each !== id)).toEqual(started);
  },

  "filter an event": async (stage) => {
    await save(stage, { ...ON_EVENT, when: "{% false %}" });
    const { id } = await stage.submit({ name: "watched", idempotency: null });
    await stage.danger(() => stage.ask("cancel", (api) => api.caller.cancel(CALLER, id, null)));
    await stage.ringUntil(async () => (await outcomesIn(stage)).length > 0);
    await stage.world.ring();
    expect(await outcomesIn(stage)).toEqual(["filtered"]);
    expect(await jobIds(stage)).toEqual([id]);
  },

  "tell other shards of an event trigger": async (stage) => {
    const { copies } = stage.world.siblings;
    await stage.danger(() => save(stage, ON_EVENT));
    await save(stage, ON_EVENT);
    await stage.ringUntil(() => copies.get("hook") === 1);
  },

  "tell other shards of a deleted event trigger": async (stage) => {
    const { copies } = stage.world.siblings;
    await save(stage, ON_EVENT);
    await stage.danger(() => stage.ask("delete", (api) => api.caller.deleteTrigger(CALLER, "hook")));
    await stage.ringUntil(() => copies.size === 0);
    expect(await stage.world.api.caller.findTrigger(CALLER, "hook")).toBe(null);
  },

  "delete a trigger": async (stage) => {
    const { hook_id } = await save(stage);
    await deliver(stage, "one");
    await stage.danger(() => stage.ask("delete", (api) => api.caller.deleteTrigger(CALLER, "hook")));
    expect(await stage.world.api.caller.findTrigger(CALLER, "hook")).toBe(null);
    const unknown = { ok: false, error: { code: "unknown_trigger" } };
    expect(await deliver(stage, "two")).toEqual(unknown);
    expect(await stage.ask("open", (api) => api.caller.openHook(CALLER, hook_id ?? ""))).toEqual(unknown);
    expect(await notes(stage)).toEqual(["trigger_deleted hook", "trigger_saved hook@1"]);
    // What it had started goes on.
    expect(await jobIds(stage)).toHaveLength(1);
    await startAll(stage);
  },
};
