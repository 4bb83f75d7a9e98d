/** How long a caller, a job or a wait may take. */

import { DAY, SECOND } from "./units.ts";

export const MAX_WAIT_MS = 50 * SECOND;
export const DEFAULT_JOB_TIMEOUT_MS = DAY;
/** No sleep and no wait of the engine is longer: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
export const MAX_ENGINE_WAIT_MS = 365 * DAY;
/** A job that ends later would have a wait that the engine does not take. */
export const MAX_JOB_TIMEOUT_MS = 365 * DAY;
/**
 * Then the runner looks, and waits for the child again. Shorter than MAX_ENGINE_WAIT_MS, because runners of 0.1.0 add a
 * second to what they are told and wait no more than 20 times.
 */
export const MAX_CHILD_WAIT_MS = 30 * DAY;
/** What a wait that an expression gives counts as, when a job's timeout is made of the waits that its plan names. */
export const EXPRESSION_WAIT_MS = 7 * DAY;
export const MAX_RUN_AT_AHEAD_MS = 365 * DAY;
