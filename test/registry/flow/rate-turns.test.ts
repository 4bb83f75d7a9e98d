import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pauseBefore } from "../../../src/jobs/flow/turns.ts";
import { PARKED_TURN_LEAD_MS, TURN_KEPT_MS, TURN_PURGE_BATCH } from "../../../src/limits.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, inRegistry, TENANT } from "../bench.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TEN_AN_HOUR = { key: "slow", limit: 10, per_ms: HOUR };
const GAP = 1.1 * (HOUR / 10);

/** The object as it is then: thrown out before each call. */
const ask = async ({ reopen }: Bench, holder: string, rate = TEN_AN_HOUR): Promise<number> =>
  (await reopen()).limits.takeTurn(TENANT, holder, rate);

const stored = ({ storage }: Bench) => storage.sql.exec("SELECT holder FROM rate_turns ORDER BY at").toArray();

/** Asks as a step does until its try begins, in an object that is thrown out whenever all wait. @returns when it acts (epoch ms) */
async function act(bench: Bench, holder: string): Promise<number> {
  for (let asked = 0; asked < 100; asked++) {
    const wait = await ask(bench, holder);
    const pause = pauseBefore(wait);
    if (pause === 0) return bench.clock.now + wait;
    bench.clock.now += pause;
  }
  throw new Error(`${holder} never began`);
}

interface Move {
  holder: string;
  /** Before it, in ms. */
  rest: number;
  isGivenUp: boolean;
}

/** When each holder that was not given up acted (epoch ms), as they asked again and again. */
async function actsOf(bench: Bench, course: readonly Move[]): Promise<number[]> {
  const acts: number[] = [];
  const done = new Set<string>();
  for (const { holder, rest, isGivenUp } of course) {
    bench.clock.now += rest;
    if (done.has(holder)) continue;
    if (isGivenUp) {
      done.add(holder);
      await (await bench.reopen()).limits.giveTurns(TENANT, TEN_AN_HOUR.key, holder.slice(0, -2));
      continue;
    }
    const wait = await ask(bench, holder);
    expect(wait).toBeLessThanOrEqual(5 * GAP);
    if (pauseBefore(wait) > 0) continue;
    acts.push(bench.clock.now + wait);
    done.add(holder);
  }
  return acts;
}

describe("turns of a rate that lie far apart", () => {
  it("come, although the object is thrown out while everybody waits", () =>
    inRegistry(async (bench) => {
      const began = bench.clock.now;
      const acts = [await act(bench, "a"), await act(bench, "b"), await act(bench, "c")];
      expect(acts.map((at) => at - began)).toEqual([0, GAP, 2 * GAP].map((at) => expect.closeTo(at)));
    }));

  it("are not waited for by whoever comes when the last is long over", () =>
    inRegistry(async (bench) => {
      await act(bench, "a");
      bench.clock.now += 24 * HOUR;
      await (await bench.reopen()).reconciler.onAlarm();
      expect(await ask(bench, "b")).toBe(0);
    }));

  it("lie as far apart as the rate asks, and none is lost, whoever asks when, is given up, or how often the object is thrown out", async () => {
    const holder = fc.constantFrom("a-1", "b-1", "c-1", "d-1", "e-1");
    const rest = fc.integer({ min: 0, max: 20 * MINUTE });
    const isGivenUp = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
    const courses = fc.array(fc.record({ holder, rest, isGivenUp }), { minLength: 3, maxLength: 20 });
    const acted: number[] = [];
    await fc.assert(
      fc.asyncProperty(courses, (course) =>
        inRegistry(async (bench) => {
          const acts = await actsOf(bench, course);
          acted.push(acts.length);
          const gaps = acts.slice(1).map((at, i) => at - (acts[i] ?? 0));
          for (const gap of gaps) expect(gap).toBeGreaterThan(GAP - 1);
        }),
      ),
      { numRuns: 60 },
    );
    expect(Math.max(...acted)).toBeGreaterThan(2);
  });

  it("are given to others when their job has ended, also when the object was thrown out before", () =>
    inRegistry(async (bench) => {
      expect(await ask(bench, "first-1.s.0")).toBe(0);
      expect(await ask(bench, "gone-1.s.0")).toBeCloseTo(GAP);
      await (await bench.reopen()).limits.giveTurns(TENANT, TEN_AN_HOUR.key, "gone");
      expect(stored(bench)).toEqual([{ holder: "first-1.s.0" }]);
      expect(await ask(bench, "next-1.s.0")).toBeCloseTo(GAP);
    }));

  it("cost a row and its index each, once, and those that lie close together cost none", () =>
    inRegistry(async (bench) => {
      const { limits } = await bench.reopen();
      await limits.takeTurn(TENANT, "a", TEN_AN_HOUR);
      const taken = await rowsOf(bench.storage, () => limits.takeTurn(TENANT, "b", TEN_AN_HOUR));
      const again = await rowsOf(bench.storage, () => limits.takeTurn(TENANT, "b", TEN_AN_HOUR));
      const close = await rowsOf(bench.storage, () =>
        limits.takeTurn(TENANT, "c", { key: "fast", limit: 4, per_ms: 1_000 }),
      );
      expect([taken.written, again.written, close.written]).toEqual([2, 0, 0]);
    }));

  it("are purged by the alarm when they are over, in batches", () =>
    inRegistry(async (bench) => {
      const { clock } = bench;
      const { limits, reconciler } = await bench.reopen();
      const rate = { key: "often", limit: 1, per_ms: 2_000 };
      for (let i = 0; i <= TURN_PURGE_BATCH; i++) await limits.takeTurn(TENANT, `holder ${i}`, rate);
      expect(await bench.storage.getAlarm()).toBeLessThanOrEqual(clock.now + 2_200 + TURN_KEPT_MS);
      clock.now += 2_200 * (TURN_PURGE_BATCH + 1) + TURN_KEPT_MS + 1;
      await reconciler.onAlarm();
      expect(stored(bench)).toHaveLength(1);
      await reconciler.onAlarm();
      expect(stored(bench)).toEqual([]);
    }));

  it("begin a moment before their time, so that the engine's wait does not lose them", () =>
    inRegistry(async (bench) => {
      await act(bench, "a");
      const began = bench.clock.now;
      const at = await act(bench, "b");
      expect(bench.clock.now).toBeGreaterThanOrEqual(began + GAP - PARKED_TURN_LEAD_MS);
      expect(bench.clock.now).toBeLessThanOrEqual(at);
    }));
});
