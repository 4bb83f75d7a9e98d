/** What statistics look at, and show. */

import { DAY } from "./units.ts";

/** Jobs that one look reads in one shard, the newest that it does not know: the next look goes on with older ones. */
export const MAX_STATISTICS_SCAN = 100_000;
/** Of these in one go, 50 ms where all have failed: others are served between two. */
export const STATISTICS_PAGE = 2_500;
/** Periods and groupings that one object remembers, so that the next look reads what has changed alone. */
export const MAX_STATISTICS_WINDOWS = 8;
/** Groups and causes of failures of each, some 200 bytes each and the message of the cause: with more it is not remembered. */
export const MAX_REMEMBERED_GROUPS = 1_000;
/** Offers that one shard looks at for the depth of its queues. */
export const MAX_QUEUE_SCAN = 5_000;
export const MAX_STATISTICS_PERIOD_MS = 90 * DAY;
/** Causes of failures, groups and queues that a reply names, the largest first. */
export const MAX_SHOWN_CAUSES = 10;
export const MAX_SHOWN_GROUPS = 20;
