import * as z from "zod";
import { durationMs } from "../../blueprint/duration.ts";
import { duration } from "../../blueprint/kinds/fields.ts";
import {
  type FigureGroup,
  figures,
  GROUPINGS,
  type JobStats,
  type LimitUse,
  mergedStatistics,
  type QueueStats,
} from "../../jobs/statistics.ts";
import { iso, isoOrNull } from "../../lib/time.ts";
import { MAX_SHOWN_CAUSES, MAX_SHOWN_GROUPS, MAX_STATISTICS_PERIOD_MS } from "../../limits.ts";
import type { QueueDepth } from "../../registry/api/statistics-calls.ts";
import type { ServiceContext } from "../context.ts";

export const StatsInput = z.strictObject({
  period: duration(MAX_STATISTICS_PERIOD_MS)
    .default("1 day")
    .describe("Jobs submitted within this time, such as `6 hours`."),
  group_by: z.enum(GROUPINGS).optional().describe("Also figures for each."),
});

const earliest = (times: readonly (number | null)[]): number | null =>
  times.reduce((first, time) => (time === null || (first !== null && first <= time) ? first : time), null);

function queuesOf(parts: readonly QueueDepth[]): QueueStats[] {
  return [...Map.groupBy(parts, ({ queue }) => queue)].map(([queue, depths]) => ({
    queue,
    depth: depths.reduce((sum, { open }) => sum + open, 0),
    leased: depths.reduce((sum, { leased }) => sum + leased, 0),
    oldest: isoOrNull(earliest(depths.map(({ oldest }) => oldest))),
    workers: new Set(depths.flatMap(({ workers }) => workers)).size,
  }));
}

/** A raise of the shards leaves a limit in more than one for a while. */
function limitsOf(parts: readonly LimitUse[]): LimitUse[] {
  const same = Map.groupBy(parts, ({ limit, blueprint, key }) => JSON.stringify([limit, blueprint, key]));
  return [...same.values()].flatMap((uses) => {
    const [running, waiting] = [
      uses.reduce((sum, use) => sum + use.running, 0),
      uses.reduce((sum, use) => sum + use.waiting, 0),
    ];
    return uses.slice(0, 1).map((use) => ({ ...use, running, waiting }));
  });
}

const mostFirst = (a: FigureGroup, b: FigureGroup): number => b.jobs - a.jobs;
const inTime = (a: FigureGroup, b: FigureGroup): number => (a.key < b.key ? -1 : 1);

/** Counts, durations, failures by cause, queues and limits, of all shards. */
export async function jobStats(
  context: ServiceContext,
  { period, group_by }: z.output<typeof StatsInput>,
): Promise<JobStats> {
  const since = context.now() - durationMs(period);
  const shards = Array.from({ length: context.shards }, (_, shard) => shard);
  const parts = await Promise.all(
    shards.map((shard) =>
      context.ask(shard, (registry, caller) => registry.statistics(caller, since, group_by ?? null)),
    ),
  );
  const { all, groups, failures } = mergedStatistics(parts);
  const grouped = groups.map(({ key, sums }) => ({ key, ...figures(sums) }));
  const queues = queuesOf(parts.flatMap((part) => part.queues));
  return {
    since: iso(since),
    ...figures(all),
    truncated: parts.some(({ truncated }) => truncated),
    oldest_queued: isoOrNull(earliest(parts.map(({ oldest_queued }) => oldest_queued))),
    groups: group_by === "time" ? grouped.sort(inTime) : grouped.sort(mostFirst).slice(0, MAX_SHOWN_GROUPS),
    failures: failures.slice(0, MAX_SHOWN_CAUSES),
    limits: limitsOf(parts.flatMap((part) => part.limits))
      .sort((a, b) => b.waiting - a.waiting || b.running - a.running)
      .slice(0, MAX_SHOWN_GROUPS),
    queues: queues.sort((a, b) => b.depth - a.depth).slice(0, MAX_SHOWN_GROUPS),
  };
}
