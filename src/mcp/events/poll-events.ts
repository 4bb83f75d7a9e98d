import * as z from "zod";
import type { EventRecord } from "../../events/event.ts";
import type { JsonObject } from "../../lib/json.ts";
import { ok, type Result } from "../../lib/result.ts";
import { iso } from "../../lib/time.ts";
import { DEFAULT_POLLED_EVENTS, EVENT_POLL_MS, MAX_LIST_ROWS, MAX_POLL_HOLD_MS } from "../../limits.ts";
import { type EventsRead, readEvents, readFromNow } from "../../service/events/event-reading.ts";
import type { McpDeps } from "../deps.ts";
import type { EventRefusal } from "./event-errors.ts";
import { Common, type Listened, readListened, readParams } from "./event-request.ts";

const Poll = Common.extend({
  maxEvents: z.int().min(1).nullish(),
  timeoutMs: z.number().min(0).nullish(),
});

/** An event as every mode of delivery shows it. */
export const occurrenceOf = ({ event_id, name, at, data }: EventRecord): JsonObject => {
  return { eventId: event_id, name, timestamp: iso(at), data };
};

interface Amount {
  limit: number;
  waitMs: number;
}

/** Events of one type. A place that is nobody's is no error: the reader begins at the present, and is told so. */
export async function readOccurrences(
  { type, filter, cursor, since }: Listened,
  { limit, waitMs }: Amount,
  deps: McpDeps,
  signal: AbortSignal,
): Promise<EventsRead> {
  const wanted = { names: [type.name], filter, cursor, since, limit, waitMs };
  const read = await readEvents(deps, wanted, signal);
  if (read.ok) return read.value;
  return readFromNow(deps, wanted, signal);
}

/** One look, or one held as long as the client wants; nothing of it is kept. */
export async function pollEvents(
  params: unknown,
  deps: McpDeps,
  signal: AbortSignal,
): Promise<Result<JsonObject, EventRefusal>> {
  const asked = readParams(Poll, params);
  if (!asked.ok) return asked;
  const listened = await readListened(asked.value, deps);
  if (!listened.ok) return listened;
  const { maxEvents, timeoutMs } = asked.value;
  const limit = Math.min(maxEvents ?? DEFAULT_POLLED_EVENTS, MAX_LIST_ROWS);
  const waitMs = Math.min(timeoutMs ?? 0, MAX_POLL_HOLD_MS);
  const read = await readOccurrences(listened.value, { limit, waitMs }, deps, signal);
  return ok({
    events: read.events.map(occurrenceOf),
    cursor: read.cursorAfter(),
    truncated: read.truncated,
    hasMore: read.has_more,
    nextPollMs: EVENT_POLL_MS,
  });
}
