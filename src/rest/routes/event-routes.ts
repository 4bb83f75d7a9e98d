import * as z from "zod";
import {
  EVENTS_CURSOR_FAULT,
  EventsInput,
  eventsWanted,
  eventView,
  readEvents,
} from "../../service/events/event-reading.ts";
import { streamEvents } from "../inbox-stream.ts";
import { answer, defineRoute, type Route, refuse } from "../route.ts";

const EventView = z
  .strictObject({ event_id: z.string(), name: z.string(), at: z.string(), data: z.record(z.string(), z.json()) })
  .meta({ id: "Event" });

const PageView = z
  .strictObject({
    events: z.array(EventView),
    next_cursor: z.string(),
    has_more: z.boolean(),
    truncated: z.boolean().describe("Older events were asked for that cannot be had any more."),
  })
  .meta({ id: "EventPage" });

const readRoute = defineRoute({
  operation: "events_read",
  method: "GET",
  path: "/events",
  summary: "What happened since the cursor, or from now on; with wait_seconds it waits for a first event.",
  scope: "jobs:read",
  input: EventsInput,
  answers: { 200: { description: "One page.", schema: PageView } },
  refusals: ["invalid_cursor"],
  run: async (args, context) => {
    const read = await readEvents(context, eventsWanted(args), context.signal);
    if (!read.ok) return refuse(read.error, [EVENTS_CURSOR_FAULT]);
    const { events, has_more, truncated, cursorAfter } = read.value;
    return answer({ events: events.map(eventView), next_cursor: cursorAfter(), has_more, truncated });
  },
});

const streamRoute = defineRoute({
  operation: "events_stream",
  method: "GET",
  path: "/events/stream",
  summary: "The same as they happen: each event under its name; `place` says where a reader begins that had none yet.",
  scope: "jobs:read",
  input: EventsInput.omit({ wait_seconds: true }),
  answers: {
    200: {
      description: "Server-sent events. `Last-Event-ID` goes on where a stream broke.",
      mediaType: "text/event-stream",
    },
  },
  refusals: ["invalid_cursor"],
  run: (args, context) => streamEvents(eventsWanted({ ...args, wait_seconds: 0 }), context),
});

export const EVENT_ROUTES: readonly Route[] = [readRoute, streamRoute];
