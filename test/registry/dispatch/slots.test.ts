import { describe, expect, it } from "vitest";
import { type Bench, CALLER, inRegistry, RETENTION_MS, START, statusOf } from "../bench.ts";
import { end, spawn } from "../job-lives.ts";

describe("the limit of running jobs", () => {
  const RUNNING = 10;
  const submitMany = async (bench: Bench, count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      ids.push((await bench.submit()).id);
      // Ids sort by the millisecond of their submission.
      bench.clock.now += 1;
    }
    return ids;
  };
  const started = (bench: Bench) => bench.engine.started.map((run) => run.job_id);

  it("hands over 300 jobs in the order of their acceptance, never more than 10 at a time", () =>
    inRegistry(
      async (bench) => {
        const ids = await submitMany(bench, 300);
        for (const [done, id] of ids.entries()) {
          expect(started(bench)).toEqual(ids.slice(0, done + RUNNING));
          await end(bench, id);
        }
        expect((await statusOf(bench, ids.at(-1) ?? "")).status).toBe("succeeded");
        expect(bench.counts.current).toEqual({ active: 0, running: 0 });
      },
      { runningJobs: RUNNING },
    ));

  it.each([9, 10, 11])("of 10 and %i jobs: those that find a place are handed over at once", (count) =>
    inRegistry(
      async (bench) => {
        await submitMany(bench, count);
        expect(started(bench)).toHaveLength(Math.min(count, RUNNING));
      },
      { runningJobs: RUNNING },
    ),
  );

  it.each(["cancel", "fail", "time out"])("gives the place of a job on that ends by: %s", (ending) =>
    inRegistry(
      async (bench) => {
        const first = await bench.submit({ timeout_ms: 1_000 });
        bench.clock.now += 1;
        const second = await bench.submit();
        await bench.runner.start(bench.ref(first.id));
        if (ending === "cancel") await bench.caller.cancel(CALLER, first.id, null);
        const error = { code: "x", message: "x" };
        if (ending === "fail")
          await bench.runner.settle(bench.ref(first.id), { name: "failed", error, path: null }, []);
        bench.clock.now += 1_000;
        if (ending === "time out") await bench.reconciler.onAlarm();
        await bench.settleBackground();
        expect(started(bench)).toEqual([first.id, second.id]);
      },
      { runningJobs: 1 },
    ),
  );

  it("gives way to the calls of others before the queue is served", () =>
    inRegistry(
      async (bench) => {
        const ids = await submitMany(bench, 2);
        const ref = bench.ref(ids[0] ?? "");
        await bench.runner.start(ref);
        await bench.runner.settle(ref, { name: "failed", error: { code: "x", message: "x" }, path: null }, []);
        for (let i = 0; i < 100; i++) await null;
        expect(started(bench)).toEqual(ids.slice(0, 1));
        await bench.settleBackground();
        expect(started(bench)).toEqual(ids);
      },
      { runningJobs: 1 },
    ));

  it("counts a job that sleeps or asks as running", () =>
    inRegistry(
      async (bench) => {
        const [sleeper = "", asker = ""] = await submitMany(bench, 3);
        await bench.runner.start(bench.ref(sleeper));
        await bench.runner.rest(bench.ref(sleeper), "first", START + 3_600_000, []);
        await bench.runner.start(bench.ref(asker));
        const question = { request_id: "q", message: "?", schema: {}, timeout_ms: 3_600_000, fallback: null };
        await bench.runner.ask(bench.ref(asker), "first", question, []);
        await bench.settleBackground();
        expect(started(bench)).toEqual([sleeper, asker]);
        expect(bench.counts.current).toEqual({ active: 3, running: 2 });
      },
      { runningJobs: 2 },
    ));

  it("has none for a parent that waits for its children, who go before others: parents cannot hold all places for ever", () =>
    inRegistry(
      async (bench) => {
        const [parent = "", waiting = ""] = await submitMany(bench, 2);
        await bench.runner.start(bench.ref(parent));
        await spawn(bench, parent);
        const child = started(bench)[1] ?? "";
        expect(child).not.toBe(waiting);
        expect(bench.counts.current).toEqual({ active: 3, running: 1 });
        await end(bench, child);
        expect(started(bench)).toHaveLength(2);
        expect(bench.counts.current).toEqual({ active: 2, running: 1 });
        await end(bench, parent);
        expect(started(bench)).toEqual([parent, child, waiting]);
      },
      { runningJobs: 1 },
    ));

  /** The kid ends, its fork sees that, and ends with the last of its kids. */
  async function endKid(bench: Bench, id: string, fork: string): Promise<void> {
    await end(bench, id);
    for (let i = 0; i < 10; i++) await bench.runner.collect(bench.ref(fork), `kids[${i}].job`);
    const left = "SELECT 1 FROM jobs WHERE parent_id = ? AND settled_at IS NULL";
    if (bench.storage.sql.exec(left, fork).toArray().length === 0) await end(bench, fork);
    const root = (await statusOf(bench, fork)).parent_id ?? "";
    for (let i = 0; i < 12; i++) await bench.runner.collect(bench.ref(root), `forks[${i}].job`);
    await bench.settleBackground();
  }

  /** Runs a tree of twelve forks of ten jobs each, as the engine would. @returns how many ran at once, at most */
  async function runTree(bench: Bench): Promise<number> {
    const { id: root } = await bench.submit();
    await bench.runner.start(bench.ref(root));
    for (let i = 0; i < 12; i++) await spawn(bench, root, `forks[${i}].job`);
    let most = 0;
    for (let seen = 1; seen < bench.engine.started.length; seen++) {
      most = Math.max(most, bench.counts.current.running);
      const id = bench.engine.started[seen]?.job_id ?? "";
      await bench.runner.start(bench.ref(id));
      const parent = (await statusOf(bench, id)).parent_id ?? "";
      if (parent !== root) await endKid(bench, id, parent);
      else for (let i = 0; i < 10; i++) await spawn(bench, id, `kids[${i}].job`);
    }
    return most;
  }

  it.each([1, 3, 12])("holds for a tree of forks with %i places: never more run, and all of them come", (runningJobs) =>
    inRegistry(
      async (bench) => {
        expect(await runTree(bench)).toBe(runningJobs);
        expect(bench.engine.started).toHaveLength(1 + 12 + 120);
      },
      { runningJobs },
    ),
  );

  it("counts a parent that acts beside its wait, and one whose child's end is there", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit();
        await bench.runner.start(bench.ref(id));
        await bench.runner.begin(bench.ref(id), "both.left.first", "t", 30_000, []);
        await spawn(bench, id, "both.right.job");
        expect(bench.engine.started).toHaveLength(1);
        expect((await bench.reopen()).counts.current).toEqual({ active: 2, running: 1 });
        await bench.runner.finish(bench.ref(id), "both.left.first", {}, null);
        await bench.settleBackground();
        expect(bench.engine.started).toHaveLength(2);
        expect((await bench.reopen()).counts.current).toEqual({ active: 2, running: 1 });
        await end(bench, bench.engine.started[1]?.job_id ?? "");
        expect(bench.counts.current).toEqual({ active: 1, running: 1 });
      },
      { runningJobs: 1 },
    ));

  it("leaves a job its place over its attempts", () =>
    inRegistry(
      async (bench) => {
        const [first = "", second = ""] = await submitMany(bench, 2);
        await bench.runner.start(bench.ref(first));
        bench.engine.claims = { state: "unknown_instance" };
        bench.clock.now += 60_000;
        await bench.reconciler.onAlarm();
        await bench.settleBackground();
        expect(bench.engine.started.map((run) => [run.job_id, run.attempt])).toEqual([
          [first, 1],
          [first, 2],
        ]);
        await bench.runner.settle(bench.ref(first, 2), { name: "succeeded", output: {} }, []);
        await bench.settleBackground();
        expect(started(bench).at(-1)).toBe(second);
      },
      { runningJobs: 1 },
    ));

  it("calls a job again that left the line when its hand-over could not be noted", () =>
    inRegistry(
      async (bench) => {
        const [first = "", second = ""] = await submitMany(bench, 2);
        bench.storage.sql.exec(
          `CREATE TRIGGER broken BEFORE UPDATE ON jobs WHEN NEW.job_id = '${second}' BEGIN SELECT RAISE(ABORT, 'broken'); END`,
        );
        await expect(end(bench, first)).rejects.toThrow("broken");
        bench.storage.sql.exec("DROP TRIGGER broken");
        expect(bench.counts.current.running).toBe(0);
        await bench.reconciler.onAlarm();
        expect(bench.counts.current.running).toBe(1);
      },
      { runningJobs: 1 },
    ));

  it("puts a scheduled job in line when its time has come, by when it was accepted", () =>
    inRegistry(
      async (bench) => {
        const scheduled = await bench.submit({ run_at: START + 1_000 });
        bench.clock.now += 1;
        const [first = "", second = "", third = ""] = await submitMany(bench, 3);
        await end(bench, first);
        expect(started(bench)).toEqual([first, second]);
        bench.clock.now = START + 1_000;
        await bench.reconciler.onAlarm();
        await end(bench, second);
        expect(started(bench)).toEqual([first, second, scheduled.id]);
        await end(bench, scheduled.id);
        expect(started(bench)).toEqual([first, second, scheduled.id, third]);
      },
      { runningJobs: 1 },
    ));

  it("lets the alarm ring seldom for jobs in line", () =>
    inRegistry(
      async (bench) => {
        const [running = ""] = await submitMany(bench, 60);
        await bench.runner.start(bench.ref(running));
        await bench.runner.rest(bench.ref(running), "first", START + 3_600_000 - 10_000, []);
        let rings = 0;
        for (; bench.clock.now < START + 3_600_000; rings++) {
          bench.clock.now = Math.max(bench.clock.now, (await bench.storage.getAlarm()) ?? Number.POSITIVE_INFINITY);
          await bench.reconciler.onAlarm();
        }
        expect(bench.engine.started).toHaveLength(1);
        // Every 5 minutes, for 60 jobs in two rings; and for the one that runs.
        expect(rings).toBeLessThanOrEqual(30);
      },
      { runningJobs: 1 },
    ));

  it("gives a place to the next in line in an object that starts anew", () =>
    inRegistry(
      async (bench) => {
        const ids = await submitMany(bench, 5);
        const { runner, caller } = await bench.reopen();
        await end({ ...bench, runner }, ids[0] ?? "");
        expect(started(bench)).toEqual(ids.slice(0, 3));
        await caller.cancel(CALLER, ids[3] ?? "", null);
        await end({ ...bench, runner }, ids[1] ?? "");
        expect(started(bench)).toEqual([...ids.slice(0, 3), ids[4]]);
      },
      { runningJobs: 2 },
    ));

  it("gives away a place at the next alarm that was free when the process died", () =>
    inRegistry(
      async (bench) => {
        const ids = await submitMany(bench, 5);
        const settled = "UPDATE jobs SET status = 'cancelled', settled_at = ?, due_at = ? WHERE job_id = ?";
        bench.storage.sql.exec(settled, START, START + RETENTION_MS, ids[0] ?? "");
        const { reconciler } = await bench.reopen();
        bench.clock.now = (await bench.storage.getAlarm()) ?? 0;
        expect(bench.clock.now).toBeLessThan(START + 60_000);
        await reconciler.onAlarm();
        expect(started(bench)).toEqual(ids.slice(0, 3));
      },
      { runningJobs: 2 },
    ));

  it("tries again later what the engine refuses, and asks it no more than once for each job", () =>
    inRegistry(
      async (bench) => {
        let asked = 0;
        bench.engine.meanwhile = async () => {
          asked += 1;
        };
        bench.engine.refuses = true;
        const ids = await submitMany(bench, 5);
        expect(asked).toBeLessThanOrEqual(5);
        bench.engine.refuses = false;
        bench.clock.now += 60_000;
        await bench.reconciler.onAlarm();
        await bench.settleBackground();
        expect(started(bench)).toEqual(ids.slice(0, 2));
      },
      { runningJobs: 2 },
    ));
});
