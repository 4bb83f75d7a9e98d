/** What one submit of many jobs may hold, and what it answers. */

import { KIB } from "./units.ts";

/** Inputs of one submit: one transaction of an object, of some five rows each. */
export const MAX_BATCH_JOBS = 1_000;
/** Of the call that has them, in place of MAX_BODY_BYTES and MAX_JSON_ELEMENTS; each input has MAX_INPUT_BYTES. */
export const MAX_BATCH_BODY_BYTES = 4 * KIB * KIB;
export const MAX_BATCH_ELEMENTS = 100_000;
/** Ids that its reply names; jobs_list has them all. */
export const MAX_BATCH_IDS = 100;
/** Between two looks at a batch whose jobs change all the time. */
export const BATCH_LOOK_MS = 250;
