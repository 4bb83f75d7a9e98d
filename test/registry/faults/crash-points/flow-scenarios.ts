import { expect } from "vitest";
import { CALLER, TENANT } from "../../bench.ts";
import type { Scenario } from "./runner-scenarios.ts";
import type { Stage } from "./stage.ts";

const ONE = { limit: 1, when_full: "queue" } as const;
/** The home asks after its slots each minute. */
const FOUND_MS = 125_000;

const submit = async (stage: Stage, key: string): Promise<string> => {
  stage.world.clock.now += 1;
  return (await stage.submit({ concurrency: ONE, idempotency: { key, request_hash: "h" } })).id;
};

/** Turns lie 396 s apart. */
const SLOW = { key: "api.example.com", limit: 10, per_ms: 3_600_000 };
const GAP_MS = 396_000;

/** When the turn of the holder comes (epoch ms). */
const turnAt = async (stage: Stage, holder: string): Promise<number> =>
  (await stage.ask("take a turn", (api) => api.limits.takeTurn(TENANT, holder, SLOW))) + stage.world.clock.now;

const isStarted = ({ world }: Stage, id: string): boolean => world.workflow.instances.has(`${id}-1`);

/** The slot of a limit is found although its job, or its home, could not say what came of it. */
async function untilStarted(stage: Stage, id: string): Promise<void> {
  const { world } = stage;
  const latest = world.clock.now + FOUND_MS;
  while (!isStarted(stage, id)) {
    expect(await world.ring()).toBe(true);
    expect(world.clock.now).toBeLessThanOrEqual(latest);
    await stage.calm();
  }
}

/** Slots of a limit: never more than its number, and none is lost. Turns of a rate: never closer than it asks. */
export const FLOW_SCENARIOS: Record<string, Scenario> = {
  "take a slot": async (stage) => {
    let id = "";
    await stage.danger(async () => {
      id = await submit(stage, "one");
    });
    await untilStarted(stage, id);
    const second = await submit(stage, "two");
    expect(isStarted(stage, second)).toBe(false);
  },

  "give a slot on": async (stage) => {
    const first = await submit(stage, "one");
    await stage.start(first);
    const [second, third] = [await submit(stage, "two"), await submit(stage, "three")];
    await stage.danger(() => stage.succeed(first));
    await untilStarted(stage, second);
    expect(isStarted(stage, third)).toBe(false);
  },

  "take a turn of a slow rate": async (stage) => {
    const first = await turnAt(stage, "job_a-1.s.0");
    let second = 0;
    await stage.danger(async () => {
      second = await turnAt(stage, "job_b-1.s.0");
    });
    expect(second - first).toBeGreaterThan(GAP_MS - 1);
    await stage.world.restart();
    expect(await turnAt(stage, "job_b-1.s.0")).toBeCloseTo(second);
    expect((await turnAt(stage, "job_c-1.s.0")) - second).toBeGreaterThan(GAP_MS - 1);
  },

  "cancel a job that waits for a slot": async (stage) => {
    const first = await submit(stage, "one");
    await stage.start(first);
    const [second, third] = [await submit(stage, "two"), await submit(stage, "three")];
    await stage.danger(() => stage.ask("cancel", (api) => api.caller.cancel(CALLER, second, null)));
    expect(isStarted(stage, third)).toBe(false);
    await stage.succeed(first);
    await untilStarted(stage, third);
    expect(isStarted(stage, second)).toBe(false);
  },
};
