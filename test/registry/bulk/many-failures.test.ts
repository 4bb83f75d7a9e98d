import { expect, it } from "vitest";
import { newJobId } from "../../../src/jobs/id.ts";
import { STATISTICS_PAGE } from "../../../src/limits.ts";
import { recordFigures } from "../../../tooling/figures.ts";
import { seeded } from "../../../tooling/random.ts";
import { setting } from "../../support/setting.ts";
import { aListQuery, type Bench, CALLER, inRegistry, START, statusOf } from "../bench.ts";
import { copyFirstJob } from "../copies.ts";

const FAILURES = setting("FAILURES");
const PER_MINUTE = 60_000;
const HOUR = 3_600_000;

/** A job that did its first step and failed in the second, and as many more, each with its own number in its error. */
async function fail(bench: Bench): Promise<void> {
  const { id } = await bench.submit();
  const ref = bench.ref(id);
  await bench.runner.start(ref);
  await bench.runner.begin(ref, "first", "t", 30_000, []);
  await bench.runner.finish(ref, "first", { from: "first" }, null);
  const error = { code: "http_status", message: "answered 500 for order 17", status: 500 };
  await bench.runner.settle(ref, { name: "failed", error, path: "second" }, []);
  const entropy = new Uint8Array(10);
  copyFirstJob(
    bench.storage,
    Array.from({ length: FAILURES - 1 }, (_, i) => newJobId(START + 1 + i, entropy, 0)),
  );
  bench.storage.sql.exec("UPDATE jobs SET error = replace(error, '17', job_number)");
  bench.clock.now = START + FAILURES + 1;
}

/** Newer jobs that did not fail, more than statistics read in one go. */
function succeed({ storage, clock }: Bench, count: number): void {
  const ids = Array.from({ length: count }, (_, i) => newJobId(clock.now + i, new Uint8Array(10), 0));
  copyFirstJob(storage, ids);
  storage.sql.exec(
    "UPDATE jobs SET status = 'succeeded', error = NULL, error_code = NULL WHERE job_id >= ?",
    ids[0] ?? "",
  );
  clock.now += count;
}

it(
  "many failures of one cause are one line of the statistics, with their number, however many jobs came after them",
  () =>
    inRegistry(async (bench) => {
      await fail(bench);
      succeed(bench, 6_000);
      const found = await bench.stats.statistics(CALLER, START - HOUR, null);
      expect([found.truncated, found.all.statuses]).toEqual([false, { failed: FAILURES, succeeded: 6_000 }]);
      expect(found.failures).toMatchObject([
        { blueprint: "test-plan@1", step: "second", code: "http_status", count: FAILURES },
      ]);
      const later = await bench.stats.statistics(CALLER, START + FAILURES - STATISTICS_PAGE, null);
      expect(later.failures[0]?.count).toBe(STATISTICS_PAGE);
    }),
  600_000,
);

it(
  "one call retries each of them once, from the step that failed, at its rate, however often the object dies",
  (test) =>
    inRegistry(async (bench) => {
      await fail(bench);
      const random = seeded(setting("SEED"));
      const { limit: _limit, after: _after, ...where } = aListQuery({ statuses: ["failed"] });
      const asked = { action: "retry" as const, where, patch: { input: null }, per_minute: PER_MINUTE };
      const { matched, bulk_id } = await bench.bulk.bulk(CALLER, asked, false);
      expect(matched).toBe(FAILURES);
      const begun = bench.clock.now;
      let current = bench;
      let deaths = 0;
      while ((await statusOf(current, bulk_id ?? "")).completed_at === null) {
        bench.clock.now = Math.max(bench.clock.now + 1, (await bench.storage.getAlarm()) ?? 0);
        await current.reconciler.onAlarm();
        if (random() < 0.2) {
          current = { ...bench, ...(await bench.reopen()) };
          deaths += 1;
        }
        await bench.settleBackground();
      }
      const took = bench.clock.now - begun;
      const sql =
        "SELECT count(*) AS retries, count(DISTINCT retried_from) AS jobs, max(job_id) AS last FROM jobs WHERE retried_from IS NOT NULL";
      const { retries, jobs, last } = bench.storage.sql
        .exec<{ retries: number; jobs: number; last: string }>(sql)
        .one();
      expect({ retries, jobs }).toEqual({ retries: FAILURES, jobs: FAILURES });
      expect(took).toBeGreaterThanOrEqual(((FAILURES - 50) / PER_MINUTE) * 60_000);
      expect((await statusOf(current, last)).steps?.[0]).toMatchObject({ id: "first", status: "succeeded" });
      expect(deaths).toBeGreaterThan(0);
      recordFigures(test, {
        harness: "failures repaired by one call",
        seed: setting("SEED"),
        counts: { failures: FAILURES, deaths, "retried twice": retries - jobs },
      });
    }),
  600_000,
);
