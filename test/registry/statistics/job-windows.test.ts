import { describe, expect, it } from "vitest";
import { jobIdFloor, newJobId } from "../../../src/jobs/id.ts";
import { MAX_REMEMBERED_GROUPS, MAX_STATISTICS_SCAN, MAX_STATISTICS_WINDOWS } from "../../../src/limits.ts";
import { type JobRows, JobWindow } from "../../../src/registry/statistics/job-window.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, inRegistry, START } from "../bench.ts";
import { copyFirstJob } from "../copies.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const idsFrom = (start: number, count: number) =>
  Array.from({ length: count }, (_, i) => newJobId(start + i, new Uint8Array(10), 0));

/** Of the last day. */
const look = ({ stats, clock }: Bench, days = 1) => stats.statistics(CALLER, clock.now - days * DAY, null);
const readBy = async (bench: Bench, days = 1): Promise<number> =>
  (await rowsOf(bench.storage, () => look(bench, days))).read;

async function failed(bench: Bench, message: string): Promise<string> {
  const { id } = await bench.submit();
  await bench.runner.start(bench.ref(id));
  const error = { code: "http_status", message };
  await bench.runner.settle(bench.ref(id), { name: "failed", error, path: "first" }, []);
  return id;
}

async function deleted(bench: Bench, id: string): Promise<void> {
  expect(await bench.caller.remove(CALLER, id)).toMatchObject({ ok: true });
}

describe("statistics of a period", () => {
  it("are remembered: a second look reads no row of a job, and sees what was written since", () =>
    inRegistry(async (bench) => {
      await bench.submit();
      copyFirstJob(bench.storage, idsFrom(START - HOUR, 4_000));
      expect(await readBy(bench)).toBeGreaterThan(4_000);
      expect(await readBy(bench)).toBeLessThan(5);
      await failed(bench, "HTTP 500");
      expect(await look(bench)).toMatchObject({
        all: { statuses: { queued: 4_001, failed: 1 } },
        failures: [{ count: 1 }],
        truncated: false,
      });
    }));

  it("forget the jobs that have left it, which alone are read then; all of them, when these are many", () =>
    inRegistry(async (bench) => {
      await bench.submit();
      copyFirstJob(bench.storage, idsFrom(START - HOUR, 3_000));
      await look(bench);
      bench.clock.now += DAY - HOUR + 1_000;
      expect(await readBy(bench)).toBeLessThan(1_010);
      expect((await look(bench)).all.statuses).toEqual({ queued: 2_001 });
      bench.clock.now += 4 * DAY;
      expect((await look(bench)).all.statuses).toEqual({});
    }));

  it("name a job of each cause that is there, also when the one named before was deleted", () =>
    inRegistry(async (bench) => {
      const ids: string[] = [];
      for (let n = 0; n < 3; n++) {
        bench.clock.now += 1_000;
        ids.push(await failed(bench, `HTTP ${n}`));
      }
      expect((await look(bench)).failures).toMatchObject([{ count: 3, sample: ids[2] }]);
      await deleted(bench, ids[2] ?? "");
      expect((await look(bench)).failures).toMatchObject([{ count: 2, sample: ids[1] }]);
      await deleted(bench, ids[0] ?? "");
      await deleted(bench, ids[1] ?? "");
      expect((await look(bench)).failures).toEqual([]);
    }));

  it("are cut alike by whoever asks a moment apart, and otherwise as the period asks", () =>
    inRegistry(async (bench) => {
      await bench.submit();
      copyFirstJob(
        bench.storage,
        idsFrom(START - 25 * MINUTE, 24).map((_, i) => newJobId(START - i * MINUTE, new Uint8Array(10), 0)),
      );
      const groups = async (ms: number) => {
        const { groups } = await bench.stats.statistics(CALLER, bench.clock.now - ms, "time");
        return Object.keys(groups).length;
      };
      expect(await groups(1_490_000)).toBe(await groups(1_490_400));
      expect(await groups(1_490_000)).toBeGreaterThan(20);
      expect(await groups(1_520_000)).toBeLessThan(15);
    }));

  it("are remembered for so many periods", () =>
    inRegistry(async (bench) => {
      await bench.submit();
      copyFirstJob(bench.storage, idsFrom(START - HOUR, 100));
      for (let days = 1; days <= MAX_STATISTICS_WINDOWS; days++) await look(bench, days);
      expect(await readBy(bench, 1)).toBeLessThan(5);
      await look(bench, MAX_STATISTICS_WINDOWS + 1);
      expect(await readBy(bench, 1)).toBeGreaterThan(100);
    }));

  it("are not remembered when they have more causes than are", () =>
    inRegistry(async (bench) => {
      await failed(bench, "HTTP 500");
      copyFirstJob(bench.storage, idsFrom(START + 1, MAX_REMEMBERED_GROUPS));
      const letters = "abcdefghij".split("").map((letter, n) => `'${n}', '${letter}'`);
      const spelt = letters.reduce((text, pair) => `replace(${text}, ${pair})`, "job_number");
      bench.storage.sql.exec(`UPDATE jobs SET error = ${spelt}`);
      expect((await look(bench)).failures).toHaveLength(MAX_REMEMBERED_GROUPS + 1);
      expect(await readBy(bench)).toBeGreaterThan(MAX_REMEMBERED_GROUPS);
    }));
});

describe("a window of jobs", () => {
  it("takes in the newest jobs where there are more than one look reads, and goes on with older ones in the next", async () => {
    const row = {
      status: "queued",
      blueprint: "a@1",
      step: null,
      error: null,
      error_code: null,
      trigger: null,
    } as const;
    const lookAt = async (count: number, times: number) => {
      const ids = idsFrom(START, count).reverse();
      const jobs: JobRows = {
        between: (_tenant, low, high, limit) => {
          const first = ids.findIndex((id) => id < high);
          const found = first < 0 ? [] : ids.slice(first, first + limit).filter((id) => id >= low);
          return found.map((job_id) => ({ ...row, job_id, started_at: null, settled_at: null }));
        },
      };
      const window = new JobWindow(jobs, { tenant: CALLER.tenant, grouping: null, periodMs: DAY });
      const looks: unknown[] = [];
      for (let look = 0; look < times; look++) {
        const isWhole = await window.reach(jobIdFloor(START));
        looks.push([isWhole, window.statistics.all.statuses]);
      }
      return looks;
    };
    expect(await lookAt(MAX_STATISTICS_SCAN + 1, 2)).toEqual([
      [false, { queued: MAX_STATISTICS_SCAN }],
      [true, { queued: MAX_STATISTICS_SCAN + 1 }],
    ]);
    expect(await lookAt(MAX_STATISTICS_SCAN, 1)).toEqual([[true, { queued: MAX_STATISTICS_SCAN }]]);
  });
});
