import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JobStatus } from "../../../../src/jobs/view.ts";
import { recordFigures } from "../../../../tooling/figures.ts";
import { seeded } from "../../../../tooling/random.ts";
import { isOn, setting } from "../../../support/setting.ts";
import { type Api, type WorldOptions, withWorlds } from "../world.ts";
import { broken, record } from "./history.ts";

/** Set HISTORIES for more, and SEED for others. */
const HISTORIES = setting("HISTORIES");
const SEED = setting("SEED");
/** BAIL=1: it is enough to know that something is wrong. */
const BAIL = isOn("BAIL");

async function histories(count: number, options: WorldOptions = {}) {
  const counts = { histories: count, calls: 0, "unknown outcomes": 0, restarts: 0, "not linearizable": 0 };
  const found: string[] = [];
  await withWorlds(async (fresh) => {
    for (let seed = SEED; seed < SEED + count && !(BAIL && found.length > 0); seed++) {
      const history = await record(await fresh({ ...options, seed }), seed);
      counts.calls += history.calls;
      counts["unknown outcomes"] += history.unknown;
      counts.restarts += history.restarts;
      found.push(...broken(history).map((job) => `seed ${seed}, job ${job}`));
    }
  });
  counts["not linearizable"] = found.length;
  return { counts, found };
}

beforeEach(() => {
  // The alarm logs each failure that is made here.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("what eight clients see of jobs that all of them call at once", () => {
  it("could have happened one call after the other, whatever got lost and whoever died", {
    timeout: 600_000,
  }, async (context) => {
    const { counts, found } = await histories(HISTORIES);
    recordFigures(context, { harness: "linearizability", seed: SEED, counts });
    expect(found).toEqual([]);
    expect(counts["unknown outcomes"]).toBeGreaterThan(HISTORIES);
  });

  it("could not, when an object sometimes answers with what it read before", { timeout: 60_000 }, async () => {
    const random = seeded(SEED);
    const seen = new Map<string, JobStatus>();
    const stale = (api: Api): Api => {
      const { caller } = api;
      const status: typeof caller.status = async (tenant, id, include) => {
        const before = seen.get(id);
        if (before !== undefined && random() < 0.1) return { ok: true, value: before };
        const reply = await caller.status(tenant, id, include);
        if (reply.ok) seen.set(id, reply.value);
        return reply;
      };
      return {
        ...api,
        caller: new Proxy(caller, { get: (of, name) => (name === "status" ? status : Reflect.get(of, name)) }),
      };
    };
    const { found } = await histories(10, { spoil: stale });
    expect(found.length).toBeGreaterThan(0);
  });
});
