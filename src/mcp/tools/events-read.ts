import * as z from "zod";
import type { EventRecord } from "../../events/event.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { iso } from "../../lib/time.ts";
import { MAX_REPLY_BYTES } from "../../limits.ts";
import {
  EVENTS_CURSOR_FAULT,
  type EventsArgs,
  EventsInput,
  type EventsRead,
  eventsWanted,
  eventView,
  readEvents,
} from "../../service/events/event-reading.ts";
import { bytesOf, firstThatFit } from "../replies/budget.ts";
import { DATA_NOTE } from "../replies/job-reply.ts";
import { visible } from "../replies/structure.ts";
import { call, faultText, shownJson } from "../replies/text.ts";
import { defineTool, type Reply } from "../tool.ts";

/** Room that the cursor, three times, and the sentences around the events take. */
const AROUND_BYTES = 4_000;
/** A field of an event that no reply has room for otherwise may take so much. */
const CUT_FIELD_BYTES = 500;

const lineOf = (event: EventRecord): string => `${iso(event.at)} ${event.name}: ${shownJson(event.data)}`;
const costOf = (event: EventRecord): number => bytesOf(visible(eventView(event))) + bytesOf(lineOf(event));

const cutField = (value: Json): Json => {
  const bytes = bytesOf(value);
  return bytes > CUT_FIELD_BYTES ? { truncated: true, total_bytes: bytes } : value;
};

/** What the reply has room for: the first events, or of the very first its short fields. */
function fitting(events: readonly EventRecord[]): EventRecord[] {
  const shown = firstThatFit(events, MAX_REPLY_BYTES - AROUND_BYTES, costOf);
  const [first] = events;
  if (shown.length > 0 || first === undefined) return shown;
  const data = Object.fromEntries(Object.entries(first.data).map(([field, value]) => [field, cutField(value)]));
  const cut = { ...first, data };
  return [costOf(cut) > MAX_REPLY_BYTES - AROUND_BYTES ? { ...first, data: { truncated: true } } : cut];
}

const TRUNCATED =
  "Older events than these were asked for, and some of them cannot be had any more: jobs_list has what is.";

/** The same call for what comes next. */
function again({ cursor: _had, wait_seconds, ...rest }: EventsArgs, next_cursor: string, has_more: boolean): string {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as JsonObject;
  const wait = has_more ? 0 : Math.max(wait_seconds, 25);
  return call("events_read", { ...given, cursor: next_cursor, wait_seconds: wait });
}

function replyOf(read: EventsRead, args: EventsArgs): Reply {
  const shown = fitting(read.events);
  const has_more = read.has_more || shown.length < read.events.length;
  const next_cursor = read.cursorAfter(shown.length);
  const count = `${shown.length} event${shown.length === 1 ? "" : "s"}${has_more ? ", and there are more" : ""}.`;
  return {
    next: `${again(args, next_cursor, has_more)} gives what comes after.`,
    notes: [...(shown.length > 0 ? [DATA_NOTE] : []), ...(read.truncated ? [TRUNCATED] : [])],
    structured: { events: shown.map(eventView), next_cursor, has_more, truncated: read.truncated },
    text: [count, ...shown.map(lineOf)].join("\n"),
  };
}

export const eventsRead = defineTool({
  name: "events_read",
  title: "Read events",
  description:
    "What happened: jobs that settled or ask, changes that triggers saw, what plans emit. Without cursor it begins to listen; then with next_cursor, and wait_seconds to wait. Next: jobs_get_status.",
  input: EventsInput,
  output: z.looseObject({ events: z.array(z.unknown()) }),
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps, { signal }) => {
    const read = await readEvents(deps, eventsWanted(args), signal);
    return read.ok ? ok(replyOf(read.value, args)) : err(faultText("The cursor is not valid.", [EVENTS_CURSOR_FAULT]));
  },
});
