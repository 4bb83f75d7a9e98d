/** What is recorded of events, and how they are handed out. */

import { DAY, KIB } from "./units.ts";

/** Of a job's result in the event of its end; a longer one is told by its size. */
export const MAX_EVENT_RESULT_BYTES = 8 * KIB;
/** Of what an `emit` step tells. */
export const MAX_EVENT_DATA_BYTES = 16 * KIB;
/** Names that one read asks for. */
export const MAX_EVENT_NAMES = 20;
/** A wait whose shards keep answering with nothing ends after so many looks, and is asked for again. */
export const MAX_EVENT_LOOKS = 10;
/** How long an event is kept. */
export const EVENT_KEPT_MS = 7 * DAY;
/** A tenant that has not asked for so long does not listen: nothing is recorded for it any more. */
export const LISTENING_MS = 7 * DAY;
/** Who listens is noted again when so much of the time is over: one row a day. */
export const LISTENING_RENEWED_MS = DAY;
/** Events that one shard keeps, unless the deployment says otherwise. */
export const DEFAULT_EVENTS_KEPT = 100_000;
/** Rows that one alarm deletes at most, and how many more than are kept make it ring. */
export const EVENT_PURGE_BATCH = 500;
/** Rows that one read looks at, the others come with the next one. */
export const MAX_EVENT_SCAN = 1_000;
/** Of the data of one read's events; a single longer one is read alone. */
export const MAX_EVENT_PAGE_BYTES = 256 * KIB;
