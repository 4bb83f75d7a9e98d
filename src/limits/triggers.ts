/** What starts jobs by itself. */

import { DAY, KIB, MINUTE, SECOND } from "./units.ts";

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
/** Longest name of a zone is 32 characters: https://data.iana.org/time-zones/ (2026) */
export const MAX_ZONE_CHARS = 64;
export const MAX_CRON_CHARS = 200;
/** The alarm of an object is no clock for less. */
export const MIN_EVERY_MS = MINUTE;
export const MAX_EVERY_MS = 365 * DAY;
export const MAX_CATCH_UP_MS = 7 * DAY;
export const MAX_JITTER_MS = DAY;
export const MAX_TRIGGER_RUNS = 1_000_000_000;
export const MAX_TRIGGER_NOTE_CHARS = 500;
/** Of all expressions of one trigger at one time: they run in the object that all its callers share. */
export const MAX_TRIGGER_EVALUATIONS = 10_000;
/** The last result of a trigger, and what a watch compares. */
export const MAX_TRIGGER_VALUE_BYTES = 64 * KIB;
/** Triggers that one ring of the alarm looks at, so many at once, and turns that each has before it is due again. */
export const TRIGGER_BATCH = 50;
export const TRIGGERS_AT_ONCE = 8;
export const MAX_TRIGGER_TURNS = 20;
/** A trigger whose turn failed is not looked at for so long. */
export const TRIGGER_PUT_OFF_MS = MINUTE;
/** Random bytes of a webhook's URL. */
export const HOOK_ID_BYTES = 16;
/** Deliveries of one trigger, counted in memory. */
export const DEFAULT_HOOKS_PER_MINUTE = 600;
export const MAX_RATED_HOOKS = 1_000;
/** Times that one call runs. */
export const MAX_BACKFILL = 100;
/** Triggers that a refusal names. */
export const MAX_NAMED_TRIGGERS = 5;
/** All of a trigger as it was sent, but for its blueprint. */
export const MAX_TRIGGER_BYTES = 64 * KIB;
/** The body of a delivery. */
export const MAX_HOOK_BYTES = 256 * KIB;
/** The end of a webhook's URL: a name of a tenant has 63 characters. */
export const MAX_HOOK_TOKEN_CHARS = 200;
/** What a service wants to read again, before it delivers. */
export const MAX_HOOK_CHALLENGE_CHARS = 1_000;
/** A delivery is checked again so often while its trigger is being changed. */
export const MAX_HOOK_OPENS = 3;
/** Of the stamp that a signature covers: an older one may have been overheard. */
export const MAX_STAMP_AGE_MS = 5 * MINUTE;

// Event triggers.
/** Jobs that event triggers start one because of the other: a longer chain is most likely a loop. */
export const MAX_TRIGGER_DEPTH = 5;
/** The alarm looks so long after an event, whether the process that recorded it is gone. */
export const EVENT_LOOK_GRACE_MS = 10 * SECOND;
/** Events that are passed over before that is stored: so many are read once more after a restart. */
export const EVENT_PASSED_OVER = 500;
/** Copies of event triggers that a new shard asks for at once. */
export const TRIGGER_COPIES_AT_ONCE = 10;
