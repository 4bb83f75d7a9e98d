/** What statistics look at, and show. */

import { DAY } from "./units.ts";

/** Newest jobs of the period that one shard looks at, so that a million jobs cost no more. */
export const MAX_STATISTICS_SCAN = 5_000;
/** Failed jobs of the period that one shard looks at for their causes: two tenths of a second for each 10,000. */
export const MAX_FAILURES_SCAN = 100_000;
/** Of these in one go: others are served between two. */
export const FAILURES_PAGE = 2_500;
/** Offers that one shard looks at for the depth of its queues. */
export const MAX_QUEUE_SCAN = 5_000;
export const MAX_STATISTICS_PERIOD_MS = 90 * DAY;
/** Causes of failures, groups and queues that a reply names, the largest first. */
export const MAX_SHOWN_CAUSES = 10;
export const MAX_SHOWN_GROUPS = 20;
