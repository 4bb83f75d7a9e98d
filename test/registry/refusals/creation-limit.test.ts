import { describe, expect, it } from "vitest";
import { recordFigures } from "../../../tooling/figures.ts";
import { setting } from "../../support/setting.ts";
import { drain, type Load } from "./drain.ts";

const SEED = setting("SEED");
/** Jobs of the largest backlog. */
const BACKLOG = setting("BACKLOG");

interface Case {
  name: string;
  load: Omit<Load, "seed">;
  /** Of simulated time, and calls to the engine that it refused. */
  most: { seconds: number; refusals: number };
}

const CASES: Case[] = [
  {
    name: `${BACKLOG} jobs at once`,
    load: { backlog: BACKLOG },
    most: { seconds: 20 + BACKLOG / 100, refusals: 100 + BACKLOG / 33 },
  },
  {
    name: "300 jobs, and 50 more a second",
    load: { backlog: 300, comings: { count: 300, perSecond: 50 } },
    most: { seconds: 10, refusals: 40 },
  },
  {
    name: "300 jobs of 5 s, 100 of which may run at once",
    load: { backlog: 300, runningJobs: 100, runMs: 5_000 },
    most: { seconds: 12, refusals: 20 },
  },
  {
    name: "500 jobs, and an engine that is away for a minute",
    load: { backlog: 500, down: [3, 63] },
    // It is back after 63 s, a pause is 30 s at most, and the rest takes less than the whole would.
    most: { seconds: 63 + 30 + 7, refusals: 120 },
  },
  {
    name: "500 jobs, and refused calls that make some of them",
    load: { backlog: 500, tooMany: "some" },
    most: { seconds: 7, refusals: 40 },
  },
  { name: "4 shards of 250 jobs", load: { shards: 4, backlog: 250 }, most: { seconds: 15, refusals: 300 } },
];

describe("a backlog, while the engine makes 100 instances a second", () => {
  it.for(CASES)(
    "drains in order, loses nothing and starves nobody: $name",
    { timeout: 240_000 },
    async (given, context) => {
      const { name, load, most } = given;
      const { firstShardSeconds, ...found } = await drain({ ...load, seed: SEED });
      recordFigures(context, { harness: `creation limit: ${name}`, seed: SEED, counts: found });
      expect(found).toMatchObject({ lost: 0, twice: 0, overtaken: 0 });
      expect(found.seconds).toBeLessThan(most.seconds);
      expect(found.refusals).toBeLessThanOrEqual(most.refusals);
      // One of four shards that had the engine to itself would end after a quarter; 60 seeds gave 0.35 to 1.
      expect(firstShardSeconds).toBeGreaterThan(found.seconds * 0.3);
    },
  );
});
