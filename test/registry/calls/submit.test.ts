import { describe, expect, it } from "vitest";
import { JobStatus } from "../../../src/jobs/view.ts";
import { aListQuery, aRequest, CALLER, eventTypes, inRegistry, START, statusOf, TENANT } from "../bench.ts";

const KEY = { key: "k1", request_hash: "h1" };

describe("submit", () => {
  it("answers with the queued job, every classic field in place", () =>
    inRegistry(async ({ caller }) => {
      const reply = await caller.submit(CALLER, aRequest({ input: { a: 1 }, metadata: { team: "x" } }));
      if (!reply.ok) throw new Error("refused");
      const { deduplicated, ...status } = reply.value;
      expect(deduplicated).toBe(false);
      expect(JobStatus.parse(status)).toMatchObject({
        id: expect.stringMatching(/^job_[0-9a-hjkmnp-tv-z]{26}00$/),
        name: "test-plan",
        status: "queued",
        submitted_at: new Date(START).toISOString(),
        started_at: null,
        completed_at: null,
        progress: 0,
        metadata: { team: "x" },
        result: null,
        error: null,
      });
    }));

  it("hands the job to the engine once, under its id and attempt", () =>
    inRegistry(async ({ submit, engine, caller }) => {
      const { id } = await submit();
      expect(engine.started).toEqual([{ tenant: TENANT, job_id: id, attempt: 1 }]);
      expect(eventTypes(await statusOf({ caller }, id))).toEqual(["accepted", "dispatched"]);
    }));

  it("stores equal plans once", () =>
    inRegistry(async ({ submit, storage }) => {
      await submit();
      await submit();
      expect(storage.sql.exec("SELECT count(*) AS n FROM plans").one().n).toBe(1);
    }));

  it("keeps a job for later until its time has come", () =>
    inRegistry(async ({ submit, engine, clock, reconciler, caller }) => {
      const { id } = await submit({ run_at: START + 60_000 });
      clock.now = START + 59_999;
      await reconciler.onAlarm();
      expect(engine.started).toEqual([]);
      clock.now = START + 60_000;
      await reconciler.onAlarm();
      expect(engine.started).toHaveLength(1);
      expect((await statusOf({ caller }, id)).status).toBe("queued");
    }));

  it("takes a time in the past as now", () =>
    inRegistry(async ({ submit, engine }) => {
      await submit({ run_at: START - 1 });
      expect(engine.started).toHaveLength(1);
    }));

  it("leaves nothing behind when a write of it fails", () =>
    inRegistry(async ({ caller, storage }) => {
      storage.sql.exec("CREATE TRIGGER broken BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'broken'); END");
      await expect(caller.submit(CALLER, aRequest({ idempotency: KEY, input: { a: 1 } }))).rejects.toThrow("broken");
      for (const table of ["jobs", "plans", "job_values", "idempotency_keys"]) {
        expect([table, storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n]).toEqual([table, 0]);
      }
      expect(await storage.getAlarm()).toBeNull();
    }));
});

describe("submit with an idempotency key", () => {
  it("returns the first job to the same request", () =>
    inRegistry(async ({ submit, engine }) => {
      const first = await submit({ idempotency: KEY });
      const second = await submit({ idempotency: KEY });
      expect(second).toMatchObject({ id: first.id, deduplicated: true });
      expect(engine.started).toHaveLength(1);
    }));

  it("names the first job to another request with the key", () =>
    inRegistry(async ({ submit, caller }) => {
      const first = await submit({ idempotency: KEY });
      const reply = await caller.submit(CALLER, aRequest({ idempotency: { ...KEY, request_hash: "other" } }));
      expect(reply).toEqual({ ok: false, error: { code: "idempotency_conflict", job_id: first.id } });
    }));

  it("makes one job of fifty submits at once", () =>
    inRegistry(async ({ caller, engine, settleBackground }) => {
      const replies = await Promise.all(
        Array.from({ length: 50 }, () => caller.submit(CALLER, aRequest({ idempotency: KEY }))),
      );
      await settleBackground();
      expect(new Set(replies.map((reply) => reply.ok && reply.value.id)).size).toBe(1);
      expect(replies.filter((reply) => reply.ok && !reply.value.deduplicated)).toHaveLength(1);
      expect(engine.started).toHaveLength(1);
    }));
});

describe("dispatch", () => {
  it("hands over many jobs in few calls, in the order they came", () =>
    inRegistry(async ({ caller, engine, settleBackground }) => {
      const replies = await Promise.all(Array.from({ length: 250 }, () => caller.submit(CALLER, aRequest())));
      await settleBackground();
      expect(engine.started.map((run) => run.job_id)).toEqual(replies.map((reply) => reply.ok && reply.value.id));
      expect(engine.batches.every((size) => size <= 100)).toBe(true);
      expect(engine.batches.length).toBeLessThanOrEqual(4);
    }));

  it("puts a job off that the engine refuses, and hands it over by the alarm", () =>
    inRegistry(async ({ submit, engine, clock, reconciler, caller }) => {
      engine.refuses = true;
      const { id } = await submit();
      expect(eventTypes(await statusOf({ caller }, id))).toEqual(["accepted"]);
      engine.refuses = false;
      clock.now += 60_000;
      await reconciler.onAlarm();
      expect(engine.started.map((run) => run.job_id)).toEqual([id]);
    }));

  it("does not mark a job that settled while the engine answered", () =>
    inRegistry(async ({ submit, engine, runner, caller, ref }) => {
      engine.meanwhile = async () => {
        const [job] = (await caller.list(CALLER, aListQuery())).jobs;
        if (job)
          await runner.settle(ref(job.id), { name: "failed", error: { code: "x", message: "x" }, path: null }, []);
      };
      const { id } = await submit();
      expect(eventTypes(await statusOf({ caller }, id))).toEqual(["accepted", "settled"]);
    }));
});
