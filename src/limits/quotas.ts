/** What a tenant may use of one shard, unless the deployment says otherwise. */

import { KIB, MINUTE } from "./units.ts";

export const DEFAULT_ACTIVE_JOBS = 10_000;
export const DEFAULT_RUNNING_JOBS = 100;
export const DEFAULT_SUBMITS_PER_MINUTE = 600;
export const DEFAULT_STORED_BYTES = KIB * KIB * KIB;
/** The largest number that a quota can be set to: 15 digits, which a number holds exactly. */
export const MAX_QUOTA = 999_999_999_999_999;
/** Versions that a tenant keeps saved, 64 KiB each and its plan as much: 128 MiB. A key that saves only cannot fill the quota. */
export const MAX_SAVED_BLUEPRINTS = 1_000;
/** A child is a submit of its parent. */
export const DEFAULT_TREE_JOBS = 1_000;
/** Of all jobs of the shard: as many tries of steps that act at once begin in a minute. 50 a second. */
export const DEFAULT_REQUESTS_PER_MINUTE = 3_000;
/** Submits and requests are counted over this. */
export const RATE_WINDOW_MS = MINUTE;
/** Tenants whose dry runs one isolate counts: those that asked last. */
export const MAX_RATED_TENANTS = 1_000;
