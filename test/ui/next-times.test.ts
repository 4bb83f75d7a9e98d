import { expect, it } from "vitest";
import { TRIGGER_FIELDS } from "../../src/triggers/trigger-document.ts";
import { nextTimes } from "../../ui/views/triggers/next-times.ts";

function times(schedule: object, known: string[], count: number): string[] {
  const read = TRIGGER_FIELDS.schedule.parse(schedule);
  if (read === undefined) throw new Error("no schedule");
  return nextTimes(read, known, count).map((at) => new Date(at).toISOString());
}

it("times go on from those that the server told, over a change of clocks", () => {
  const known = ["2026-10-23T06:00:00.000Z"];
  expect(times({ cron: "0 8 * * 1-5", timezone: "Europe/Berlin" }, known, 4)).toEqual([
    ...known,
    ...["26", "27", "28"].map((day) => `2026-10-${day}T07:00:00.000Z`),
  ]);
});

it("those of an interval keep their distance, those with jitter their delay, and an end is an end", () => {
  const at = "2026-11-20T12:00:30.000Z";
  expect(times({ every: "15 minutes" }, [at], 3)).toEqual([at, "2026-11-20T12:15:30.000Z", "2026-11-20T12:30:30.000Z"]);
  expect(times({ cron: "0 * * * *", jitter: "1 minute" }, [at], 2)).toEqual([at, "2026-11-20T13:00:30.000Z"]);
  expect(times({ cron: "0 * * * *", ends_at: "2026-11-20T13:30:00Z" }, ["2026-11-20T12:00:00.000Z"], 9)).toHaveLength(
    2,
  );
  expect(times({ cron: "0 * * * *" }, [], 9)).toEqual([]);
});
