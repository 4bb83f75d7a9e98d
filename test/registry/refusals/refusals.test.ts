import { describe, expect, it } from "vitest";
import { MAX_DISPATCH_PAUSE_MS } from "../../../src/limits.ts";
import { type Bench, CALLER, inRegistry, START } from "../bench.ts";
import { spawn } from "../job-lives.ts";

const started = (bench: Bench): string[] => bench.engine.started.map((run) => run.job_id);

async function submitLater(bench: Bench): Promise<string> {
  bench.clock.now += 1;
  return (await bench.submit()).id;
}

/** The alarm rings when it is due. */
async function ring(bench: Bench): Promise<void> {
  bench.clock.now = Math.max(bench.clock.now, (await bench.storage.getAlarm()) ?? Number.NaN);
  await bench.reconciler.onAlarm();
  await bench.settleBackground();
}

describe("a job that the engine refused", () => {
  it("is overtaken by none that came later, and goes within two seconds once the engine takes jobs again", () =>
    inRegistry(async (bench) => {
      bench.engine.refuses = true;
      const first = await submitLater(bench);
      bench.engine.refuses = false;
      const second = await submitLater(bench);
      expect(started(bench)).toEqual([]);
      await ring(bench);
      expect(started(bench)).toEqual([first, second]);
      expect(bench.clock.now).toBeLessThan(START + 2_000);
    }));

  it("lets the engine alone for ever longer, at most a minute, until the engine takes a job", () =>
    inRegistry(async (bench) => {
      bench.engine.refuses = true;
      await submitLater(bench);
      const pauses: number[] = [];
      for (let i = 0; i < 12; i++) {
        const before = bench.clock.now;
        await ring(bench);
        pauses.push(bench.clock.now - before);
      }
      expect(pauses.every((ms) => ms <= MAX_DISPATCH_PAUSE_MS)).toBe(true);
      expect(pauses.slice(-3).every((ms) => ms >= MAX_DISPATCH_PAUSE_MS / 4)).toBe(true);
      bench.engine.refuses = false;
      await ring(bench);
      bench.engine.refuses = true;
      const next = await submitLater(bench);
      const before = bench.clock.now;
      bench.engine.refuses = false;
      await ring(bench);
      expect(started(bench).at(-1)).toBe(next);
      expect(bench.clock.now - before).toBeLessThan(2_000);
    }));

  it("is handed over in its turn by an object that starts anew", () =>
    inRegistry(async (bench) => {
      bench.engine.refuses = true;
      const ids = [await submitLater(bench), await submitLater(bench), await submitLater(bench)];
      bench.engine.refuses = false;
      const { reconciler } = await bench.reopen();
      await ring({ ...bench, reconciler });
      expect(started(bench)).toEqual(ids);
    }));

  it("leaves the way free when it is cancelled", () =>
    inRegistry(async (bench) => {
      bench.engine.refuses = true;
      const first = await submitLater(bench);
      const second = await submitLater(bench);
      bench.engine.refuses = false;
      await bench.caller.cancel(CALLER, first, null);
      await ring(bench);
      expect(started(bench)).toEqual([second]);
    }));

  it("is handed over although the row of one before it cannot be read", () =>
    inRegistry(async (bench) => {
      bench.engine.refuses = true;
      const broken = await submitLater(bench);
      const fine = await submitLater(bench);
      bench.storage.sql.exec("UPDATE jobs SET run_json = 'no JSON' WHERE job_id = ?", broken);
      bench.engine.refuses = false;
      // It remembers no row.
      await ring({ ...bench, ...(await bench.reopen()) });
      expect(started(bench)).toEqual([fine]);
    }));

  it("waits no longer than a pause when the clock goes back by an hour", () =>
    inRegistry(async (bench) => {
      bench.engine.refuses = true;
      const first = await submitLater(bench);
      bench.engine.refuses = false;
      bench.clock.now -= 3_600_000;
      const second = await submitLater(bench);
      expect(started(bench)).toEqual([second, first]);
    }));
});

describe("many jobs that the engine refuses", () => {
  it("are offered in ever smaller calls, until it takes some", () =>
    inRegistry(async (bench) => {
      const sizes: number[] = [];
      bench.engine.startAll = async (runs) => {
        sizes.push(runs.length);
        if (runs.length > 20) throw new Error("too many");
      };
      await Promise.all(Array.from({ length: 100 }, () => bench.submit()));
      expect(sizes).toEqual([100, 50, 25, 13, 87]);
    }));
});

describe("a child", () => {
  it("that the engine refused goes when the pause is over, although no place is free", () =>
    inRegistry(
      async (bench) => {
        const parent = await submitLater(bench);
        const waiting = await submitLater(bench);
        await bench.runner.start(bench.ref(parent));
        bench.engine.refuses = true;
        await spawn(bench, parent);
        bench.engine.refuses = false;
        await ring(bench);
        expect(started(bench)).toHaveLength(2);
        expect(started(bench)).not.toContain(waiting);
      },
      { runningJobs: 1 },
    ));

  it("is in no call twice, and takes one place, while others stand in line", () =>
    inRegistry(
      async (bench) => {
        const parent = await submitLater(bench);
        const others = [await submitLater(bench), await submitLater(bench), await submitLater(bench)];
        await submitLater(bench);
        for (const id of [parent, ...others]) await bench.runner.start(bench.ref(id));
        bench.clock.now += 1;
        const child = { name: "child", blueprint: "inline", plan: bench.plan, input: {} };
        bench.engine.meanwhile = async () => {
          bench.engine.meanwhile = async () => undefined;
          // While the engine takes one child, another one is asked for and places are freed.
          await bench.runner.spawn(bench.ref(parent), "second", child, []);
          for (const id of others) {
            await bench.runner.settle(bench.ref(id), { name: "succeeded", output: {} }, []);
          }
        };
        await bench.runner.spawn(bench.ref(parent), "first", child, []);
        await bench.settleBackground();
        expect(started(bench)).toHaveLength(7);
        expect(new Set(started(bench)).size).toBe(7);
        // The parent only waits, and so holds no place: both children do, and the one that stood in line.
        expect(bench.counts.current).toEqual({ active: 4, running: 3 });
      },
      { runningJobs: 4 },
    ));
});
