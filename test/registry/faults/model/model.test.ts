import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunRef } from "../../../../src/registry/api/caller.ts";
import { recordFigures } from "../../../../tooling/figures.ts";
import { isOn, setting } from "../../../support/setting.ts";
import { MODES } from "../hazard.ts";
import { type Api, type World, type WorldOptions, withWorlds } from "../world.ts";
import { CALLER_STEPS } from "./caller-commands.ts";
import { MAX_ACTIVE, MAX_RUNNING, Model } from "./model.ts";
import { type Fault, Rig } from "./rig.ts";
import { RUNNER_STEPS } from "./runner-commands.ts";
import type { Step } from "./steps.ts";
import { TIME_STEPS } from "./time-commands.ts";
import { TRIGGER_STEPS } from "./trigger-commands.ts";
import { WORKER_STEPS } from "./worker-commands.ts";

/** Set FC_RUNS for more, and SEED for another course. */
const RUNS = setting("FC_RUNS");
const MAX_STEPS = 50;
const SEED = setting("SEED");
/** BAIL=1: it is enough to know that something is wrong. */
const BAIL = isOn("BAIL");

const anyStep = fc.oneof(
  ...Object.values(CALLER_STEPS).map((arbitrary) => ({ weight: 2, arbitrary })),
  { weight: 8, arbitrary: CALLER_STEPS.submit },
  { weight: 3, arbitrary: CALLER_STEPS.retry },
  ...Object.values(RUNNER_STEPS).map((arbitrary) => ({ weight: 2, arbitrary })),
  { weight: 4, arbitrary: RUNNER_STEPS.start },
  ...Object.values(TRIGGER_STEPS).map((arbitrary) => ({ weight: 1, arbitrary })),
  { weight: 2, arbitrary: TRIGGER_STEPS.saveTrigger },
  ...Object.values(WORKER_STEPS).map((arbitrary) => ({ weight: 3, arbitrary })),
  ...Object.values(TIME_STEPS).map((arbitrary) => ({ weight: 1, arbitrary })),
  { weight: 4, arbitrary: TIME_STEPS.ring },
);

const anyFault: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 1, max: 12 }),
  mode: fc.constantFrom(...MODES),
});

interface Counts {
  runs: number;
  steps: number;
  faults: number;
}

class Command implements fc.AsyncCommand<Model, { world: World; rig: Rig; counts: Counts }> {
  readonly #step: Step;
  readonly #fault: Fault | null;

  constructor(step: Step, fault: Fault | null) {
    this.#step = step;
    this.#fault = fault;
  }

  check(): boolean {
    return true;
  }

  async run(_model: Model, { rig, counts }: { rig: Rig; counts: Counts }): Promise<void> {
    const struck = rig.struck;
    await this.#step.run(rig, this.#fault);
    await rig.compare();
    counts.steps += 1;
    counts.faults += rig.struck - struck;
  }

  toString(): string {
    const { name } = this.#step;
    return this.#fault === null ? name : `${name} with ${this.#fault.mode} at ${this.#fault.at}`;
  }
}

const anyCommands = () =>
  fc.commands([fc.tuple(anyStep, fc.option(anyFault, { freq: 6 })).map(([step, fault]) => new Command(step, fault))], {
    maxCommands: MAX_STEPS,
    size: "max",
  });

/** @throws with the shortest course found that the object takes otherwise than the model */
async function explore(runs: number, counts: Counts, options: WorldOptions = {}): Promise<void> {
  await withWorlds(async (fresh) => {
    const property = fc.asyncProperty(anyCommands(), async (commands) => {
      counts.runs += 1;
      const quotas = { activeJobs: MAX_ACTIVE, runningJobs: MAX_RUNNING };
      const world = await fresh({ quotas, ...options });
      const setup = () => {
        const model = new Model();
        return { model, real: { world, rig: new Rig(world, model), counts } };
      };
      await fc.asyncModelRun(setup, commands);
    });
    await fc.assert(property, { numRuns: runs, seed: SEED, endOnFailure: BAIL });
  });
}

beforeEach(() => {
  // The alarm logs each failure that is made here.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("whatever callers, the runner, time and crashes do", () => {
  it("the registry does what its model does", { timeout: 600_000 }, async (context) => {
    const counts: Counts = { runs: 0, steps: 0, faults: 0 };
    const divergence = await explore(RUNS, counts).catch((error: unknown) => error);
    const divergences = divergence === undefined ? 0 : 1;
    recordFigures(context, { harness: "model", seed: SEED, counts: { ...counts, divergences } });
    if (divergence !== undefined) throw divergence;
    expect(counts.faults).toBeGreaterThan(RUNS);
  });
});

describe("the model notices an object", () => {
  /** Reports count for the attempt that the job is in, whoever sends them. */
  const unfenced = (api: Api): Api => ({
    ...api,
    runner: new Proxy(api.runner, {
      get: (runner, name) => {
        const method: unknown = Reflect.get(runner, name);
        if (typeof method !== "function") return method;
        return (ref: RunRef, ...rest: unknown[]) => method({ ...ref, attempt: Math.max(ref.attempt, 1) }, ...rest);
      },
    }),
  });
  const idle = (api: Api): Api => ({ ...api, reconciler: { onAlarm: async () => undefined } as Api["reconciler"] });

  it.each<[string, WorldOptions]>([
    ["that takes reports of an attempt that was given up", { spoil: unfenced }],
    ["whose alarm does nothing", { spoil: idle }],
    ["whose alarm is never set", { sabotage: (storage) => ({ ...storage, setAlarm: async () => undefined }) }],
  ])("%s", { timeout: 60_000 }, async (_name, options) => {
    await expect(explore(100, { runs: 0, steps: 0, faults: 0 }, options)).rejects.toThrow("Counterexample");
  });
});
