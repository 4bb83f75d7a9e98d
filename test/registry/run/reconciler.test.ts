import { describe, expect, it } from "vitest";
import { MAX_ATTEMPTS, MAX_NUDGES } from "../../../src/limits.ts";
import { type Bench, CALLER, eventTypes, inRegistry, RETENTION_MS, START, statusOf, TENANT } from "../bench.ts";

const EMPTY = { type: "object", properties: {} };

/** A running job whose engine will not be heard of again. */
async function silent(bench: Bench) {
  const { id } = await bench.submit({ timeout_ms: 30 * 86_400_000 });
  await bench.runner.start(bench.ref(id));
  await bench.runner.begin(bench.ref(id), "first", crypto.randomUUID(), 30_000, []);
  return id;
}

/** Lets the alarm ring when it is set, as often as said. */
async function rings(bench: Bench, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const alarm = await bench.storage.getAlarm();
    if (alarm === null) throw new Error("no alarm is set");
    bench.clock.now = Math.max(bench.clock.now, alarm);
    await bench.reconciler.onAlarm();
  }
}

async function ringUntil(bench: Bench, reached: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await reached()) return;
    await rings(bench, 1);
  }
  throw new Error("not reached within 100 rings");
}

describe("a job that was accepted and never handed over", () => {
  it("is handed over by the alarm after a crash between the two", () =>
    inRegistry(async (bench) => {
      bench.engine.refuses = true;
      const { id } = await bench.submit();
      bench.engine.refuses = false;
      const { reconciler } = await bench.reopen();
      await ringUntil({ ...bench, reconciler }, async () => bench.engine.started.length > 0);
      expect(bench.engine.started).toEqual([{ tenant: TENANT, job_id: id, attempt: 1 }]);
    }));

  it("has an alarm again when the object finds none at its start", () =>
    inRegistry(async (bench) => {
      await bench.submit({ run_at: START + 60_000 });
      await bench.storage.deleteAlarm();
      await bench.reopen();
      expect(await bench.storage.getAlarm()).toBe(START + 60_000);
    }));
});

describe("a job whose engine went silent", () => {
  it("is nudged, then given a next attempt, then failed as lost", () =>
    inRegistry(async (bench) => {
      const id = await silent(bench);
      await ringUntil(bench, async () => (await statusOf(bench, id)).status === "failed");
      expect(await statusOf(bench, id)).toMatchObject({ error_code: "engine_lost" });
      expect(bench.engine.started.map((run) => run.attempt)).toEqual([1, 2, 3]);
      expect(bench.engine.nudged).toHaveLength(MAX_NUDGES * MAX_ATTEMPTS);
      expect(bench.engine.terminated).toEqual([`${id}-1`, `${id}-2`, `${id}-3`]);
    }));

  it("is not touched while its step has time left", () =>
    inRegistry(async (bench) => {
      await silent(bench);
      bench.clock.now = START + 39_999;
      await bench.reconciler.onAlarm();
      expect(bench.engine.nudged).toEqual([]);
      bench.clock.now = START + 40_000;
      await bench.reconciler.onAlarm();
      expect(bench.engine.nudged).toHaveLength(1);
    }));

  it("goes on without another attempt when a nudge woke it", () =>
    inRegistry(async (bench) => {
      const id = await silent(bench);
      await ringUntil(bench, async () => bench.engine.nudged.length > 0);
      await bench.runner.finish(bench.ref(id), "first", {}, null);
      await bench.runner.settle(bench.ref(id), { name: "succeeded", output: {} }, []);
      await rings(bench, 1);
      expect(await statusOf(bench, id)).toMatchObject({ status: "succeeded" });
      expect(bench.engine.started).toHaveLength(1);
    }));

  it.each([
    ["ended without a report", { state: "ended", detail: "errored: boom" }],
    ["is unknown to the engine", { state: "unknown_instance" }],
  ] as const)("gets a next attempt at once when its instance %s", (_name, claims) =>
    inRegistry(async (bench) => {
      const id = await silent(bench);
      bench.engine.claims = claims;
      await ringUntil(bench, async () => bench.engine.started.length === 2);
      expect(bench.engine.started[1]).toEqual({ tenant: TENANT, job_id: id, attempt: 2 });
      expect(bench.engine.nudged).toEqual([]);
      expect(eventTypes(await statusOf(bench, id))).toContain("redispatched");
      expect(await bench.runner.begin(bench.ref(id, 1), "first", crypto.randomUUID(), 1, [])).toEqual({ do: "stop" });
      expect(await bench.runner.start(bench.ref(id, 2))).toMatchObject({ do: "run" });
    }),
  );

  it.each(["queued", "waiting"] as const)("is nudged and never given up while the engine calls it %s", (state) =>
    inRegistry(async (bench) => {
      const id = await silent(bench);
      bench.engine.claims = { state };
      await rings(bench, 20);
      expect(bench.engine.nudged.length).toBeGreaterThan(MAX_NUDGES);
      expect(bench.engine.started).toHaveLength(1);
      const status = await statusOf(bench, id);
      expect(status.status).toBe("running");
      expect(eventTypes(status).filter((type) => type === "nudged")).toHaveLength(MAX_NUDGES);
    }),
  );

  it("is told again of its answer, however many of the engine's events got lost before", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ timeout_ms: 30 * 86_400_000 });
      await bench.runner.start(bench.ref(id));
      const question = { request_id: "q", message: "?", schema: EMPTY, timeout_ms: 3_600_000, fallback: null };
      await bench.runner.ask(bench.ref(id), "first", question, []);
      await bench.caller.respond(CALLER, id, { request_id: "q", action: "accept", content: {} });
      bench.engine.claims = { state: "waiting" };
      await rings(bench, 20);
      bench.engine.told.splice(0);
      await rings(bench, 1);
      expect(bench.engine.told).toEqual([`${id}-1 wake-first`]);
    }));

  it.each(["paused", "unreachable"] as const)("is left alone while its instance is %s", (state) =>
    inRegistry(async (bench) => {
      const id = await silent(bench);
      bench.engine.claims = { state };
      await rings(bench, 10);
      expect(bench.engine.nudged).toEqual([]);
      expect((await statusOf(bench, id)).status).toBe("running");
    }),
  );

  it("is left alone when its report came while the engine answered", () =>
    inRegistry(async (bench) => {
      const id = await silent(bench);
      bench.engine.claims = { state: "unknown_instance" };
      bench.engine.meanwhile = () => bench.runner.finish(bench.ref(id), "first", {}, null);
      bench.clock.now = START + 40_000;
      await bench.reconciler.onAlarm();
      expect(bench.engine.started).toHaveLength(1);
      expect((await statusOf(bench, id)).steps?.[0]).toMatchObject({ status: "succeeded" });
    }));
});

describe("a job that takes too long", () => {
  it("fails at its timeout, counted from its start, and its instance is ended", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ timeout_ms: 60_000 });
      bench.clock.now = START + 10_000;
      await bench.runner.start(bench.ref(id));
      await bench.runner.rest(bench.ref(id), "first", START + 3_600_000, []);
      await ringUntil(bench, async () => (await statusOf(bench, id)).status === "failed");
      expect(bench.clock.now).toBe(START + 70_000);
      expect(await statusOf(bench, id)).toMatchObject({
        error_code: "job_timeout",
        steps: [{ status: "cancelled" }, {}],
      });
      expect(bench.engine.terminated).toEqual([`${id}-1`]);
    }));
});

describe("a settled job", () => {
  it("is purged with all that belongs to it when its retention is over", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ input: { a: 1 }, idempotency: { key: "k", request_hash: "h" } });
      await bench.runner.start(bench.ref(id));
      await bench.runner.settle(bench.ref(id), { name: "succeeded", output: { a: 1 } }, []);
      bench.clock.now = START + RETENTION_MS - 1;
      await bench.reconciler.onAlarm();
      expect((await bench.caller.status(CALLER, id, { steps: false, events: false })).ok).toBe(true);
      bench.clock.now = START + RETENTION_MS;
      await bench.reconciler.onAlarm();
      expect(await bench.caller.status(CALLER, id, { steps: false, events: false })).toEqual({
        ok: false,
        error: { code: "unknown_job" },
      });
      for (const table of ["job_values", "idempotency_keys"]) {
        expect(bench.storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n).toBe(0);
      }
    }));
});

describe("the plan of purged jobs", () => {
  const plans = (bench: Bench) => bench.storage.sql.exec("SELECT count(*) AS n FROM plans").one().n;
  async function purge(bench: Bench, id: string): Promise<void> {
    await bench.caller.cancel(CALLER, id, null);
    await bench.caller.remove(CALLER, id);
  }

  it("is kept while another job has the same inline plan, and goes with the last", () =>
    inRegistry(async (bench) => {
      const first = await bench.submit({ blueprint: "inline" });
      const second = await bench.submit({ blueprint: "inline" });
      await purge(bench, first.id);
      expect(plans(bench)).toBe(1);
      await purge(bench, second.id);
      expect(plans(bench)).toBe(0);
    }));

  it.each([["test-plan@1"], ["test-plan@1", "inline"], ["inline", "test-plan@1"]])(
    "is kept for ever when a blueprint with a name has it: %s %s",
    (...blueprints) =>
      inRegistry(async (bench) => {
        const ids = [];
        for (const blueprint of blueprints) ids.push((await bench.submit({ blueprint })).id);
        for (const id of ids) await purge(bench, id);
        expect(plans(bench)).toBe(1);
      }),
  );
});

describe("the alarm", () => {
  it("is set whenever a job has not settled, whatever was done", () =>
    inRegistry(async (bench) => {
      const id = await silent(bench);
      for (let i = 0; i < 40; i++) {
        if ((await statusOf(bench, id)).status === "failed") return;
        expect(await bench.storage.getAlarm()).not.toBeNull();
        await rings(bench, 1);
      }
    }));

  it("works through more due jobs than one ring looks at", () =>
    inRegistry(async (bench) => {
      bench.engine.refuses = true;
      for (let i = 0; i < 120; i++) await bench.submit();
      bench.engine.refuses = false;
      await ringUntil(bench, async () => bench.engine.started.length === 120);
      expect(new Set(bench.engine.started.map((run) => run.job_id)).size).toBe(120);
    }));
});
