import type { FigureGroup, JobStats } from "../../../src/jobs/statistics.ts";
import { lengthOf } from "../../lib/format.ts";
import { Chart } from "../../parts/charts/chart.tsx";

/** Less than this is no course of things. */
const MIN_JOBS = 1;
const MINUTE_MS = 60_000;

/** The least distance of two spans; with one alone, its share of the whole. */
function spanMs(times: readonly number[], wholeMs: number): number {
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? at));
  return Math.max(MINUTE_MS, gaps.length === 0 ? wholeMs / 24 : Math.min(...gaps));
}

/** Spans without jobs too, so that a pause is seen as one. */
function filled(
  groups: readonly FigureGroup[],
  since: number,
  now: number,
): { at: number; group: FigureGroup | undefined }[] {
  const byTime = new Map(groups.map((group) => [Date.parse(group.key), group]));
  const known = [...byTime.keys()];
  const span = spanMs(known, now - since);
  const first = known[0] ?? now;
  const before = Math.floor((first - since) / span);
  const count = Math.min(200, Math.floor((now - first) / span) + before + 1);
  return Array.from({ length: count }, (_, i) => {
    const at = first + (i - before) * span;
    return { at, group: byTime.get(at) };
  });
}

const whole = (value: number): string => String(Math.round(value));

/** How many jobs there were over the period, and how long they took. */
export function Trends({ stats, now }: { stats: JobStats; period: string; now: number }) {
  if (stats.jobs < MIN_JOBS) return null;
  const spans = filled(stats.groups, Date.parse(stats.since), now);
  const times = spans.map(({ at }) => at);
  const series = (of: (group: FigureGroup) => number | null, none: number | null) =>
    spans.map(({ group }) => (group === undefined ? none : of(group)));
  return (
    <div class="columns">
      <Chart
        title="Jobs"
        kind="bars"
        times={times}
        series={[
          { name: "submitted", ink: "bar", values: series(({ jobs }) => jobs, 0), text: whole },
          { name: "failed", ink: "bad", values: series(({ statuses }) => statuses.failed ?? 0, 0), text: whole },
        ]}
      />
      <Chart
        title="How long they took"
        kind="lines"
        times={times}
        series={[
          { name: "95 % at most", ink: "warn", values: series(({ p95_ms }) => p95_ms, null), text: lengthOf },
          { name: "half at most", ink: "live", values: series(({ p50_ms }) => p50_ms, null), text: lengthOf },
        ]}
      />
    </div>
  );
}
