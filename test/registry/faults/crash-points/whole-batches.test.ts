import { expect, it } from "vitest";
import { recordFigures } from "../../../../tooling/figures.ts";
import { seeded } from "../../../../tooling/random.ts";
import { setting } from "../../../support/setting.ts";
import { aRequest, CALLER } from "../../bench.ts";
import { MODES, type Mode } from "../hazard.ts";
import { UNKNOWN, type World, withWorlds } from "../world.ts";

const JOBS = 1_000;
const INPUTS = Array.from({ length: JOBS }, (_, n) => ({ n }));
const REQUEST = aRequest({ idempotency: { key: "a batch", request_hash: "a hash" } });

const submit = (world: World) =>
  world.call("submit a batch", (api) => api.batches.submitBatch(CALLER, REQUEST, INPUTS));

/** How many there are, of how many inputs and batches. */
function stored({ storage }: World) {
  const columns =
    "count(*) AS jobs, count(DISTINCT input_json) AS inputs, count(DISTINCT run_json ->> 'batch') AS batches";
  return storage.sql.exec(`SELECT ${columns} FROM jobs`).one();
}

/** Lets the operation go wrong. @returns how many operations there were */
async function broken(world: World, at: number, mode: Mode): Promise<number> {
  world.hazard.arm(at, mode);
  await submit(world);
  const { passed } = world.hazard;
  world.hazard.disarm();
  return passed;
}

it("a batch of a thousand is there whole or not at all, whichever write its process dies in, and once when it is asked for again", async (test) => {
  const random = seeded(setting("SEED"));
  const kills = setting("BATCH_KILLS");
  const seen = new Set<unknown>();
  await withWorlds(async (fresh) => {
    const points = await broken(await fresh(), Number.POSITIVE_INFINITY, "throw");
    expect(points).toBeGreaterThan(JOBS);
    for (let kill = 0; kill < kills; kill++) {
      const world = await fresh();
      const mode = MODES[kill % MODES.length] ?? "throw";
      // One kill in each part of the whole: half of them are before the batch is there.
      const at = 1 + Math.floor(((kill + random()) / kills) * points);
      await broken(world, at, mode);
      const { jobs } = stored(world);
      seen.add(jobs);
      expect([0, JOBS], `point ${at} of ${points}, ${mode}`).toContain(jobs);
      const again = await submit(world);
      if (again === UNKNOWN || !again.ok) throw new Error("it was not taken");
      expect(again.value).toMatchObject({ count: JOBS, deduplicated: jobs === JOBS });
      expect(stored(world)).toEqual({ jobs: JOBS, inputs: JOBS, batches: 1 });
    }
  });
  expect(seen).toContain(0);
  const counts = { kills, jobs: JOBS, "in part": [...seen].filter((jobs) => jobs !== 0 && jobs !== JOBS).length };
  recordFigures(test, { harness: "batches of a thousand", seed: setting("SEED"), counts });
}, 600_000);
