import { SseWriter } from "../lib/http/sse-writer.ts";
import { ok, type Result } from "../lib/result.ts";
import { DEFAULT_WAIT_MS, MAX_LISTEN_MS } from "../limits.ts";
import {
  EVENTS_CURSOR_FAULT,
  type EventsRead,
  type EventsWanted,
  eventView,
  readEvents,
} from "../service/events/event-reading.ts";
import { type Refused, type RestContext, refuse } from "./route.ts";

/** Events of the tenant as server-sent events: the name of each is that of the event, its id the place behind it. */

async function send(read: EventsRead, writer: SseWriter): Promise<void> {
  for (const [i, event] of read.events.entries()) {
    await writer.send({ event: event.name, id: read.cursorAfter(i + 1), data: JSON.stringify(eventView(event)) });
  }
  // A reader that comes again before anything has happened begins where it began.
  if (read.events.length === 0) await writer.send({ event: "place", id: read.cursorAfter(), data: "{}" });
}

/** Until the reader has gone or the stream has its age: the reader then comes again. Never rejects. */
async function tell(first: EventsRead, wanted: EventsWanted, writer: SseWriter, context: RestContext): Promise<void> {
  const ended = new AbortController();
  const lifetime = setTimeout(() => ended.abort(), MAX_LISTEN_MS);
  const signal = AbortSignal.any([ended.signal, writer.gone, context.signal]);
  try {
    await send(first, writer);
    for (let cursor = first.cursorAfter(); !signal.aborted; ) {
      const read = await readEvents(context, { ...wanted, cursor, waitMs: DEFAULT_WAIT_MS }, signal);
      if (!read.ok) break;
      cursor = read.value.cursorAfter();
      if (read.value.events.length > 0) await send(read.value, writer);
    }
  } catch {
    // The reader has gone, or its key. A stream that ends early is asked for again.
  } finally {
    clearTimeout(lifetime);
  }
  await writer.close().catch(() => {});
}

/** From `Last-Event-ID` or the cursor on, or from now on. */
export async function streamEvents(asked: EventsWanted, context: RestContext): Promise<Result<Response, Refused>> {
  const wanted = { ...asked, cursor: context.headers.get("last-event-id") ?? asked.cursor, waitMs: 0 };
  const first = await readEvents(context, wanted, context.signal);
  if (!first.ok) return refuse(first.error, [EVENTS_CURSOR_FAULT]);
  const writer = new SseWriter(context.keepAliveMs);
  context.background(tell(first.value, wanted, writer, context));
  return ok(
    new Response(writer.readable, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } }),
  );
}
