import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  BUDGETS,
  E2E,
  EVICTABLE,
  leftOut,
  NOT_EVICTABLE,
  PROJECTS,
  settingsOf,
  TIERS,
  TIMED,
  WORKERD,
} from "../tooling/tiers.ts";
import { heavySteps } from "./faults/heavy-plans.ts";

const cwd = join(import.meta.dirname, "..");
const files = (...patterns: string[]): string[] => globSync(patterns, { cwd });
const without = (all: readonly string[], ...patterns: string[]): string[] => {
  const out = new Set(files(...patterns));
  return all.filter((file) => !out.has(file));
};

const ALL = files("test/**/*.test.ts");
/** As vitest.config.ts has them: unit is what no other project names. */
const PROJECT_FILES: { [project: string]: string[] } = {
  unit: without(ALL, ...WORKERD, ...E2E),
  workerd: files(...WORKERD),
  e2e: without(files(...E2E), ...TIMED),
  timed: files(...TIMED),
};
/** Files of a tier, once for each project that runs them; `nemesis` repeats some. */
const filesOf = (tier: string, more: NodeJS.ProcessEnv = {}): string[] => {
  const projects = PROJECTS[tier as "check"] ?? [];
  const all = projects.flatMap((project) => PROJECT_FILES[project] ?? []);
  return without(all, ...leftOut({ TIER: tier, ...more })).toSorted();
};

const SOAK = "test/faults/soak.test.ts";

describe("every test file", () => {
  it("runs once in npm test and in npm run test:full, but for the soak", () => {
    expect(ALL.length).toBeGreaterThan(100);
    for (const tier of ["test", "full"]) {
      expect(filesOf(tier)).toEqual(ALL.filter((file) => file !== SOAK).toSorted());
      expect(filesOf(tier, { SOAK_MINUTES: "1" })).toEqual(ALL.toSorted());
    }
  });

  it("that starts no server runs in npm run check, but for those that are named as slow", () => {
    const quick = without(ALL, ...E2E, ...leftOut({ TIER: "check" }));
    expect(filesOf("check")).toEqual(quick.toSorted());
  });

  it("that is left out by name exists", () => {
    const patterns = TIERS.flatMap((TIER) => leftOut({ TIER }));
    expect(
      [...patterns, ...TIMED, ...EVICTABLE, ...NOT_EVICTABLE].filter((pattern) => files(pattern).length === 0),
    ).toEqual([]);
  });
});

describe("the budget", () => {
  /** What release 0.1.0 did. */
  const OF_0_1_0 = {
    FC_RUNS: 1_000,
    HISTORIES: 200,
    SEEDS: 500,
    BACKLOG: 2_000,
    LANES: 2_500,
    PAGES: 1_000,
    KILL_CYCLES: 20,
    FUZZ_REQUESTS: 1_000,
    ISOLATION_CALLS: 2_000,
  };

  it("of test:full is at least that of 0.1.0", () => {
    const full = settingsOf({ TIER: "full" }, 0);
    for (const [name, least] of Object.entries(OF_0_1_0)) expect(Number(full[name])).toBeGreaterThanOrEqual(least);
    expect(full.POINT_STRIDE).toBe("1");
    expect(Number(full.HEAVY_PLANS)).toBeGreaterThanOrEqual(Object.keys(heavySteps("")).length);
  });

  it("is a variable, which overrides the tier", () => {
    for (const name of Object.keys(BUDGETS)) expect(settingsOf({ [name]: "7" }, 0)[name]).toBe("7");
    expect(settingsOf({ TIER: "full", SEEDS: "7" }, 0)).toMatchObject({ SEEDS: "7", FC_RUNS: "1000" });
  });

  it("is refused for a tier that does not exist", () => {
    expect(() => settingsOf({ TIER: "fast" }, 0)).toThrow("check, test, full");
  });
});

describe("the seed", () => {
  it("moves from run to run, unless it is given", () => {
    expect(settingsOf({}, 17).SEED).not.toBe(settingsOf({}, 18).SEED);
    expect(settingsOf({ SEED: "17" }, 99).SEED).toBe("17");
  });
});
