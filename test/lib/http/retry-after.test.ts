import { expect, it } from "vitest";
import { httpDate, retryAfterMs } from "../../../src/lib/http/retry-after.ts";

const NOW = Date.UTC(2026, 10, 29, 12);

it.each([
  ["0", 0],
  ["30", 30_000],
  [" 007 ", 7_000],
  ["86401", 86_401_000],
  ["Sun, 29 Nov 2026 12:00:40 GMT", 40_000],
  ["Sunday, 29-Nov-26 12:00:40 GMT", 40_000],
  ["Sun Nov 29 12:00:40 2026", 40_000],
  ["Tue Dec  1 12:00:00 2026", 2 * 86_400_000],
  ["Sun, 29 Nov 2026 11:00:00 GMT", 0],
])("%j is seconds or a date of HTTP", (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});

it.each([
  null,
  "",
  "3600.5",
  "-1",
  "+5",
  "1e3",
  "0x10",
  "Infinity",
  "5 seconds",
  "30, 60",
  "2026-11-29T12:00:40Z",
  "2026-11-29",
  "29 Nov 2026 12:00:40 GMT",
  "Sun, 29 Nov 2026 12:00:40 +0100",
  "Sun, 31 Feb 2027 12:00:40 GMT",
  "Sun, 29 Nov 2026 25:00:00 GMT",
  "tomorrow",
])("%j is neither, and says nothing", (header) => {
  expect(retryAfterMs(header, NOW)).toBeUndefined();
});

it("two digits of a year mean the one that is at most 50 years ahead", () => {
  expect(httpDate("Sunday, 06-Nov-94 08:49:37 GMT", NOW)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  expect(httpDate("Sunday, 06-Nov-70 08:49:37 GMT", NOW)).toBe(Date.UTC(2070, 10, 6, 8, 49, 37));
});
