/** What `concurrency`, `rate` and `priority` may be, and how their homes keep them. */

import { DAY, MINUTE, SECOND } from "./units.ts";

/** Requests in the time of a rate: what one object can hand out. */
export const MAX_RATE_LIMIT = 10_000;
/** The longest time that a rate is counted in. */
export const MAX_RATE_PER_MS = DAY;
/** Of a rate, or of a `concurrency`, when it has been evaluated. */
export const MAX_LIMIT_KEY_CHARS = 200;
/** Turns lie this much further apart than the rate asks for: requests arrive later or sooner than they were sent. */
export const RATE_SPACING = 1.1;
/** A turn that is taken up later than this part of the rate's time is lost: the other half of what the spacing leaves is the network's. */
export const RATE_LATENESS = 0.05;
/** A try begins this long before its turn, and then waits for it: the turn must not be lost on the way. */
export const TURN_LEAD_MS = SECOND / 2;
/** The same of a try that waits by the engine, which is less exact. */
export const PARKED_TURN_LEAD_MS = 5 * SECOND;
/** A try whose turn is further away asks so often whether one was given back: each asking is a metered step or two. */
export const MAX_TURN_PAUSE_MS = MINUTE;
/** Turns that lie so far apart are rows: whoever waits for one asks so seldom that the object's memory is gone by then. */
export const KEPT_TURN_GAP_MS = 2 * SECOND;
/** A row stays so long after it means nothing more, so that the alarm takes several at once. */
export const TURN_KEPT_MS = MINUTE;
/** Rows of turns that one alarm deletes at most. */
export const TURN_PURGE_BATCH = 500;
/** Rates that one object keeps in memory, each of some 200 bytes and 100 for each who waits. */
export const MAX_RATES = 10_000;
/** Who comes when there are more is told to come again. */
export const RATES_FULL_MS = SECOND;
/** Jobs of one key at once. */
export const MAX_CONCURRENCY = 1_000;
/** Priorities are from minus this to this. */
export const MAX_PRIORITY = 10;
/** After this the home of a slot asks whether its job still needs it, and a job asks again that was not answered; then as often. */
export const SLOT_LOOK_MS = MINUTE;
/** Slots that are looked at in one call. */
export const SLOT_LOOK_BATCH = 500;
/** Jobs that ask for a slot at the same time, of one object. */
export const SLOT_ASKS_AT_ONCE = 8;
/** Evaluations of one key. */
export const MAX_KEY_EVALUATIONS = 10_000;
/** Jobs in line for a place that the object keeps in memory, 200 bytes each; the others are read when these have one. */
export const MAX_LINE_JOBS = 100_000;
/** A job that the engine has taken and not begun says so after this. */
export const ENGINE_LATE_MS = 5 * SECOND;
