import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePositions, encodePositions } from "../../src/events/positions.ts";
import { MAX_CURSOR_CHARS, MAX_REGISTRY_SHARDS } from "../../src/limits.ts";

describe("the place of a reader", () => {
  it("comes back as it was written, of any number of shards, and fits into a cursor", () => {
    const positions = fc.array(fc.nat(Number.MAX_SAFE_INTEGER), { minLength: 1, maxLength: MAX_REGISTRY_SHARDS });
    fc.assert(
      fc.property(positions, (each) => {
        const text = encodePositions(each);
        expect(text.length).toBeLessThanOrEqual(MAX_CURSOR_CHARS);
        expect(text).toMatch(/^[a-z0-9_]+$/);
        expect(decodePositions(text)).toEqual(each);
      }),
      { numRuns: 50 },
    );
  });

  it.each(["", "ev1", "ev1_", "ev1_1_", "ev2_1", "ev1_A", "ev1_-1", "ev1_zzzzzzzzzzz", `ev1${"_0".repeat(65)}`, "1"])(
    "is nothing in %j",
    (text) => {
      expect(decodePositions(text)).toBeUndefined();
    },
  );
});
