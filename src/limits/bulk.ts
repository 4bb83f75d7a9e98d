/** What is done to many jobs by one call. */

import { SECOND } from "./units.ts";

/** Jobs that one transaction retries, cancels or deletes, of some ten rows each: others are served between two. */
export const BULK_TURN_JOBS = 50;
/** Between two looks whether there is room for one more job. */
export const BULK_WAIT_MS = 5 * SECOND;
/** Pages of MAX_LIST_SCAN jobs that a count looks at: about a second of an object for each 50. */
export const BULK_COUNT_PAGES = 200;
/** Jobs that a count names. */
export const BULK_SAMPLE = 5;
/** A rate above this is none: a shard does not do more. */
export const MAX_BULK_PER_MINUTE = 60_000;
