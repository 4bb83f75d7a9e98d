import { describe, expect, it } from "vitest";
import { evaluated } from "../../blueprint/support.ts";

const SUMMER = Date.UTC(2026, 6, 1, 12);
const WINTER = Date.UTC(2026, 0, 1, 12);
const HOUR = "'[H01]:[m01] [Z01:01]'";

describe("a zone", () => {
  it.each([
    [`$time(${SUMMER}, 'Europe/Berlin')`, "2026-07-01T14:00:00.000+02:00"],
    [`$time(${WINTER}, 'Europe/Berlin')`, "2026-01-01T13:00:00.000+01:00"],
    [`$time(${SUMMER}, 'America/New_York')`, "2026-07-01T08:00:00.000-04:00"],
    [`$time(${SUMMER}, 'Asia/Kathmandu')`, "2026-07-01T17:45:00.000+05:45"],
    [`$time(${WINTER}, 'America/St_Johns')`, "2026-01-01T08:30:00.000-03:30"],
    [`$time(${WINTER}, 'America/St_Johns', ${HOUR})`, "08:30 -03:30"],
    [`$time(${WINTER}, 'Pacific/Marquesas', '[H01]:[m01] [z]')`, "02:30 GMT-09:30"],
    [`$time(${SUMMER}, 'Z')`, "2026-07-01T12:00:00.000Z"],
    [`$time(${SUMMER}, 'UTC')`, "2026-07-01T12:00:00.000Z"],
    [`$time(${SUMMER}, '+05:30', ${HOUR})`, "17:30 +05:30"],
    [`$time(${SUMMER}, '-0330', ${HOUR})`, "08:30 -03:30"],
    ["$time('2026-07-01T12:00:00Z', 'Asia/Tokyo', '[D01].[M01].[Y0001]')", "01.07.2026"],
    ["$time('Wed, 01 Jul 2026 20:00:00 GMT', 'Asia/Tokyo', '[D1]')", "2"],
    [`$fromMillis(${SUMMER}, '[H01]', 'Europe/Berlin')`, "14"],
    [`$fromMillis(${SUMMER}, '[H01]', '+0200')`, "14"],
    [`$fromMillis(${SUMMER}, '[H01]')`, "12"],
    [`$fromMillis(${SUMMER})`, "2026-07-01T12:00:00.000Z"],
    ["$now('[H01]:[m01]', 'Asia/Kolkata')", "17:30"],
    ["$now()", "2026-11-20T12:00:00.000Z"],
    [`$time(${Date.UTC(2026, 2, 29, 0, 59)}, 'Europe/Berlin', '[H01]:[m01]')`, "01:59"],
    [`$time(${Date.UTC(2026, 2, 29, 1, 0)}, 'Europe/Berlin', '[H01]:[m01]')`, "03:00"],
    ["$exists($time($input.missing, 'UTC'))", false],
    ["$exists($fromMillis($input.missing, '[H01]', 'UTC'))", false],
  ])("%s", async (expression, value) => expect(await evaluated(`{% ${expression} %}`)).toBe(value));

  it.each(["Mars/Olympus", "CEST+1", "+25:00", "+1", "", "+0190", "Europe"])("is not %j", async (zone) => {
    expect(await evaluated(`{% $time(0, '${zone}') %}`)).toMatch(/^error: .*is no time zone/);
    expect(await evaluated(`{% $fromMillis(0, '[H01]', '${zone}') %}`)).toMatch(/^error: .*is no time zone/);
  });

  it.each(["true", "{}", "'yesterday'", "1e300", "null"])("shows no time for %s", async (instant) => {
    expect(await evaluated(`{% $time(${instant}, 'UTC') %}`)).toMatch(/^error: /);
  });

  it.each(["0", "0, $input.missing", "0, 7", "0, null", "0, 'UTC', 7"])("takes no ($time(%s))", async (args) => {
    expect(await evaluated(`{% $time(${args}) %}`)).toMatch(/^error: .*is a text/);
  });
});
