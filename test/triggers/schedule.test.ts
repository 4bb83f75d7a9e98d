import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zoneOffset } from "../../src/lib/zone-offset.ts";
import { readCron } from "../../src/triggers/cron.ts";
import { type Bounds, lastTime, type Timetable, timetable } from "../../src/triggers/schedule.ts";
import { setting } from "../support/setting.ts";
import { ALL_ZONES, CRON_FORMS, ODD_ZONES } from "./zones.ts";

const OPEN: Bounds = { from: null, until: null };
const DAY = 86_400_000;
const MINUTE = 60_000;
const at = (iso: string): number => Date.parse(iso);
const table = (cron: string, timezone = "UTC", bounds = OPEN): Timetable => timetable({ cron, timezone }, bounds);

function first(from: Timetable, after: string, count: number): string[] {
  const found: string[] = [];
  for (let time = from.next(at(after)); time !== undefined && found.length < count; time = from.next(time)) {
    found.push(new Date(time).toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

describe("a cron pattern", () => {
  it.each([
    ["*/15 9-10 * * *", ["2026-11-30T09:00Z", "2026-11-30T09:15Z", "2026-11-30T09:30Z"]],
    ["0 9 L * *", ["2026-11-30T09:00Z", "2026-12-31T09:00Z", "2027-01-31T09:00Z"]],
    ["0 9 * * MON#2", ["2026-12-14T09:00Z", "2027-01-11T09:00Z", "2027-02-08T09:00Z"]],
    ["0 9 * * FRI#L", ["2026-12-25T09:00Z", "2027-01-29T09:00Z", "2027-02-26T09:00Z"]],
    ["0 9 15W * *", ["2026-12-15T09:00Z", "2027-01-15T09:00Z", "2027-02-15T09:00Z"]],
    ["0 0 29 2 *", ["2028-02-29T00:00Z", "2032-02-29T00:00Z", "2036-02-29T00:00Z"]],
    ["0 0 13 * FRI", ["2026-12-04T00:00Z", "2026-12-11T00:00Z", "2026-12-13T00:00Z"]],
    ["0 0 * * 7", ["2026-12-06T00:00Z", "2026-12-13T00:00Z", "2026-12-20T00:00Z"]],
    ["5 4 1 jan,Jul *", ["2027-01-01T04:05Z", "2027-07-01T04:05Z", "2028-01-01T04:05Z"]],
  ])("%s is due when it says", (cron, times) => {
    expect(first(table(cron), "2026-11-29T12:00:00Z", 3)).toEqual(times);
  });

  it.each([
    "60 * * * *",
    "0 24 * * *",
    "* * * *",
    "* * * * * *",
    "@daily",
    "",
    "10-5 * * * *",
    "*/0 * * * *",
    "0 9 * * FOO",
    "0 0 L-3 * *",
    "0 0 * * MON#6",
  ])("%j is none", (cron) => {
    expect(readCron(cron)).toMatchObject({ ok: false });
  });

  it("that no day fits is due never", () => {
    expect(table("0 0 30 2 *").next(0)).toBeUndefined();
    expect(table("0 0 31 4,6,9,11 *").count(0, 100 * 366 * DAY)).toBe(0);
  });
});

describe("a clock that jumps over a time", () => {
  it.each([
    [
      "30 2 * * *",
      "Europe/Berlin",
      ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"],
      "2026-03-28T00:00Z",
    ],
    ["*/10 2 * * *", "Europe/Berlin", ["2026-03-29T01:00Z", "2026-03-30T00:00Z"], "2026-03-28T02:00Z"],
    ["0 2,3 * * *", "Europe/Berlin", ["2026-03-29T01:00Z", "2026-03-30T00:00Z"], "2026-03-28T03:00Z"],
    ["0 0 * * *", "Africa/Cairo", ["2026-04-22T22:00Z", "2026-04-23T22:00Z", "2026-04-24T21:00Z"], "2026-04-22T12:00Z"],
    ["15 2 * * *", "Australia/Lord_Howe", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"], "2026-10-03T12:00Z"],
  ])("%s in %s comes once, right after it", (cron, zone, times, after) => {
    expect(first(table(cron, zone), after, times.length)).toEqual(times);
  });

  it("has no hour there: an hourly one comes each hour that passes", () => {
    expect(first(table("30 * * * *", "Europe/Berlin"), "2026-03-28T23:31:00Z", 4)).toEqual([
      "2026-03-29T00:30Z",
      "2026-03-29T01:30Z",
      "2026-03-29T02:30Z",
      "2026-03-29T03:30Z",
    ]);
  });
});

describe("a clock that is set back over a time", () => {
  it.each([
    ["30 2 * * *", "Europe/Berlin", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"], "2026-10-24T12:00Z"],
    [
      "*/30 1-2 * * *",
      "America/New_York",
      ["2026-11-01T05:00Z", "2026-11-01T05:30Z", "2026-11-01T07:00Z"],
      "2026-11-01T00:00Z",
    ],
    ["45 1 * * *", "Australia/Lord_Howe", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"], "2026-04-04T00:00Z"],
  ])("shows %s in %s twice, and it comes the first time", (cron, zone, times, after) => {
    expect(first(table(cron, zone), after, times.length)).toEqual(times);
  });

  it("shows an hour twice, and an hourly one comes in both", () => {
    expect(first(table("30 * * * *", "Europe/Berlin"), "2026-10-24T23:00:00Z", 4)).toEqual([
      "2026-10-24T23:30Z",
      "2026-10-25T00:30Z",
      "2026-10-25T01:30Z",
      "2026-10-25T02:30Z",
    ]);
  });

  it("is asked in the second of its two hours, and what has come does not come again", () => {
    expect(first(table("45 2 * * *", "Europe/Berlin"), "2026-10-25T01:10:00Z", 1)).toEqual(["2026-10-26T01:45Z"]);
    expect(first(table("15 * * * *", "Europe/Berlin"), "2026-10-25T00:50:00Z", 2)).toEqual([
      "2026-10-25T01:15Z",
      "2026-10-25T02:15Z",
    ]);
  });
});

describe("an interval", () => {
  const every = (anchor: string, everyMs: number, bounds = OPEN) => timetable({ anchor: at(anchor), everyMs }, bounds);

  it("counts from its anchor, which is its first time", () => {
    const table = every("2026-11-29T10:00:00Z", 90 * MINUTE);
    expect(first(table, "2026-11-01T00:00:00Z", 3)).toEqual([
      "2026-11-29T10:00Z",
      "2026-11-29T11:30Z",
      "2026-11-29T13:00Z",
    ]);
    expect(first(table, "2026-11-29T11:30:00Z", 1)).toEqual(["2026-11-29T13:00Z"]);
    expect(table.count(at("2026-11-29T09:00:00Z"), at("2026-11-29T13:00:00Z"))).toBe(3);
    expect(table.count(at("2026-11-29T10:00:00Z"), at("2026-11-29T12:59:59Z"))).toBe(1);
  });

  it("has no time outside of its bounds, both of which belong to it", () => {
    const bounds = { from: at("2026-11-29T11:30:00Z"), until: at("2026-11-29T13:00:00Z") };
    const table = every("2026-11-29T10:00:00Z", 90 * MINUTE, bounds);
    expect(first(table, "2026-11-01T00:00:00Z", 5)).toEqual(["2026-11-29T11:30Z", "2026-11-29T13:00Z"]);
    expect(table.count(0, at("2027-01-01T00:00:00Z"))).toBe(2);
  });
});

/** What the clocks of a zone show in each minute. */
function clockOf(zone: string, from: number, to: number): [moment: number, shown: number][] {
  const found: [number, number][] = [];
  for (let moment = from; moment <= to; moment += MINUTE) {
    found.push([moment, moment + (zoneOffset(zone, moment) ?? 0) * MINUTE]);
  }
  return found;
}

/** All times of the pattern, as a clock shows them that is never changed. */
function fittingTimes(cron: string, from: number, to: number): { fitting: Set<number>; isHourly: boolean } {
  const pattern = readCron(cron);
  if (!pattern.ok) throw new Error(cron);
  const fitting = new Set<number>();
  for (let time = pattern.value.next(from); time !== undefined && time < to; time = pattern.value.next(time)) {
    fitting.add(time);
  }
  return { fitting, isHourly: pattern.value.isHourly };
}

/** The times of the pattern after `from` by looking at each minute, without a thought. */
function minuteByMinute(cron: string, clock: readonly [moment: number, shown: number][], from: number): number[] {
  const [begin, end] = [clock[0]?.[1] ?? 0, clock.at(-1)?.[1] ?? 0];
  const { fitting, isHourly } = fittingTimes(cron, begin - DAY, end + DAY);
  if (isHourly) return clock.flatMap(([moment, shown]) => (moment > from && fitting.has(shown) ? [moment] : []));
  const seen = new Set<number>();
  const found: number[] = [];
  let before = begin - MINUTE;
  for (const [moment, shown] of clock) {
    const passed = [shown];
    for (let time = before + MINUTE; time < shown; time += MINUTE) passed.push(time);
    const isDue = passed.some((time) => fitting.has(time) && !seen.has(time));
    for (const time of passed) seen.add(time);
    before = shown;
    if (isDue && moment > from) found.push(moment);
  }
  return found;
}

/** Days in which clocks are changed, or right before; where they never are, one day. */
function daysOf(zone: string, years: number): { zone: string; day: number }[] {
  const start = at("2026-01-01T00:00:00Z");
  const all = Array.from({ length: years * 366 }, (_, i) => start + i * DAY);
  const changed = all.filter((day) => zoneOffset(zone, day) !== zoneOffset(zone, day + DAY));
  return (changed.length > 0 ? changed : [start + 100 * DAY]).map((day) => ({ zone, day }));
}

function timesOf(table: Timetable, from: number, to: number): number[] {
  const found: number[] = [];
  for (let time = table.next(from); time !== undefined && time <= to; time = table.next(time)) found.push(time);
  return found;
}

describe("times around each change of clocks", () => {
  const years = setting("ZONE_YEARS");
  const isFull = years > 1;
  const zones = isFull ? ALL_ZONES : ODD_ZONES;

  it(`are those that the clocks show, for ${CRON_FORMS.length} patterns`, { timeout: 3_600_000 }, () => {
    const looked = new Set<string>();
    for (const { zone, day } of zones.flatMap((zone) => daysOf(zone, years))) {
      const [from, to] = [day - DAY / 2, day + 1.5 * DAY];
      const clock = clockOf(zone, from - DAY, to);
      // Zones that go together are looked at once.
      const shown = `${day} ${clock.map((each) => each[1] - each[0]).join()}`;
      if (looked.has(shown)) continue;
      looked.add(shown);
      for (const cron of CRON_FORMS) {
        const table = timetable({ cron, timezone: zone }, OPEN);
        const found = { cron, zone, times: timesOf(table, from, to), count: table.count(from, to) };
        const expected = minuteByMinute(cron, clock, from);
        expect(found).toEqual({ cron, zone, times: expected, count: expected.length });
      }
    }
    expect(looked.size).toBeGreaterThan(ODD_ZONES.length);
  });

  it("are as many as are counted, over any span", { timeout: 600_000 }, () => {
    const span = fc.tuple(
      fc.constantFrom(...CRON_FORMS),
      fc.constantFrom(...zones),
      fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2036-01-01T00:00:00Z") }),
      fc.integer({ min: 0, max: 5 * DAY }),
    );
    return fc.assert(
      fc.property(span, ([cron, timezone, from, length]) => {
        const table = timetable({ cron, timezone }, OPEN);
        const times = timesOf(table, from, from + length);
        expect(table.count(from, from + length)).toBe(times.length);
        expect(lastTime(table, from, from + length)).toBe(times.at(-1));
      }),
      { numRuns: isFull ? 2_000 : 30 },
    );
  });
});
