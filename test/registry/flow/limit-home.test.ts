import { describe, expect, it } from "vitest";
import type { Concurrency } from "../../../src/jobs/flow/slot.ts";
import type { Json } from "../../../src/lib/json.ts";
import { SLOT_LOOK_MS } from "../../../src/limits.ts";
import { aListQuery, type Bench, CALLER, callerOf, inRegistry, planOf, START, statusOf } from "../bench.ts";
import { end } from "../job-lives.ts";

const ONE_EACH: Concurrency = { limit: 1, key: "{% $input.account %}", when_full: "queue" };

const started = (bench: Bench) => bench.engine.started.map((run) => run.job_id);

/** What goes on after replies may start more of it. */
async function rest(bench: Bench): Promise<void> {
  for (let i = 0; i < 5; i++) await bench.settleBackground();
}

async function submit(bench: Bench, account: Json, concurrency = ONE_EACH, priority = 0): Promise<string> {
  const { id } = await bench.submit({ input: { account }, concurrency, priority });
  bench.clock.now += 1;
  await rest(bench);
  return id;
}

async function finish(bench: Bench, id: string): Promise<void> {
  await end(bench, id);
  await rest(bench);
}

const held = ({ storage }: Bench) => storage.sql.exec("SELECT holder FROM slot_holders").toArray().length;
const waiting = ({ storage }: Bench) => storage.sql.exec("SELECT holder FROM slot_waiters").toArray().length;

describe("the slots of a concurrency", () => {
  it("are given one after the other, each key by itself, and go on when their object starts anew", () =>
    inRegistry(async (bench) => {
      const [first, second, other] = [await submit(bench, "a"), await submit(bench, "a"), await submit(bench, "b")];
      expect(started(bench)).toEqual([first, other]);
      expect((await statusOf(bench, second)).blocked_by).toEqual({
        limit: "concurrency",
        key: "a",
        running: 1,
        position: 1,
      });
      const again = { ...bench, ...(await bench.reopen()) };
      await finish(again, first);
      expect(started(bench)).toEqual([first, other, second]);
      await finish(again, second);
      await finish(again, other);
      expect([held(bench), waiting(bench)]).toEqual([0, 0]);
    }));

  it("are of the plan where the submit names none, and of its jobs together where it has no key", () =>
    inRegistry(async (bench) => {
      const steps = [{ id: "nap", type: "sleep", for: "1 hour" }];
      const plan = planOf(steps, { concurrency: { limit: 2 } });
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) {
        ids.push((await bench.submit({ plan, plan_hash: "two", blueprint: `two@${i}` })).id);
        bench.clock.now += 1;
        await rest(bench);
      }
      expect(started(bench)).toEqual(ids.slice(0, 2));
      expect((await statusOf(bench, ids[2] ?? "")).blocked_by).toMatchObject({ key: null, running: 2, position: 1 });
    }));

  it("are not waited for by a job that skips: it is cancelled with its code", () =>
    inRegistry(async (bench) => {
      await submit(bench, "a");
      const skipped = await submit(bench, "a", { ...ONE_EACH, when_full: "skip" });
      expect(await statusOf(bench, skipped)).toMatchObject({
        status: "cancelled",
        error_code: "concurrency_skipped",
        error: "Skipped: 1 job of test-plan with the key a runs already, the most at once is 1.",
      });
      expect([held(bench), waiting(bench)]).toEqual([1, 0]);
    }));

  it("are made free by a newer job that cancels what runs, and what waits before it", () =>
    inRegistry(async (bench) => {
      const newest: Concurrency = { ...ONE_EACH, when_full: "cancel_running" };
      const [first, second] = [await submit(bench, "a"), await submit(bench, "a")];
      const third = await submit(bench, "a", newest);
      expect((await statusOf(bench, first)).status).toBe("cancelled");
      expect((await statusOf(bench, second)).status).toBe("cancelled");
      expect(started(bench)).toEqual([first, third]);
      expect([held(bench), waiting(bench)]).toEqual([1, 0]);
    }));

  it("are kept by a job that sleeps or asks, and until it has been cleaned up after", () =>
    inRegistry(async (bench) => {
      const last = { id: "last", type: "http", url: "https://example.com/last" };
      const plan = planOf([{ id: "nap", type: "sleep", for: "1 hour" }], { finally: [last] });
      const fields = { plan, plan_hash: "cleaned", input: { account: "a" }, concurrency: ONE_EACH };
      const first = (await bench.submit(fields)).id;
      bench.clock.now += 1;
      await rest(bench);
      const second = await submit(bench, "a");
      await bench.runner.start(bench.ref(first));
      await bench.runner.rest(bench.ref(first), "nap", START + 3_600_000, []);
      // The home asks after it.
      bench.clock.now += 2 * SLOT_LOOK_MS;
      await bench.reconciler.onAlarm();
      await rest(bench);
      expect(started(bench)).toEqual([first]);
      await bench.runner.settle(bench.ref(first), { name: "succeeded", output: {} }, []);
      await rest(bench);
      const cleanup = (await statusOf(bench, first)).cleanup_job_id ?? "none";
      expect(started(bench)).toEqual([first, cleanup]);
      await finish(bench, cleanup);
      expect(started(bench)).toEqual([first, cleanup, second]);
    }));

  it("that were lost with their job are found by the alarm within two minutes", () =>
    inRegistry(async (bench) => {
      const gone = "job_00000000000000000000000000";
      bench.storage.sql.exec(
        "INSERT INTO slot_holders (tenant, key, holder, since) VALUES (?, ?, ?, ?)",
        CALLER.tenant,
        JSON.stringify(["test-plan", "a"]),
        gone,
        START,
      );
      const again = { ...bench, ...(await bench.reopen()) };
      const id = await submit(again, "a");
      expect(started(bench)).toEqual([]);
      bench.clock.now += 61_000;
      await again.reconciler.onAlarm();
      await rest(bench);
      expect(started(bench)).toEqual([id]);
    }));

  it("go to the higher priority first, and then by age", () =>
    inRegistry(async (bench) => {
      const first = await submit(bench, "a");
      const low = await submit(bench, "a", ONE_EACH, -1);
      const plain = await submit(bench, "a");
      const high = await submit(bench, "a", ONE_EACH, 5);
      expect((await statusOf(bench, low)).blocked_by?.position).toBe(3);
      for (const id of [first, high, plain]) await finish(bench, id);
      expect(started(bench)).toEqual([first, high, plain, low]);
    }));

  it("are never shared with another tenant's same key", () =>
    inRegistry(async (bench) => {
      const mine = await submit(bench, "a");
      const theirs = await bench.submit({ input: { account: "a" }, concurrency: ONE_EACH }, callerOf("another"));
      await rest(bench);
      expect(started(bench)).toEqual([mine, theirs.id]);
    }));

  it("are not asked for with a key that is nothing: the job fails and says so", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ concurrency: ONE_EACH });
      await rest(bench);
      expect(await statusOf(bench, id)).toMatchObject({
        status: "failed",
        error_code: "expression",
        error: "concurrency.key came out as nothing: give text of 1 to 200 characters, or a number.",
      });
    }));

  it("of a job that is cancelled while it waits are nobody's", () =>
    inRegistry(async (bench) => {
      const [first, second, third] = [await submit(bench, "a"), await submit(bench, "a"), await submit(bench, "a")];
      await bench.caller.cancel(CALLER, second, null);
      await rest(bench);
      expect([held(bench), waiting(bench)]).toEqual([1, 1]);
      await finish(bench, first);
      expect(started(bench)).toEqual([first, third]);
    }));
});

describe("what a queued job waits for", () => {
  it("is its time, a place, or nothing", () =>
    inRegistry(
      async (bench) => {
        const later = (await bench.submit({ run_at: START + 60_000 })).id;
        bench.clock.now += 1;
        const first = (await bench.submit()).id;
        bench.clock.now += 1;
        const low = (await bench.submit({ priority: -1 })).id;
        bench.clock.now += 1;
        const next = (await bench.submit()).id;
        const blocked = async (id: string) => (await statusOf(bench, id)).blocked_by;
        expect(await blocked(later)).toEqual({ limit: "run_at", key: null, running: null, position: null });
        expect(await blocked(first)).toBeNull();
        expect(await blocked(low)).toEqual({ limit: "running_jobs", key: null, running: 1, position: 2 });
        expect(
          (await bench.caller.list(CALLER, aListQuery())).jobs.map(({ id, blocked_by }) => [id, blocked_by?.position]),
        ).toEqual([
          [next, 1],
          [low, 2],
          [first, undefined],
          [later, null],
        ]);
        const { limits } = await (await bench.reopen()).stats.statistics(CALLER, START, null);
        expect(limits).toMatchObject([{ limit: "running_jobs", running: 1, waiting: 2 }]);
        const last = (await bench.submit({ priority: -1 })).id;
        expect(await blocked(last)).toMatchObject({ position: 3 });
        await bench.caller.cancel(CALLER, low, null);
        expect(await blocked(last)).toMatchObject({ position: 2 });
        await finish(bench, first);
        expect(started(bench)).toEqual([first, next]);
        expect((await statusOf(bench, next)).status).toBe("queued");
      },
      { runningJobs: 1 },
    ));
});
