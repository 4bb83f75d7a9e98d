import { useEffect, useState } from "preact/hooks";
import { decodePositions, encodePositions } from "../../../src/events/positions.ts";
import type { ApiError } from "../../lib/api.ts";
import { get } from "../../lib/api.ts";
import { useLive } from "../../lib/live.ts";
import type { EventList, EventRow } from "../../lib/types.ts";

/** So many of each shard are shown from before the view was opened. */
const BEFORE = 50;
const PAGE = 100;
const MAX_KEPT = 500;
const EVERY_MS = 800;
const MORE_MS = 10;

/** A place so many events before this one. */
const stepBack = (cursor: string): string =>
  encodePositions((decodePositions(cursor) ?? []).map((position) => Math.max(0, position - BEFORE)));

interface Read {
  cursor: string;
  hasMore: boolean;
  fresh: EventRow[];
}

export interface Events {
  events: readonly EventRow[];
  isLoaded: boolean;
  error: ApiError | undefined;
}

/** What happened of late and what happens, the newest first. To read is to listen: events are recorded from then on. */
export function useEvents(filters: Readonly<Record<string, string>>): Events {
  const key = JSON.stringify(filters);
  const [state, setState] = useState<{ key: string; events: EventRow[]; cursor?: string }>({ key, events: [] });
  const own = state.key === key ? state : { key, events: [] };
  const load = async (): Promise<Read> => {
    const from = own.cursor ?? stepBack((await get<EventList>("/events", { limit: 1 })).next_cursor);
    const page = await get<EventList>("/events", { ...filters, cursor: from, limit: PAGE });
    return { cursor: page.next_cursor, hasMore: page.has_more, fresh: page.events };
  };
  const { value, error } = useLive(`events ${key}`, load, ({ hasMore }) => (hasMore ? MORE_MS : EVERY_MS));
  useEffect(() => {
    if (value === undefined || value.cursor === own.cursor) return;
    setState({ key, cursor: value.cursor, events: [...value.fresh.toReversed(), ...own.events].slice(0, MAX_KEPT) });
  }, [value]);
  return { events: own.events, isLoaded: value !== undefined, error };
}
