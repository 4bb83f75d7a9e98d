import { describe, expect, it } from "vitest";
import { MAX_LIST_SCAN } from "../../../src/limits.ts";
import { seeded } from "../../../tooling/random.ts";
import { type Rows, rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Ground, READ_CASES } from "../../../tooling/workerd/scale/cases.ts";
import { Filler } from "../../../tooling/workerd/scale/fill.ts";
import { aRequest, type Bench, CALLER, inRegistry, RETENTION_MS, START } from "../bench.ts";
import { end } from "../job-lives.ts";

const DAY = 86_400_000;
const LIVE = 60;
const SMALL = 1_000;
const LARGE = 20_000;

/** The object with so many jobs of the last four weeks, copies of some that it made itself. */
async function filled(bench: Bench, jobs: number): Promise<Ground> {
  await end(bench, (await bench.submit()).id);
  const failed = await bench.submit();
  await bench.runner.start(bench.ref(failed.id));
  const error = { code: "http_status", message: "HTTP 404" };
  await bench.runner.settle(bench.ref(failed.id), { name: "failed", error, path: "first" }, []);
  await bench.caller.cancel(CALLER, (await bench.submit()).id, null);
  await bench.submit({ run_at: START + DAY });
  await bench.runner.start(bench.ref((await bench.submit()).id));
  let turns = 0;
  const [from, to] = [START - 28 * DAY, START];
  const ids = new Filler(bench.storage.sql, seeded(jobs)).fill({ settled: jobs - LIVE - 3, live: LIVE - 2, from, to });
  return { caller: CALLER, registry: bench.caller, ids, recent: ids.slice(-SMALL), from, to, turn: () => turns++ };
}

/** Rows that each operation reads, by its name. */
async function costs(bench: Bench, ground: Ground): Promise<Map<string, Rows>> {
  const { storage } = bench;
  const found = new Map<string, Rows>();
  for (const { name, run } of READ_CASES) found.set(name, await rowsOf(storage, () => run(ground)));
  const request = aRequest({ run_at: START + DAY, idempotency: { key: "k", request_hash: "h" } });
  found.set("submit", await rowsOf(storage, () => bench.caller.submit(CALLER, request)));
  // The oldest fifty are due for their purge.
  bench.clock.now = START + 2 * DAY + RETENTION_MS;
  const late =
    "UPDATE jobs SET due_at = due_at + 1e11 WHERE job_id NOT IN (SELECT job_id FROM jobs ORDER BY due_at LIMIT 50)";
  storage.sql.exec(late);
  found.set("purge of 50", await rowsOf(storage, () => bench.reconciler.onAlarm()));
  return found;
}

/** A filter that has no index of its own looks at rows that do not fit, so many at most. */
function mostRows(name: string): number {
  if (name.includes("metadata") || name.includes("and status")) return MAX_LIST_SCAN + 2;
  return name.startsWith("purge") ? 600 : 60;
}

describe(`a shard with ${LARGE} jobs`, () => {
  it(`reads as many rows as one with ${SMALL} for status, every listing, a submit and a purge, and few`, async () => {
    const bySize = new Map<number, Map<string, Rows>>();
    for (const jobs of [SMALL, LARGE]) {
      await inRegistry(async (bench) => {
        bySize.set(jobs, await costs(bench, await filled(bench, jobs)));
      });
    }
    for (const [name, small] of bySize.get(SMALL) ?? []) {
      const large = bySize.get(LARGE)?.get(name)?.read ?? Number.NaN;
      expect.soft(large, name).toBeLessThanOrEqual(mostRows(name));
      // A thousand jobs may end before a later page is full.
      if (!name.includes("later page")) expect.soft(large, name).toBeLessThanOrEqual(small.read * 1.2 + 5);
    }
  }, 60_000);
});
