import type { JobStats } from "../jobs/statistics.ts";
import { JOB_STATUSES } from "../jobs/status.ts";

/** What a tenant's jobs are like, as OpenMetrics 1.0 words it: https://prometheus.io/docs/specs/om/open_metrics_spec/ */

export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null];

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function line(name: string, labels: Labels, value: number): string {
  const all = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${all.length === 0 ? "" : `{${all.join(",")}}`} ${value}`;
}

/** A gauge with its samples; without what is not known now. */
function gauge(name: string, unit: string, help: string, samples: readonly Sample[]): string[] {
  const known = samples.flatMap(([labels, value]) => (value === null ? [] : [line(name, labels, value)]));
  return [
    `# TYPE ${name} gauge`,
    ...(unit === "" ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
    ...known,
  ];
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

/** @param now epoch ms */
export function openMetrics(stats: JobStats, now: number): string {
  const ageOf = (time: string | null): number | null =>
    time === null ? null : Math.max(0, now - Date.parse(time)) / 1_000;
  const queues = (value: (queue: JobStats["queues"][number]) => number | null): Sample[] =>
    stats.queues.map((queue) => [{ queue: queue.queue }, value(queue)]);
  const lines = [
    ...gauge(
      "edge_jobs_jobs",
      "",
      "Jobs that were submitted within the period, by status.",
      JOB_STATUSES.map((status) => [{ status }, stats.statuses[status] ?? 0]),
    ),
    ...gauge("edge_jobs_success_ratio", "ratio", "Succeeded among those that succeeded or failed.", [
      [{}, stats.success_rate],
    ]),
    ...gauge("edge_jobs_duration_seconds", "seconds", "From start to end.", [
      [{ quantile: "0.5" }, seconds(stats.p50_ms)],
      [{ quantile: "0.95" }, seconds(stats.p95_ms)],
    ]),
    ...gauge("edge_jobs_oldest_queued_seconds", "seconds", "Age of the oldest queued job.", [
      [{}, ageOf(stats.oldest_queued)],
    ]),
    ...gauge(
      "edge_jobs_failures",
      "",
      "Failed jobs by cause.",
      stats.failures.map(({ blueprint, step, code, message, count }) => [
        { blueprint, step: step ?? "", code, message },
        count,
      ]),
    ),
    ...gauge(
      "edge_jobs_queue_depth",
      "",
      "Steps that wait for a worker.",
      queues(({ depth }) => depth),
    ),
    ...gauge(
      "edge_jobs_queue_leased",
      "",
      "Steps that a worker has.",
      queues(({ leased }) => leased),
    ),
    ...gauge(
      "edge_jobs_queue_workers",
      "",
      "Workers that were there of late.",
      queues(({ workers }) => workers),
    ),
    ...gauge(
      "edge_jobs_queue_oldest_seconds",
      "seconds",
      "Age of the oldest step that waits.",
      queues(({ oldest }) => ageOf(oldest)),
    ),
    "# EOF",
  ];
  return `${lines.join("\n")}\n`;
}
