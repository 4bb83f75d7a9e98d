import * as z from "zod";
import { JOB_STATUSES } from "../../jobs/status.ts";
import { JobRow } from "../../jobs/view.ts";
import { ok } from "../../lib/result.ts";
import { BulkInput, bulkJobs } from "../../service/bulk/bulk-jobs.ts";
import { jobStats, StatsInput } from "../../service/statistics/job-stats.ts";
import { OPENMETRICS_TYPE, openMetrics } from "../openmetrics.ts";
import { answer, answering, defineRoute, type Route } from "../route.ts";

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

const LimitView = z
  .strictObject({
    limit: z.enum(["running_jobs", "concurrency"]),
    blueprint: z.string().nullable(),
    key: z.string().nullable(),
    running: z.int(),
    waiting: z.int(),
  })
  .meta({ id: "LimitUse" });

const StatsView = z
  .strictObject({
    since: z.string(),
    ...figures,
    truncated: z.boolean().describe("Only the newest jobs of the period were looked at."),
    oldest_queued: z.string().nullable(),
    groups: z.array(z.strictObject({ key: z.string(), ...figures })),
    failures: z.array(FailuresView),
    queues: z.array(QueueView),
    limits: z.array(LimitView),
  })
  .meta({ id: "Stats" });

const statsRoute = defineRoute({
  operation: "jobs_stats",
  method: "GET",
  path: "/stats",
  summary: "Counts, success rate, durations, failures by cause, queues of workers and limits.",
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

const BulkView = z
  .strictObject({
    matched: z.int(),
    truncated: z.boolean().describe("There are more than were counted."),
    sample: z.array(JobRow.or(JobRow.pick({ id: true, status: true }))).describe("The newest of them."),
    by_error: z.array(FailuresView),
    bulk_id: z.string().nullable().describe("The job that does it; null: nothing is done."),
    bulk_ids: z.array(z.string()).optional().describe("Of several shards: the job of each."),
  })
  .meta({ id: "Bulk" });

const bulkRoute = defineRoute({
  operation: "jobs_bulk",
  method: "POST",
  path: "/jobs/bulk",
  summary: "Cancel, retry or delete all jobs that match, in the background.",
  scope: "jobs:operate",
  input: BulkInput,
  answers: { 200: { description: "What matched, and the job that does it.", schema: BulkView } },
  refusals: [],
  run: answering(bulkJobs),
});

export const STATS_ROUTES: readonly Route[] = [statsRoute, metricsRoute, bulkRoute];
