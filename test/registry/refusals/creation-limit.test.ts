import { describe, it } from "vitest";
import { drain, type Load } from "./drain.ts";

const SEED = 1;

describe("a backlog at the engine's limit of 100 new instances a second", () => {
  it.each<[string, Omit<Load, "seed">]>([
    ["a", { backlog: 10000 }],
    ["b", { backlog: 500, comings: { count: 500, perSecond: 50 } }],
    ["c", { backlog: 500, runningJobs: 100, runMs: 5_000 }],
    ["d", { backlog: 500, down: [2, 62] }],
    ["e", { backlog: 500, tooMany: "some" }],
  ])(
    "%s",
    async (_, load) => {
      const t = performance.now();
      console.log(_, JSON.stringify(await drain({ ...load, seed: SEED })), performance.now() - t);
    },
    120_000,
  );
});
