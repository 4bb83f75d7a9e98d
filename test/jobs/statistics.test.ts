import { describe, expect, it } from "vitest";
import { newJobId } from "../../src/jobs/id.ts";
import {
  fingerprint,
  jobsIn,
  mergedStatistics,
  quantile,
  type StatisticsRow,
  statisticsOf,
  successRate,
} from "../../src/jobs/statistics.ts";

const row = (over: Partial<StatisticsRow> = {}): StatisticsRow => ({
  ...{ job_id: "job_1", status: "succeeded", blueprint: "a@1", step: null, error: null, error_code: null },
  ...{ started_at: 0, settled_at: 1_000, trigger: null },
  ...over,
});
const failed = (job_id: string, error: string) =>
  row({ job_id, status: "failed", step: "get", error, error_code: "http_status" });

describe("statistics", () => {
  it("count by status, and give the rate of those that have ended and the durations of those that succeeded", () => {
    const rows = [
      row(),
      row({ settled_at: 9_000 }),
      failed("job_2", "no"),
      row({ status: "running", settled_at: null }),
    ];
    const { all } = statisticsOf(rows, null);
    expect(all.statuses).toEqual({ succeeded: 2, failed: 1, running: 1 });
    expect([jobsIn(all), successRate(all)]).toEqual([4, 0.667]);
    for (const [part, ms] of [
      [0.5, 1_000],
      [0.95, 9_000],
    ] as const) {
      expect(Math.abs((quantile(all, part) ?? 0) - ms) / ms).toBeLessThan(0.06);
    }
    const none = statisticsOf([], null).all;
    expect([jobsIn(none), successRate(none), quantile(none, 0.5)]).toEqual([0, null, null]);
  });

  it("see failures of one cause as one, whatever numbers and ids their messages hold", () => {
    const id = `job_${"0".repeat(28)}`;
    expect(fingerprint(`HTTP 503 of 12 at ${id}, 7b1c9f7e-1d2a-4c3b-9a8f-0123456789ab, deadbeef0123`)).toBe(
      "HTTP # of # at <id>, <id>, <id>",
    );
    const many = Array.from({ length: 50 }, (_, n) => failed(`job_${n}`, `HTTP 500: row ${n} of 50`));
    const { failures } = statisticsOf([...many, failed("job_x", "Refused")], "blueprint");
    expect(failures).toMatchObject([
      { blueprint: "a@1", step: "get", code: "http_status", message: "HTTP #: row # of #", count: 50, sample: "job_9" },
      { message: "Refused", count: 1 },
    ]);
  });

  it("over time are cut into spans that people count in, alike in objects that are asked a moment apart", () => {
    const hour = 3_600_000;
    const start = Date.parse("2026-11-20T12:00:00Z");
    const rows = [0, 1, 59, 61, 200].map((minutes) =>
      row({ job_id: newJobId(start + minutes * 60_000, new Uint8Array(10), 0) }),
    );
    const keys = (periodMs: number) =>
      statisticsOf(rows, "time", periodMs).groups.map(({ key, sums }) => [key.slice(11, 16), jobsIn(sums)]);
    const hours = [
      ["12:00", 3],
      ["13:00", 1],
      ["15:00", 1],
    ];
    expect([keys(24 * hour), keys(24 * hour + 900)]).toEqual([hours, hours]);
    expect(keys(6 * hour)).toEqual([
      ["12:00", 2],
      ["12:45", 1],
      ["13:00", 1],
      ["15:15", 1],
    ]);
    expect(keys(90 * 24 * hour)).toEqual([["00:00", 5]]);
  });

  it("of several shards are those of all rows together", () => {
    const rows = Array.from({ length: 60 }, (_, n) =>
      n % 3 === 0
        ? failed(`job_${n}`, `row ${n}`)
        : row({ job_id: `job_${n}`, blueprint: `b${n % 4}@1`, settled_at: n * 700 }),
    );
    for (const grouping of ["blueprint", "trigger", "status", "error"] as const) {
      const whole = statisticsOf(rows, grouping);
      const parts = [0, 1, 2].map((shard) =>
        statisticsOf(
          rows.filter((_, n) => n % 3 === shard),
          grouping,
        ),
      );
      const merged = mergedStatistics(parts);
      expect(merged.failures).toEqual(whole.failures);
      expect([merged.all.statuses, quantile(merged.all, 0.5)]).toEqual([whole.all.statuses, quantile(whole.all, 0.5)]);
      const counts = ({ groups }: typeof whole) => new Map(groups.map(({ key, sums }) => [key, jobsIn(sums)]));
      expect(counts(merged)).toEqual(counts(whole));
    }
  });
});
