/** What one submit of many jobs may hold, and what it answers. */

/** Inputs of one submit: one transaction of an object, of some five rows each. */
export const MAX_BATCH_JOBS = 1_000;
/** Ids that its reply names; jobs_list has them all. */
export const MAX_BATCH_IDS = 100;
/** Between two looks at a batch whose jobs change all the time. */
export const BATCH_LOOK_MS = 250;
