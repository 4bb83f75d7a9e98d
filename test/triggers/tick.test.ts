import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timetable } from "../../src/triggers/schedule.ts";
import {
  delayOf,
  MISSED,
  OVERLAPS,
  overlapping,
  type Rules,
  type Span,
  spanOf,
  type Tick,
  tick,
} from "../../src/triggers/tick.ts";
import { ODD_ZONES } from "./zones.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.parse("2026-11-29T10:00:00Z");
const OPEN = { from: null, until: null };
const minutely = timetable({ anchor: T0, everyMs: MINUTE }, OPEN);
const rules = (changes: Partial<Rules> = {}): Rules => ({ missed: "last", catchUpMs: HOUR, delayMs: 0, ...changes });

describe("a tick", () => {
  it("before the time does nothing", () => {
    expect(tick(minutely, rules(), T0, T0 - 1)).toEqual({ missed: undefined, due: undefined, next: T0 });
  });

  it.each(MISSED)("at the time runs it, whatever becomes of missed ones: %s", (missed) => {
    expect(tick(minutely, rules({ missed }), T0, T0)).toEqual({ missed: undefined, due: T0, next: T0 + MINUTE });
  });

  it.each<[string, Partial<Rules>, number, Tick]>([
    [
      "the last of three runs",
      { missed: "last" },
      T0 + 2 * MINUTE,
      { missed: { from: T0, to: T0 + MINUTE, count: 2 }, due: T0 + 2 * MINUTE, next: T0 + 3 * MINUTE },
    ],
    [
      "each of three runs, the first one first",
      { missed: "all" },
      T0 + 2 * MINUTE,
      { missed: undefined, due: T0, next: T0 + MINUTE },
    ],
    [
      "none of what is late runs",
      { missed: "none" },
      T0 + 5 * MINUTE + 30_000,
      { missed: { from: T0, to: T0 + 4 * MINUTE, count: 5 }, due: T0 + 5 * MINUTE, next: T0 + 6 * MINUTE },
    ],
    [
      "what is older than is caught up with is missed",
      { missed: "all", catchUpMs: 2 * MINUTE },
      T0 + 5 * MINUTE,
      { missed: { from: T0, to: T0 + 2 * MINUTE, count: 3 }, due: T0 + 3 * MINUTE, next: T0 + 4 * MINUTE },
    ],
    ["a delay moves all", { delayMs: 30_000 }, T0 + 29_999, { missed: undefined, due: undefined, next: T0 }],
  ])("%s", (_name, changes, now, expected) => {
    expect(tick(minutely, rules(changes), T0, now)).toEqual(expected);
  });

  it("of a table that has ended leaves no time", () => {
    const once = timetable({ anchor: T0, everyMs: MINUTE }, { from: null, until: T0 });
    expect(tick(once, rules(), T0, T0 + MINUTE)).toEqual({ missed: undefined, due: T0, next: null });
    expect(tick(once, rules({ missed: "none" }), T0, T0 + HOUR)).toEqual({
      missed: { from: T0, to: T0, count: 1 },
      due: undefined,
      next: null,
    });
  });

  it("after a year asleep counts what was missed without looking at each", () => {
    const clock = timetable({ cron: "* * * * *", timezone: "America/New_York" }, OPEN);
    const { missed, due } = tick(clock, rules(), T0, T0 + 365 * DAY);
    expect(missed).toEqual({ from: T0, to: T0 + 365 * DAY - MINUTE, count: 365 * 24 * 60 });
    expect(due).toBe(T0 + 365 * DAY);
  });
});

/** Everything that the ticks of a trigger say, as the clock is moved. */
function simulate(table: ReturnType<typeof timetable>, how: Rules, moves: readonly number[]) {
  const spans: Span[] = [];
  let next = table.next(T0);
  let now = T0;
  for (const move of moves) {
    now += move;
    while (next !== undefined) {
      const turn: Tick = tick(table, how, next, now);
      if (turn.missed !== undefined) spans.push(turn.missed);
      if (turn.due !== undefined) spans.push({ from: turn.due, to: turn.due, count: 1 });
      if (turn.due === undefined && turn.missed === undefined) break;
      next = turn.next ?? undefined;
    }
  }
  return { spans, next };
}

describe("each due time", () => {
  const move = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1_000, max: 10 * MINUTE }) },
    { weight: 2, arbitrary: fc.integer({ min: HOUR, max: 3 * DAY }) },
    { weight: 1, arbitrary: fc.constantFrom(-DAY, DAY, -HOUR, 40 * DAY) },
  );
  const courses = fc.tuple(
    fc.constantFrom("*/5 * * * *", "0 * * * *", "30 2 * * *", "0 9 * * MON-FRI", "*/20 0-3 * * *"),
    fc.constantFrom(...ODD_ZONES),
    fc.constantFrom(...MISSED),
    fc.constantFrom(0, 17_000, HOUR),
    fc.constantFrom(0, HOUR, 7 * DAY),
    fc.array(move, { maxLength: 30 }),
  );

  it("is told exactly once, in order, however the clock moves", { timeout: 300_000 }, () => {
    return fc.assert(
      fc.property(courses, ([cron, timezone, missed, delayMs, catchUpMs, moves]) => {
        const table = timetable({ cron, timezone }, OPEN);
        const { spans, next } = simulate(table, { missed, delayMs, catchUpMs }, moves);
        let expected = table.next(T0);
        for (const { from, to, count } of spans) {
          expect(from).toBe(expected);
          expect(spanOf(table, from, to)).toEqual({ from, to, count });
          expected = table.next(to);
        }
        expect(next).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a job that is not over", () => {
  it.each([
    ["skip", false, "skip"],
    ["queue", false, "queue"],
    ["queue", true, "skip"],
    ["allow", false, "run"],
    ["cancel", false, "cancel"],
  ] as const)("with %s (one waits: %s): %s", (overlap, isQueued, verdict) => {
    expect(overlapping(overlap, { isActive: true, isQueued })).toBe(verdict);
  });

  it.each(OVERLAPS)("that there is not stops nothing: %s", (overlap) => {
    expect(overlapping(overlap, { isActive: false, isQueued: false })).toBe("run");
  });
});

it("a delay is a part of the jitter, below all of it", () => {
  expect([0, 0.5, 0.999].map((share) => delayOf(10_000, share))).toEqual([0, 5_000, 9_990]);
});
