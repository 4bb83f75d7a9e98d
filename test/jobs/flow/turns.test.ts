import { describe, expect, it } from "vitest";
import { pauseBefore, Turns } from "../../../src/jobs/flow/turns.ts";
import { MAX_RATES } from "../../../src/limits.ts";

const START = 1_800_000_000_000;
const FOUR = { key: "api.example.com", limit: 4, per_ms: 1_000 };

describe("turns of a rate", () => {
  it("lie a tenth further apart than the rate asks, whoever has them", () => {
    const turns = new Turns(START, true);
    const waits = Array.from({ length: 5 }, (_, i) => turns.take(`job_${i % 2}.step.${i}`, FOUR, START));
    expect(waits.map(Math.round)).toEqual([0, 275, 550, 825, 1_100]);
  });

  it("are the same for a holder that asks again, until they are over", () => {
    const turns = new Turns(START, true);
    turns.take("first", FOUR, START);
    expect(turns.take("second", FOUR, START)).toBeCloseTo(275);
    expect(turns.take("second", FOUR, START + 200)).toBeCloseTo(75);
    expect(turns.take("second", FOUR, START + 300)).toBe(0);
    expect(turns.take("second", FOUR, START + 340)).toBeCloseTo(210);
  });

  it("of other keys are not waited for", () => {
    const turns = new Turns(START, true);
    turns.take("one", FOUR, START);
    expect(turns.take("two", { ...FOUR, key: "other" }, START)).toBe(0);
  });

  it("keep the distance of the stricter of two rates of a key", () => {
    const turns = new Turns(START, true);
    turns.take("slow", { ...FOUR, limit: 1 }, START);
    expect(turns.take("fast", FOUR, START)).toBeCloseTo(1_100);
    expect(turns.take("slow again", { ...FOUR, limit: 1 }, START)).toBeCloseTo(2_200);
  });

  it("begin after one time of the rate where the object may have given some before", () => {
    const at = (limit: number, per_ms: number) =>
      new Turns(START, false).take("holder", { key: "k", limit, per_ms }, START);
    expect(at(4, 1_000)).toBe(1_000);
    expect(at(1, 1_000)).toBeCloseTo(1_600);
    expect(at(1_000, 86_400_000), "no more than what lies between two turns needs").toBeCloseTo(95_540);
    expect(new Turns(START, false).take("holder", FOUR, START + 60_000)).toBe(0);
  });

  it("never let more requests through than the rate in any of its times, however late each begins within its grace", () => {
    for (const limit of [1, 2, 3, 4, 7, 60]) {
      const turns = new Turns(START, true);
      const sent = Array.from({ length: 5 * limit }, (_, i) => {
        const late = i % limit === 0 ? 50 : 0;
        return turns.take(`holder ${i}`, { key: "k", limit, per_ms: 1_000 }, START) + late;
      });
      for (const from of sent) {
        expect(sent.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(limit);
      }
    }
  });

  it("are kept for so many keys, and those of keys that are over make room", () => {
    const turns = new Turns(START, true);
    for (let i = 0; i < MAX_RATES; i++) turns.take("holder", { ...FOUR, key: `key ${i}` }, START);
    expect(turns.take("holder", { ...FOUR, key: "one more" }, START)).toBe(1_000);
    expect(turns.take("holder", { ...FOUR, key: "one more" }, START + 1_000)).toBe(0);
  });
});

describe("a try", () => {
  it("begins half a second before its turn, or asks again then; by the engine five seconds before", () => {
    expect([0, 500, 501, 10_000, 10_001].map(pauseBefore)).toEqual([0, 0, 1, 9_500, 5_001]);
  });
});
