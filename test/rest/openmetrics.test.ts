import { expect, it } from "vitest";
import type { JobStats } from "../../src/jobs/statistics.ts";
import { openMetrics } from "../../src/rest/openmetrics.ts";

const NOW = Date.parse("2026-11-29T12:00:00.000Z");

const stats = (over: Partial<JobStats> = {}): JobStats => ({
  since: "2026-11-28T12:00:00.000Z",
  jobs: 3,
  statuses: { succeeded: 2, failed: 1 },
  success_rate: 2 / 3,
  p50_ms: 1_500,
  p95_ms: 61_000,
  truncated: false,
  oldest_queued: "2026-11-29T11:59:00.000Z",
  groups: [],
  failures: [
    { blueprint: 'a"b', step: null, code: "http_status", message: "line\nand \\ more", count: 1, sample: "job_1" },
  ],
  queues: [{ queue: "gpu", depth: 4, leased: 1, oldest: null, workers: 2 }],
  limits: [],
  ...over,
});

/** The grammar of the exposition, as far as gauges need it. */
const META = /^# (TYPE [a-z_]+ gauge|UNIT [a-z_]+ [a-z]+|HELP [a-z_]+ .+|EOF)$/;
const SAMPLE = /^[a-z_]+(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? -?\d+(\.\d+)?$/;

it("has a line for each figure, and each line is one of the format", () => {
  const text = openMetrics(stats(), NOW);
  const lines = text.split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.at(-1)).toBe("# EOF");
  expect(lines.filter((line) => !META.test(line) && !SAMPLE.test(line))).toEqual([]);
  for (const line of [
    'edge_jobs_jobs{status="succeeded"} 2',
    'edge_jobs_jobs{status="queued"} 0',
    'edge_jobs_duration_seconds{quantile="0.95"} 61',
    "edge_jobs_oldest_queued_seconds 60",
    'edge_jobs_failures{blueprint="a\\"b",step="",code="http_status",message="line\\nand \\\\ more"} 1',
    'edge_jobs_queue_depth{queue="gpu"} 4',
  ]) {
    expect(lines).toContain(line);
  }
});

it("ends the name of a metric with its unit, and leaves out what is not known", () => {
  const nothing = { success_rate: null, p50_ms: null, p95_ms: null, oldest_queued: null, failures: [], queues: [] };
  const lines = openMetrics(stats(nothing), NOW).split("\n");
  for (const [, name = "", unit = ""] of lines.map((line) => /^# UNIT (\S+) (\S+)$/.exec(line) ?? [])) {
    expect(name.endsWith(unit)).toBe(true);
  }
  expect(lines.filter((line) => /^edge_jobs_(success|duration|oldest|queue|failures)/.test(line))).toEqual([]);
});
