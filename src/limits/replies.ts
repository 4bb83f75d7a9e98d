/** What is kept, and what a reply may hold. */

import { KIB, MINUTE, SECOND } from "./units.ts";

export const MAX_EVENTS = 500;
/** From this many events on, only job-level and failure events are recorded. */
export const QUIET_AFTER_EVENTS = 400;
export const MAX_LIST_ROWS = 100;
export const DEFAULT_LIST_ROWS = 20;
/** Rows that one list call may look at when a filter has no index of its own. */
export const MAX_LIST_SCAN = 1_000;
/** Of them, before others are served. */
export const LOOKED_AT_A_TURN = 100;
/** With TEXT_SEARCH: so many of the newest jobs are not in the index yet, which a list looks at; then the alarm adds to it. */
export const MAX_UNINDEXED_JOBS = 750;
/** The oldest of them, in one transaction: what was settled by then is added once. A tenth of a second of an object. */
export const TEXT_INDEX_BATCH = 500;
/** Between two batches: 2,000 jobs a second are more than an object takes. */
export const TEXT_INDEX_PAUSE_MS = SECOND / 4;
/** After a batch that failed. */
export const TEXT_INDEX_RETRY_MS = MINUTE;
/** Of the next to be added, by which a search knows what most texts have, and so much of each. In memory. */
export const TEXT_SAMPLE_JOBS = 32;
export const TEXT_SAMPLE_CHARS = 1_000;
export const MAX_INLINE_RESULT_BYTES = 8 * KIB;
export const MAX_TEXT_RESULT_BYTES = 4 * KIB;
export const MAX_ERROR_CHARS = 500;
