import * as z from "zod";
import type { EventRecord } from "../../events/event.ts";
import { EventFilter } from "../../events/event-filter.ts";
import { eventName } from "../../events/event-types.ts";
import { mergeEvents, positionsAfter } from "../../events/merge-events.ts";
import { decodePositions, encodePositions } from "../../events/positions.ts";
import type { Fault } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { iso } from "../../lib/time.ts";
import { MAX_EVENT_LOOKS, MAX_EVENT_NAMES, MAX_WAIT_MS } from "../../limits.ts";
import type { EventPage, EventQuery } from "../../registry/api/event-calls.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { cursor, limit } from "../fields.ts";
import { untilGone } from "../until-gone.ts";

export const EventsInput = z.strictObject({
  names: z
    .array(eventName)
    .max(MAX_EVENT_NAMES)
    .optional()
    .describe("Such as job.settled, job.input_required; all when left out."),
  ...EventFilter.shape,
  cursor: cursor.describe("next_cursor of the last call; without it: from now on."),
  limit,
  wait_seconds: z
    .number()
    .min(0)
    .max(MAX_WAIT_MS / 1_000)
    .default(0)
    .describe("Longest wait for a first event."),
});
export type EventsArgs = z.output<typeof EventsInput>;

export const EVENTS_CURSOR_FAULT: Fault = {
  path: "cursor",
  message: "is not a next_cursor of events_read",
  fix: "Send next_cursor as it was given, or no cursor to begin now.",
};

export interface EventsWanted {
  /** null: any. */
  names: string[] | null;
  filter: EventFilter;
  /** null: what happens from now on. */
  cursor: string | null;
  /** Nothing before this, in epoch ms; null: all that is kept. */
  since: number | null;
  limit: number;
  waitMs: number;
}

export interface EventsRead {
  events: EventRecord[];
  has_more: boolean;
  /** Something that was asked for is not among them, and cannot be had. */
  truncated: boolean;
  /** Where a reader goes on that has had the first so many of the events; left out: all. */
  cursorAfter: (count?: number) => string;
}

export function eventsWanted({ names, cursor: from, limit: most, wait_seconds, ...filter }: EventsArgs): EventsWanted {
  // An empty list names nothing to leave out, as in jobs_list; a query cannot say one at all.
  const wanted = names === undefined || names.length === 0 ? null : names;
  return { names: wanted, filter, cursor: from ?? null, since: null, limit: most, waitMs: wait_seconds * 1_000 };
}

/** An event as callers see it. */
export const eventView = ({ event_id, name, at, data }: EventRecord): JsonObject => {
  return { event_id, name, at: iso(at), data };
};

/** A reader's place in each shard: shards that came since begin at their beginning. */
function placesOf(cursor: string | null, shards: number): (number | null)[] | undefined {
  const known = cursor === null ? [] : decodePositions(cursor);
  if (known === undefined) return undefined;
  const missing = cursor === null ? null : 0;
  return Array.from({ length: Math.max(shards, known.length) }, (_, shard) => known[shard] ?? missing);
}

type Pages = readonly EventPage[];

const isAnswer = (pages: Pages): boolean =>
  pages.some(({ events, has_more, truncated }) => events.length > 0 || has_more || truncated);

function readOf(pages: Pages, limit: number, truncated: boolean): EventsRead {
  const taken = mergeEvents(pages, limit);
  const found = pages.reduce((sum, { events }) => sum + events.length, 0);
  return {
    events: taken.map(({ event }) => event),
    has_more: taken.length < found || pages.some(({ has_more }) => has_more),
    truncated,
    cursorAfter: (count = taken.length) => encodePositions(positionsAfter(pages, taken.slice(0, count))),
  };
}

/**
 * Events of all shards, the wait's first ones or what is there when its time is over. Whoever reads, listens: from the first
 * read on, events are recorded in every shard.
 * @param signal aborts when the caller has gone
 */
export async function readEvents(
  context: ServiceContext,
  { names, filter, cursor, since, limit, waitMs }: EventsWanted,
  signal: AbortSignal,
): Answer<EventsRead, { code: "invalid_cursor" }> {
  const places = placesOf(cursor, context.shards);
  if (places === undefined) return err({ code: "invalid_cursor" });
  const askShard = (shard: number, after: number | null, ms: number, released?: () => Promise<void>) => {
    const query: EventQuery = { after, names, filter, since, limit };
    return context.ask(shard, (registry, caller) => registry.readEvents(caller, query, ms, released));
  };
  const deadline = context.now() + waitMs;
  let pages: Pages = await Promise.all(places.map((after, shard) => askShard(shard, after, 0)));
  for (let looks = 1; !isAnswer(pages) && looks < MAX_EVENT_LOOKS && !signal.aborted; looks++) {
    const left = deadline - context.now();
    if (left <= 0) break;
    const seen = pages;
    await untilGone(signal, (released) => {
      const waits = seen.map(({ position }, shard) => askShard(shard, position, left, released));
      // The other waits end. Nobody needs their failures: the next look meets them again.
      for (const wait of waits) wait.catch(() => {});
      return Promise.race(waits).catch(() => {});
    });
    pages = await Promise.all(seen.map(({ position }, shard) => askShard(shard, position, 0)));
  }
  return ok(
    readOf(
      pages,
      limit,
      pages.some(({ truncated }) => truncated),
    ),
  );
}

/** For a place that is nobody's: the present, and word that something may have been missed. */
export async function readFromNow(
  context: ServiceContext,
  wanted: EventsWanted,
  signal: AbortSignal,
): Promise<EventsRead> {
  const fresh = await readEvents(context, { ...wanted, cursor: null }, signal);
  if (!fresh.ok) throw new Error(fresh.error.code);
  return { ...fresh.value, truncated: true };
}
