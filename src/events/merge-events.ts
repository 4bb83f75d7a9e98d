import type { EventRecord } from "./event.ts";

/** What several shards gave, as one log. Order is exact within a shard; across shards it is by time, as far as clocks agree. */

interface Placed {
  position: number;
  event: EventRecord;
}

/** One shard's share of a read, as the registry answers it. */
export interface ShardPage {
  events: readonly Placed[];
  /** All up to here were looked at. */
  position: number;
}

export interface Taken {
  shard: number;
  position: number;
  event: EventRecord;
}

/** The first `limit` events of all shards: the earliest of those that are next in their shard, again and again. */
export function mergeEvents(pages: readonly ShardPage[], limit: number): Taken[] {
  const next = pages.map(() => 0);
  const taken: Taken[] = [];
  while (taken.length < limit) {
    let first: Taken | undefined;
    for (const [shard, { events }] of pages.entries()) {
      const placed = events[next[shard] ?? 0];
      if (placed !== undefined && (first === undefined || placed.event.at < first.event.at)) {
        first = { shard, position: placed.position, event: placed.event };
      }
    }
    if (first === undefined) return taken;
    taken.push(first);
    next[first.shard] = (next[first.shard] ?? 0) + 1;
  }
  return taken;
}

/** Where a reader stands that has had these events of the pages: right before the first one that it has not had. */
export const positionsAfter = (pages: readonly ShardPage[], taken: readonly Taken[]): number[] =>
  pages.map(({ events, position }, shard) => {
    const rest = events[taken.filter((each) => each.shard === shard).length];
    return rest === undefined ? position : rest.position - 1;
  });
