import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recordFigures } from "../../../../tooling/figures.ts";
import { isOn, setting } from "../../../support/setting.ts";
import { MODES, type Mode } from "../hazard.ts";
import { type Sabotage, withWorlds } from "../world.ts";
import { ALARM_SCENARIOS } from "./alarm-scenarios.ts";
import { BATCH_SCENARIOS } from "./batch-scenarios.ts";
import { BULK_SCENARIOS } from "./bulk-scenarios.ts";
import { CALLER_SCENARIOS } from "./caller-scenarios.ts";
import { EVENT_SCENARIOS } from "./event-scenarios.ts";
import { FLOW_SCENARIOS } from "./flow-scenarios.ts";
import { RUNNER_SCENARIOS, type Scenario } from "./runner-scenarios.ts";
import { SECRET_SCENARIOS } from "./secret-scenarios.ts";
import { Stage } from "./stage.ts";
import { TRIGGER_SCENARIOS } from "./trigger-scenarios.ts";
import { WORKER_SCENARIOS } from "./worker-scenarios.ts";

/** BAIL=1: it is enough to know that something is wrong. */
const BAIL = isOn("BAIL");

/** Every point is tried, or one of so many; which ones, moves with the seed. */
const STRIDE = setting("POINT_STRIDE");
const SEED = setting("SEED");

const SCENARIOS = {
  ...CALLER_SCENARIOS,
  ...RUNNER_SCENARIOS,
  ...ALARM_SCENARIOS,
  ...WORKER_SCENARIOS,
  ...BATCH_SCENARIOS,
  ...BULK_SCENARIOS,
  ...FLOW_SCENARIOS,
  ...TRIGGER_SCENARIOS,
  ...EVENT_SCENARIOS,
  ...SECRET_SCENARIOS,
};

const ORDER = Object.keys(SCENARIOS);

interface Found {
  /** All that the scenario has. */
  points: number;
  tried: number;
  /** Points after which something did not hold, as lines. */
  broken: string[];
}

/** Of each scenario, when nothing goes wrong: as many in every mode. */
const POINTS = new Map<string, number>();

/** Lets the points of the scenario go wrong, one at a time, as long as there is one more. */
async function everyPoint(name: string, scenario: Scenario, mode: Mode, sabotage?: Sabotage): Promise<Found> {
  const found: Found = { points: 0, tried: 0, broken: [] };
  const first = 1 + ((SEED + ORDER.indexOf(name) + MODES.indexOf(mode)) % STRIDE);
  await withWorlds(async (fresh) => {
    /** @param at 0: nothing goes wrong. @returns how many points were passed */
    const play = async (at: number): Promise<number> => {
      // One place at the engine makes a line; a scenario that needs no more is not disturbed by it.
      const options = name === "give a place on" ? { quotas: { runningJobs: 1 } } : {};
      const stage = new Stage(await fresh({ ...options, ...(sabotage && { sabotage }) }), { at, mode });
      await scenario(stage).catch((error: unknown) => {
        found.broken.push(`${name}, point ${at} (${stage.world.hazard.hit ?? "none"}), ${mode}: ${error}`);
      });
      return stage.world.hazard.passed;
    };
    found.points = (sabotage ? undefined : POINTS.get(name)) ?? (await play(0));
    if (!sabotage) POINTS.set(name, found.points);
    for (let at = first; at <= found.points; at += STRIDE) {
      await play(at);
      found.tried += 1;
    }
  });
  return found;
}

/** @param sabotage of an object that is broken: then the first finding is enough */
async function everyScenario(mode: Mode, sabotage?: Sabotage): Promise<Record<string, Found>> {
  const found: Record<string, Found> = {};
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    found[name] = await everyPoint(name, scenario, mode, sabotage);
    if ((BAIL || sabotage) && found[name].broken.length > 0) break;
  }
  return found;
}

const brokenOf = (found: Record<string, Found>) => Object.values(found).flatMap(({ broken }) => broken);

beforeEach(() => {
  // The alarm logs each failure that is made here.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("one point after the other goes wrong in every scenario", () => {
  const TITLE = "%s: all of it happened or nothing, and two rings of the alarm, or a minute, repair the rest";
  it.for(MODES)(TITLE, { timeout: 600_000 }, async (mode, context) => {
    const found = await everyScenario(mode);
    const broken = brokenOf(found);
    const points = Object.entries(found).map(([name, { points }]) => [name, points] as const);
    const counts = {
      scenarios: points.length,
      points: points.reduce((sum, [, count]) => sum + count, 0),
      tried: Object.values(found).reduce((sum, { tried }) => sum + tried, 0),
      "not recovered": broken.length,
    };
    recordFigures(context, { harness: `crash points: ${mode}`, seed: STRIDE === 1 ? null : SEED, counts });
    expect(broken).toEqual([]);
    expect(points.filter(([, count]) => count === 0)).toEqual([]);
  });
});

describe("the crash points notice an object", () => {
  it("whose transactions are not atomic", async () => {
    const found = await everyScenario("crash before", (storage) => ({ ...storage, transactionSync: (work) => work() }));
    expect(brokenOf(found).length).toBeGreaterThan(0);
  }, 60_000);

  it("whose alarm is never set", async () => {
    const found = await everyScenario("crash after", (storage) => ({ ...storage, setAlarm: async () => undefined }));
    expect(brokenOf(found).length).toBeGreaterThan(0);
  }, 60_000);
});
