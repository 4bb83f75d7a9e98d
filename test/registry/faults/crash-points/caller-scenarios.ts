import { expect } from "vitest";
import { MIGRATIONS } from "../../../../src/registry/storage/migrations/index.ts";
import { migrate } from "../../../../src/registry/storage/migrations/migrate.ts";
import { aListQuery, CALLER, callerOf, eventTypes, TENANT } from "../../bench.ts";
import { storedJobs } from "../rows.ts";
import { askQuestion, type Scenario, spawnChild } from "./runner-scenarios.ts";
import { PLAN, type Stage } from "./stage.ts";

const idsOf = async (stage: Stage) =>
  (await stage.world.api.caller.list(CALLER, aListQuery())).jobs.map((job) => job.id);

/** What callers ask for, each in a life of its own. */
export const CALLER_SCENARIOS: Record<string, Scenario> = {
  submit: async (stage) => {
    let id = "";
    await stage.danger(async () => {
      ({ id } = await stage.submit({ blueprint: "inline" }));
    });
    await stage.start(id);
    expect(await idsOf(stage)).toEqual([id]);
    expect([...stage.world.workflow.instances.keys()]).toEqual([`${id}-1`]);
    expect(eventTypes(await stage.status(id))).toEqual(["accepted", "dispatched", "started"]);
    expect((await stage.submit({ blueprint: "inline" })).id).toBe(id);
  },

  cancel: async (stage) => {
    const id = await stage.running();
    const child = await spawnChild(stage, id);
    await stage.danger(() => stage.ask("cancel", (api) => api.caller.cancel(CALLER, id, "enough")));
    expect(await stage.status(id)).toMatchObject({ status: "cancelled", error: "enough" });
    expect((await stage.status(child)).status).toBe("cancelled");
    expect(await stage.world.api.runner.begin(stage.ref(id), "second", "t", 1, [])).toEqual({ do: "stop" });
  },

  retry: async (stage) => {
    const old = await stage.running();
    await stage.begin(old, "first", "t1");
    await stage.finish(old, "first");
    await stage.begin(old, "second", "t2");
    await stage.fail(old);
    let id = "";
    await stage.danger(async () => {
      const again = await stage.ask("retry", (api) => api.caller.retry(CALLER, old, { from_step: null, input: null }));
      if (again.ok) id = again.value.id;
    });
    await stage.start(id);
    expect(await idsOf(stage)).toHaveLength(2);
    expect(await stage.begin(id, "first", "t3")).toEqual({ do: "reuse", output: { from: "first" } });
    expect(await stage.begin(id, "second", "t4")).toEqual({
      do: "run",
      try: 1,
      failures: 0,
      key: `${old}.second`,
      polls: 0,
      rounds: 0,
    });
  },

  respond: async (stage) => {
    const id = await stage.running();
    await askQuestion(stage, id, null);
    await stage.danger(async () => {
      const answer = { request_id: "q", action: "accept" as const, content: {} };
      const reply = await stage.ask("respond", (api) => api.caller.respond(CALLER, id, answer));
      expect(reply.ok || reply.error.code).toBeOneOf([true, "already_answered"]);
    });
    expect((await stage.status(id)).status).toBe("running");
    const collected = await stage.ask("collect", (api) => api.runner.collect(stage.ref(id), "first"));
    expect(collected).toEqual({ at: expect.any(Number), do: "done", output: { action: "accept", content: {} } });
  },

  "answer by link, before the question": async (stage) => {
    const id = await stage.running();
    await stage.danger(async () => {
      const early = { action: "accept" as const, content: { early: true } };
      const reply = await stage.ask("answer", (api) => api.caller.answerLink(CALLER, id, "first", early));
      expect(reply.ok || reply.error.code).toBeOneOf([true, "already_answered"]);
    });
    const schema = { type: "object", properties: { early: { type: "boolean" } } };
    const question = { request_id: "q", message: "?", schema, timeout_ms: 60_000, fallback: null, link: true as const };
    await stage.danger(async () => {
      const asked = await stage.ask("ask", (api) => api.runner.ask(stage.ref(id), "first", question, []));
      expect(asked).toEqual({
        at: expect.any(Number),
        do: "done",
        output: { action: "accept", content: { early: true } },
      });
    });
    const state = await stage.ask("open", (api) => api.caller.openLink(CALLER, id, "first"));
    expect(state).toMatchObject({ is: "answered", action: "accept" });
  },

  delete: async (stage) => {
    const id = await stage.running({ blueprint: "inline" });
    await stage.begin(id, "first", "t1");
    await stage.finish(id, "first");
    await stage.succeed(id);
    stage.mayBeGone(id);
    await stage.danger(async () => {
      const reply = await stage.ask("delete", (api) => api.caller.remove(CALLER, id));
      expect(reply.ok || reply.error.code).toBeOneOf([true, "unknown_job"]);
    });
    expect(await idsOf(stage)).toEqual([]);
    const last = await stage.ask("last state", (api) => api.caller.lastState(CALLER, id));
    expect(last).toMatchObject({ ok: true, value: { id, status: "succeeded" } });
  },

  "delete a retry": async (stage) => {
    const old = await stage.running();
    await stage.fail(old);
    const retry = async () => {
      const again = await stage.ask("retry", (api) => api.caller.retry(CALLER, old, { from_step: null, input: null }));
      return again.ok ? again.value.id : again.error.code;
    };
    const first = await retry();
    await stage.ask("cancel", (api) => api.caller.cancel(CALLER, first, null));
    const second = await retry();
    stage.mayBeGone(first);
    await stage.danger(() => stage.ask("delete", (api) => api.caller.remove(CALLER, first)));
    expect(await retry()).toBe(second);
  },

  "delete a child that its parent may retry": async (stage) => {
    const old = await stage.running();
    const child = await spawnChild(stage, old);
    await stage.start(child);
    await stage.begin(child, "first", "t1");
    await stage.ask("cancel", (api) => api.caller.cancel(CALLER, old, null));
    stage.mayBeGone(child);
    await stage.danger(() => stage.ask("delete", (api) => api.caller.remove(CALLER, child)));
    const again = await stage.ask("retry", (api) => api.caller.retry(CALLER, old, { from_step: null, input: null }));
    const id = again.ok ? again.value.id : again.error.code;
    await stage.start(id);
    const second = await spawnChild(stage, id);
    await stage.start(second);
    expect((await stage.status(second)).retried_from).toBe(child);
    expect(await stage.begin(second, "first", "t2")).toMatchObject({ do: "run", key: `${child}.first` });
  },

  "save a blueprint": async (stage) => {
    const document = { name: "test-plan", steps: [] };
    await stage.danger(() => stage.ask("save", (api) => api.caller.saveBlueprint(CALLER, document, PLAN)));
    expect(await stage.world.api.caller.savedBlueprints(CALLER, "", 10)).toEqual([
      { name: "test-plan", version: 1, description: "" },
    ]);
  },

  "delete a saved blueprint": async (stage) => {
    const save = (note: number) =>
      stage.ask("save", (api) => api.caller.saveBlueprint(CALLER, { name: "test-plan", note }, PLAN));
    await save(1);
    await stage.danger(() => stage.ask("delete", (api) => api.caller.deleteBlueprint(CALLER, "test-plan", null)));
    expect(await stage.world.api.caller.savedBlueprint(CALLER, "test-plan", null)).toBe(null);
    expect(await save(2)).toEqual({ name: "test-plan", version: 2 });
  },

  "write to the store": async (stage) => {
    const write = (id: string) => {
      const request = { id, value: "mine", version: 0, lifetime_ms: 60_000 };
      return stage.ask("store", (api) => api.caller.useStore(CALLER, "lock", request));
    };
    await stage.danger(() => write("one"));
    const taken = { value: "mine", version: 1, stored: true, expires_at: stage.world.clock.now + 60_000 };
    expect(await write("one")).toEqual({ ok: true, value: taken });
    expect(await write("two")).toEqual({ ok: true, value: { ...taken, stored: false } });
    await stage.world.ring();
    expect(await write("three")).toMatchObject({ value: { version: 2, stored: true } });
    expect(await write("one")).toEqual({ ok: true, value: taken });
  },

  "revoke a key and spend a code": async (stage) => {
    let spent = 0;
    await stage.danger(async () => {
      await stage.ask("revoke", (api) => api.keys.revokeKey(CALLER, "key", 1));
      if (await stage.ask("spend", (api) => api.keys.spendCode(CALLER, "grant", 1))) spent += 1;
    });
    if (await stage.ask("spend", (api) => api.keys.spendCode(CALLER, "grant", 2))) spent += 1;
    expect(spent).toBeLessThanOrEqual(1);
    expect(await stage.world.api.keys.revokedKeys()).toEqual([{ key_id: "key", revoked_at: 1 }]);
  },

  "admit a shard that checks keys": async (stage) => {
    await stage.ask("revoke", (api) => api.keys.revokeKey(CALLER, "key", 1));
    const admit = () => stage.ask("admit", (api) => api.keys.admitShard(CALLER, 7));
    await stage.danger(admit);
    expect(await stage.world.api.keys.keyShards()).toEqual([7]);
    expect(await admit()).toEqual([{ key_id: "key", revoked_at: 1 }]);
  },

  "join as a shard that checks keys": async (stage) => {
    let asked = 0;
    const admit = async () => {
      asked += 1;
      return [{ key_id: "key", revoked_at: 1 }];
    };
    const join = () => stage.ask("join", (api) => api.keys.join(3, admit));
    await stage.danger(join);
    await stage.world.restart();
    await join();
    expect(asked).toBeLessThanOrEqual(2);
    expect(await stage.ask("check", (api) => api.keys.checkKey())).toBe(true);
    expect(["key", "other"].map((key) => stage.world.api.keys.isRevoked(key))).toEqual([true, false]);
  },

  "note what was done": async (stage) => {
    const { id } = await stage.submit();
    const somebody = callerOf(TENANT, { key_id: "key", actor: "key" });
    await stage.danger(() => stage.ask("cancel", (api) => api.caller.cancel(somebody, id, null)));
    const entries = await stage.ask("audit", (api) => api.keys.audit(CALLER, Number.MAX_SAFE_INTEGER, 10));
    expect(entries).toEqual([{ at: stage.world.clock.now, action: "job_cancelled", actor: "key", subject: id }]);
  },

  "begin to listen": async (stage) => {
    const read = (after: number | null) =>
      stage.ask("read", (api) => api.events.readEvents({ after, names: null, filter: {}, since: null, limit: 9 }, 0));
    let position = 0;
    await stage.danger(async () => {
      ({ position } = await read(null));
    });
    const { id } = await stage.submit();
    await stage.ask("cancel", (api) => api.caller.cancel(CALLER, id, null));
    expect(await read(position)).toMatchObject({ truncated: false, events: [{ event: { data: { job_id: id } } }] });
  },

  "record what happens": async (stage) => {
    const read = (after: number | null) =>
      stage.ask("read", (api) => api.events.readEvents({ after, names: null, filter: {}, since: null, limit: 9 }, 0));
    const { position } = await read(null);
    const id = await stage.running();
    await stage.danger(async () => {
      await askQuestion(stage, id, null);
      await stage.ask("cancel", (api) => api.caller.cancel(CALLER, id, null));
    });
    const { events } = await read(position);
    expect(events.map(({ event }) => [event.name, event.data.job_id])).toEqual([
      ["job.input_required", id],
      ["job.settled", id],
    ]);
    await stage.world.restart();
    expect((await read(position)).events).toEqual(events);
  },

  ...Object.fromEntries(MIGRATIONS.map((_, version) => [`migrate from schema ${version}`, migrateFrom(version)])),
};

/** Its jobs and plans, as a build that had only so many migrations would have stored them. */
async function downgrade(storage: DurableObjectStorage, version: number): Promise<void> {
  const { sql } = storage;
  const kept = ["plans", "jobs"].map((table) => [table, sql.exec(`SELECT * FROM ${table}`).toArray()] as const);
  await storage.deleteAll();
  migrate(storage, MIGRATIONS.slice(0, version));
  if (version === 0) return;
  for (const [table, rows] of kept) {
    const columns = sql.exec(`SELECT * FROM ${table} LIMIT 0`).columnNames;
    const insert = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
    for (const row of rows) sql.exec(insert, ...columns.map((column) => row[column] ?? null));
  }
}

/** An object that an earlier build left, with a job in it where there was a table for one. */
function migrateFrom(version: number): Scenario {
  return async (stage) => {
    const { storage } = stage.world;
    // Earlier builds kept inputs elsewhere.
    if (version > 0) await stage.submit({ idempotency: null, input: {} });
    const rows = storedJobs(storage);
    await stage.danger(async () => {
      await downgrade(storage, version);
      await stage.world.restart();
    });
    expect(storedJobs(storage)).toEqual(rows);
    const applied = storage.sql.exec("SELECT id FROM schema_migrations ORDER BY position").toArray();
    expect(applied).toEqual(MIGRATIONS.map(({ id }) => ({ id })));
    await stage.submit();
  };
}
