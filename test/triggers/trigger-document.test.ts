import { describe, expect, it } from "vitest";
import { readWith } from "../../src/blueprint/faults/zod-faults.ts";
import { strict } from "../../src/blueprint/strict.ts";
import { planOfTimes } from "../../src/triggers/plan-of-times.ts";
import { TRIGGER_FIELDS } from "../../src/triggers/trigger-document.ts";

const schema = strict(TRIGGER_FIELDS);
const read = (schedule: object) => readWith("$", schema, { name: "a", blueprint: "b", schedule });
const DAY = 86_400_000;

describe("a schedule", () => {
  it.each([
    [{}, "$.schedule", /exactly one of cron and every/],
    [{ cron: "0 9 * * *", every: "1 day" }, "$.schedule", /exactly one of cron and every/],
    [{ every: "59 seconds" }, "$.schedule.every", /less than a minute/],
    [{ every: 90 }, "$.schedule.every", /./],
    [{ cron: "0 9 * *" }, "$.schedule.cron", /no cron pattern/],
    [{ cron: "0 0 30 2 *" }, "$.schedule.cron", /no day ever fits/],
    [{ cron: "0 9 * * *", timezone: "Mars/Olympus" }, "$.schedule.timezone", /no time zone/],
    [{ cron: "0 9 * * *", timezone: "+01:00" }, "$.schedule.timezone", /no time zone/],
    [{ cron: "0 9 * * *", timezone: "a".repeat(65) }, "$.schedule.timezone", /64/],
    [{ cron: "0 9 * * *", starts_at: "2026-02-30T00:00:00Z" }, "$.schedule.starts_at", /no calendar/],
    [
      { cron: "0 9 * * *", starts_at: "2027-01-02T00:00:00Z", ends_at: "2027-01-01T00:00:00Z" },
      "$.schedule.ends_at",
      /before/,
    ],
    [{ cron: "0 9 * * *", overlap: "maybe" }, "$.schedule.overlap", /./],
  ])("%j is refused at %s", (schedule, path, message) => {
    const found = read(schedule);
    expect(found.ok ? [] : found.error).toContainEqual(
      expect.objectContaining({ path, message: expect.stringMatching(message) }),
    );
  });

  it("counts an interval from when it was saved, unless it says from when", () => {
    const of = (schedule: object) => {
      const found = read(schedule);
      if (!found.ok || found.value.schedule === undefined) throw new Error("no schedule");
      return planOfTimes(found.value.schedule, DAY, 0.5);
    };
    expect(of({ every: "1 hour" }).table.next(0)).toBe(DAY + DAY / 24);
    expect(of({ every: "1 hour", starts_at: "1970-01-03T00:00:00Z" }).table.next(0)).toBe(2 * DAY);
    expect(of({ cron: "0 9 * * *", jitter: "10 minutes" }).rules).toEqual({
      missed: "last",
      catchUpMs: 3_600_000,
      delayMs: 300_000,
    });
  });
});
