import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationMs, parseDuration, parseTime } from "../../src/blueprint/duration.ts";

const UNITS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

describe("a duration", () => {
  it("is a whole number and a unit, in the singular or the plural", () => {
    const unit = fc.constantFrom("second", "minute", "hour", "day");
    fc.assert(
      fc.property(fc.nat(999_999_999), unit, fc.boolean(), (n, name, plural) => {
        expect(durationMs(`${n} ${name}${plural ? "s" : ""}`)).toBe(n * UNITS[name]);
      }),
    );
  });

  it.each([
    "",
    "5",
    "5s",
    "5 weeks",
    "1.5 hours",
    "-1 second",
    "1  second",
    " 1 second",
    "1 second ",
    "1 SECOND",
    "0x1 day",
  ])("is not %j", (text) => {
    const parsed = parseDuration(text);
    expect(parsed).toEqual({ ok: false, error: { message: expect.stringContaining(JSON.stringify(text)) } });
    expect(() => durationMs(text)).toThrow("is not a duration");
  });

  it("that is no duration is quoted in part when it is long", () => {
    const parsed = parseDuration("x".repeat(1_000));
    expect(!parsed.ok && parsed.error.message.length).toBeLessThan(150);
  });
});

describe("a time", () => {
  it("is read back from what Date writes", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true }), (date) => {
        expect(parseTime(date.toISOString())).toEqual({ ok: true, value: date.getTime() });
      }),
    );
  });

  it.each([
    ["2026-12-01T09:00Z", Date.UTC(2026, 11, 1, 9)],
    ["2026-12-01T09:00:00+02:00", Date.UTC(2026, 11, 1, 7)],
    ["2026-12-01T09:00:00-0330", Date.UTC(2026, 11, 1, 12, 30)],
    ["2028-02-29T00:00Z", Date.UTC(2028, 1, 29)],
    ["2026-12-01T09:00:00.5-00:30", Date.UTC(2026, 11, 1, 9, 30, 0, 500)],
  ])("may be %s", (text, value) => {
    expect(parseTime(text)).toEqual({ ok: true, value });
  });

  it.each([
    "",
    "tomorrow",
    "2026-12-01",
    "2026-12-01T09:00:00",
    "2026-13-01T09:00:00Z",
    "2026-12-01 09:00:00Z",
    "1764579600",
    "2027-02-30T10:00:00Z",
    "2027-02-29T10:00Z",
    "2100-02-29T10:00:00Z",
    "2026-04-31T10:00:00+02:00",
    "2026-00-10T10:00:00Z",
    "2026-12-01T24:00:00Z",
    "2026-12-01T09:60Z",
    "2026-12-01T09:00:00+25:00",
    "Tue, 01 Dec 2026 09:00:00 GMT",
    "2026",
  ])("is not %j", (text) => {
    expect(parseTime(text)).toEqual({
      ok: false,
      error: { message: expect.stringMatching(/is not an ISO 8601 time.*, or no calendar has that day$/) },
    });
  });
});
