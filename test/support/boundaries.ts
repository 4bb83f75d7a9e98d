import { describe, expect, it } from "vitest";
import * as limits from "../../src/limits.ts";

export type Cap = keyof typeof limits;
const CAPS: Readonly<Record<Cap, number>> = { ...limits };

/** Tries something of this size, in the cap's unit. @returns the refusal as it is told; undefined when it was taken */
type Attempt = (size: number) => string | undefined | Promise<string | undefined>;

interface Bound {
  /** What the cap bounds here. */
  of: string;
  /** The refusal: where it was, and what is allowed or what to do. */
  refusal: RegExp;
  attempt: Attempt;
  /** The smallest difference that can be sent; 1 when left out. */
  step?: number;
}

/** Tests that what is one below the cap, and just at it, is taken, and what is one above is refused with a reason. */
export function atBound(cap: Cap, { of, refusal, attempt, step = 1 }: Bound): void {
  const most = CAPS[cap];
  describe(`${cap}, of ${of}`, () => {
    it.each([most - step, most])("takes %i", async (size) => {
      expect(await attempt(size)).toBeUndefined();
    });

    it(`refuses ${most + step}`, async () => {
      expect(await attempt(most + step)).toMatch(refusal);
    });
  });
}

/** A value of this many lists inside each other. */
export const nestedLists = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
