import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Waiting, WaitingLine } from "../../../src/jobs/flow/waiting-line.ts";

const entry = (n: number, group = "", priority = 0): Waiting => ({
  job_id: `job_${String(n).padStart(8, "0")}`,
  group,
  priority,
});

function drained(line: WaitingLine<Waiting>): string[] {
  const taken: string[] = [];
  for (let next = line.take(); next !== undefined; next = line.take()) taken.push(next.job_id);
  return taken;
}

function lineOf(entries: readonly Parameters<typeof entry>[]): WaitingLine<Waiting> {
  const line = new WaitingLine<Waiting>();
  for (const each of entries) line.add(entry(...each));
  return line;
}

const ids = (...numbers: number[]): string[] => numbers.map((n) => entry(n).job_id);

describe("a line of jobs that wait for a place", () => {
  it("serves one group in the order of acceptance, whenever each came", () => {
    const line = new WaitingLine<Waiting>();
    for (const n of [2, 3, 1, 5, 4]) line.add(entry(n));
    expect(drained(line)).toEqual(ids(1, 2, 3, 4, 5));
  });

  it("serves groups in turn, and the higher priority before all of them", () => {
    const line = new WaitingLine<Waiting>();
    for (const n of [1, 2, 3]) line.add(entry(n, "many"));
    line.add(entry(4, "few"));
    line.add(entry(5, "low", -1));
    line.add(entry(6, "high", 10));
    expect(drained(line)).toEqual(ids(6, 1, 4, 2, 3, 5));
  });

  it("has a job once, and says how many are before it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(30), fc.constantFrom("a", "b", "c"), fc.integer({ min: -1, max: 1 })), {
          maxLength: 30,
        }),
        fc.nat(10),
        fc.array(fc.nat(30), { maxLength: 10 }),
        (entries, served, dropped) => {
          const line = lineOf(entries);
          for (let i = 0; i < served; i++) line.take();
          for (const n of dropped) line.drop(entry(n).job_id);
          expect(dropped.map((n) => line.ahead(entry(n).job_id))).toEqual(dropped.map(() => undefined));
          const all = [...new Set(entries.map(([n]) => entry(n).job_id))];
          const ahead = new Map(all.map((id) => [id, line.ahead(id)]));
          const order = drained(line);
          for (const id of all) expect(ahead.get(id)).toBe(order.includes(id) ? order.indexOf(id) : undefined);
          expect(line.size).toBe(0);
        },
      ),
    );
  });

  it("lets no key starve: of 10,000 with ten jobs each, the slowest starts its last at most twice as late as the fastest", () => {
    for (const inOrderOf of ["keys", "rounds"] as const) {
      const line = new WaitingLine<Waiting>();
      for (let n = 0; n < 100_000; n++) {
        const key = inOrderOf === "keys" ? Math.floor(n / 10) : n % 10_000;
        line.add(entry(n, `key ${key}`));
      }
      const last = new Map<string, number>();
      let at = 0;
      for (let next = line.take(); next !== undefined; next = line.take()) last.set(next.group, ++at);
      expect(at).toBe(100_000);
      expect(last.size).toBe(10_000);
      expect(Math.max(...last.values()) / Math.min(...last.values())).toBeLessThanOrEqual(2);
    }
  });
});
