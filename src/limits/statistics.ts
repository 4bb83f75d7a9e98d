/** What statistics look at, and show. */

import { DAY } from "./units.ts";

/** Newest jobs of the period that one shard looks at, so that a million jobs cost no more. */
export const MAX_STATISTICS_SCAN = 5_000;
/** Offers that one shard looks at for the depth of its queues. */
export const MAX_QUEUE_SCAN = 5_000;
export const MAX_STATISTICS_PERIOD_MS = 90 * DAY;
/** Causes of failures, groups and queues that a reply names, the largest first. */
export const MAX_SHOWN_CAUSES = 10;
export const MAX_SHOWN_GROUPS = 20;
