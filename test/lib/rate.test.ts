import { describe, expect, it } from "vitest";
import { Rate } from "../../src/lib/rate.ts";

const NOW = Date.UTC(2040, 0, 1);
const MINUTE = 60_000;

describe("a rate", () => {
  it.each([1, 2, 3, 7, 600, 3_000])(
    "of %i a minute lets so many in at once, and one each share of the minute",
    (limit) => {
      const rate = new Rate(limit, MINUTE);
      const taken = Array.from({ length: limit + 1 }, () => rate.take(NOW));
      expect(taken.slice(0, limit)).toEqual(Array(limit).fill(0));
      const wait = Math.ceil(MINUTE / limit);
      expect(taken.at(-1)).toBe(wait);
      expect(rate.take(NOW + wait - 1)).toBeGreaterThan(0);
      expect(rate.take(NOW + wait)).toBe(0);
    },
  );

  it.each([1, 7, 50])("of %i a minute is kept over an hour of asking as soon as it says", (limit) => {
    const rate = new Rate(limit, MINUTE);
    let taken = 0;
    for (let now = NOW; now < NOW + 60 * MINUTE; ) {
      const wait = rate.take(now);
      if (wait === 0) taken += 1;
      now += wait;
    }
    expect(taken).toBeGreaterThan(limit * 60 - 60);
    expect(taken).toBeLessThanOrEqual(limit * 61);
  });

  it("forgets what it was owed by a clock that went back, and lets nobody wait longer than the window", () => {
    const rate = new Rate(2, MINUTE);
    rate.take(NOW);
    rate.take(NOW);
    expect(rate.take(NOW - 3_600_000)).toBeLessThanOrEqual(MINUTE);
    expect(rate.take(NOW - 3_600_000 + MINUTE)).toBe(0);
  });
});
