import * as z from "zod";
import { JOB_STATUSES } from "../../jobs/status.ts";
import { ok } from "../../lib/result.ts";
import { jobStats, StatsInput } from "../../service/statistics/job-stats.ts";
import { OPENMETRICS_TYPE, openMetrics } from "../openmetrics.ts";
import { answer, defineRoute, type Route } from "../route.ts";

const figures = {
  jobs: z.int(),
  statuses: z.partialRecord(z.enum(JOB_STATUSES), z.int()),
  success_rate: z.number().nullable(),
  p50_ms: z.int().nullable(),
  p95_ms: z.int().nullable(),
};

const FailuresView = z
  .strictObject({
    blueprint: z.string(),
    step: z.string().nullable(),
    code: z.string(),
    message: z.string().describe("Without numbers and ids."),
    count: z.int(),
    sample: z.string().describe("Id of one of them."),
  })
  .meta({ id: "Failures" });

const QueueView = z
  .strictObject({
    queue: z.string(),
    depth: z.int(),
    leased: z.int(),
    oldest: z.string().nullable(),
    workers: z.int(),
  })
  .meta({ id: "Queue" });

const StatsView = z
  .strictObject({
    since: z.string(),
    ...figures,
    truncated: z.boolean().describe("Only the newest jobs of the period were looked at."),
    oldest_queued: z.string().nullable(),
    groups: z.array(z.strictObject({ key: z.string(), ...figures })),
    failures: z.array(FailuresView),
    queues: z.array(QueueView),
  })
  .meta({ id: "Stats" });

const statsRoute = defineRoute({
  operation: "jobs_stats",
  method: "GET",
  path: "/stats",
  summary: "Counts, success rate, durations, failures by cause and queues of workers.",
  scope: "jobs:read",
  input: StatsInput,
  answers: { 200: { description: "The figures.", schema: StatsView } },
  refusals: [],
  run: async (args, context) => answer(await jobStats(context, args)),
});

const metricsRoute = defineRoute({
  operation: "metrics_read",
  method: "GET",
  path: "/metrics",
  summary: "The figures of stats as gauges, for what scrapes OpenMetrics.",
  scope: "jobs:read",
  input: StatsInput.omit({ group_by: true }),
  answers: { 200: { description: "OpenMetrics 1.0.", mediaType: "application/openmetrics-text" } },
  refusals: [],
  run: async (args, context) => {
    const text = openMetrics(await jobStats(context, args), context.now());
    return ok(new Response(text, { headers: { "content-type": OPENMETRICS_TYPE, "cache-control": "no-store" } }));
  },
});

export const STATS_ROUTES: readonly Route[] = [statsRoute, metricsRoute];
