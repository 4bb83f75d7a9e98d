/** What starts jobs by itself. */

import { MINUTE } from "./units.ts";

/** Formats of time zones that one isolate remembers; one takes some 10 KB. */
export const MAX_ZONE_FORMATS = 64;
/** Weeks of one zone that are remembered for one schedule: those of two years. */
export const MAX_ZONE_WEEKS = 104;
/** Cron patterns that one isolate remembers, each with the minutes of a day that it has. */
export const MAX_CRON_PATTERNS = 256;
/** An occurrence that is later than this was missed: the alarm was lost, or the object was away. */
export const ON_TIME_MS = MINUTE;
/** Of each trigger, the newest. */
export const LEDGER_KEPT = 1_000;
/** Entries of the ledger that share one stored row. */
export const LEDGER_CHUNK = 25;
