import type { Page } from "../registry/api/caller.ts";

const byIdDescending = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? 1 : -1);

/**
 * The page that one listing over all shards would have. Pages were asked for with the same query, so each holds the
 * first `limit` rows of its shard, or what a shard found before it stopped looking: below that, rows of the others may
 * not be shown yet, since some of that shard would belong before them. Ids are unique and sort by time in all shards.
 */
export function mergePages<Row extends { id: string }>(pages: readonly Page<Row>[], limit: number): Page<Row> {
  const ends = pages.flatMap(({ next_after }) => next_after ?? []);
  const end = ends.reduce<string | null>((last, each) => (last === null || each > last ? each : last), null);
  const known = pages.flatMap(({ jobs }) => jobs).filter(({ id }) => end === null || id >= end);
  const jobs = known.sort(byIdDescending).slice(0, limit);
  return { jobs, next_after: jobs.length < known.length ? (jobs.at(-1)?.id ?? null) : end };
}
