import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEDGER_CHUNK, LEDGER_KEPT } from "../../src/limits.ts";
import {
  type Chunk,
  entriesBelow,
  type Ledger,
  type LedgerEntry,
  NEW_LEDGER,
  written,
} from "../../src/triggers/ledger.ts";

/** What would be stored, as the registry stores it: one row a slot. */
function store(entries: readonly LedgerEntry[]): { ledger: Ledger; slots: Map<number, Chunk> } {
  let ledger = NEW_LEDGER;
  const slots = new Map<number, Chunk>();
  for (const entry of entries) {
    const next = written(ledger, entry);
    ledger = next.ledger;
    if (next.chunk !== undefined) slots.set(next.chunk.slot, next.chunk);
  }
  return { ledger, slots };
}

const ran = (at: number): LedgerEntry => ({ outcome: "ran", at, occurrence: String(at) });
const lost = (outcome: "missed" | "paused", from: number, to: number, count: number): LedgerEntry => ({
  outcome,
  at: to,
  span: { from, to, count },
});

describe("a ledger", () => {
  it("writes a row for each chunk of entries, and none for others", () => {
    const { ledger, slots } = store(Array.from({ length: 2 * LEDGER_CHUNK + 1 }, (_, i) => ran(i)));
    expect(slots.size).toBe(2);
    expect(ledger).toEqual({ filed: 2 * LEDGER_CHUNK, open: [ran(2 * LEDGER_CHUNK)] });
  });

  it("gives neighbours that were missed one entry, and neighbours that were paused another", () => {
    const { ledger } = store([lost("missed", 1, 3, 3), lost("missed", 4, 9, 6), lost("paused", 10, 10, 1), ran(11)]);
    expect(ledger.open).toEqual([lost("missed", 1, 9, 9), lost("paused", 10, 10, 1), ran(11)]);
  });

  it("does so where the first of them is the last of a full chunk", () => {
    const full = Array.from({ length: LEDGER_CHUNK - 1 }, (_, i) => ran(i));
    const { ledger, slots } = store([...full, lost("missed", 100, 101, 2), lost("missed", 102, 102, 1)]);
    expect(slots.size).toBe(0);
    expect(ledger.open.at(-1)).toEqual(lost("missed", 100, 102, 3));
  });

  it(`keeps the newest ${LEDGER_KEPT} entries, whatever was written before`, () => {
    return fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 * LEDGER_KEPT }), fc.integer({ min: 1, max: 60 }), (count, limit) => {
        const { ledger, slots } = store(Array.from({ length: count }, (_, i) => ran(i + 1)));
        const chunks = [...slots.values()];
        const seen: number[] = [];
        for (let before = Number.POSITIVE_INFINITY; ; ) {
          const page = entriesBelow(ledger, chunks, before, limit);
          seen.push(...page.map(({ seq }) => seq));
          expect(page.every(({ seq, at }) => seq === at)).toBe(true);
          if (page.length < limit) break;
          before = page.at(-1)?.seq ?? 0;
        }
        const kept = Math.min(count, LEDGER_KEPT);
        expect(seen).toEqual(Array.from({ length: kept }, (_, i) => count - i));
        expect(slots.size).toBeLessThanOrEqual(LEDGER_KEPT / LEDGER_CHUNK + 1);
      }),
      { numRuns: 20 },
    );
  });
});
