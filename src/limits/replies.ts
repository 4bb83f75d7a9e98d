/** What is kept, and what a reply may hold. */

import { KIB } from "./units.ts";

export const MAX_EVENTS = 500;
/** From this many events on, only job-level and failure events are recorded. */
export const QUIET_AFTER_EVENTS = 400;
export const MAX_LIST_ROWS = 100;
export const DEFAULT_LIST_ROWS = 20;
/** Rows that one list call may look at when a filter has no index of its own. */
export const MAX_LIST_SCAN = 1_000;
export const MAX_INLINE_RESULT_BYTES = 8 * KIB;
export const MAX_TEXT_RESULT_BYTES = 4 * KIB;
export const MAX_ERROR_CHARS = 500;
