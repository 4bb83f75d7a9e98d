/** What `store` steps of a tenant may keep, all in shard 0. */

import { DAY, KIB } from "./units.ts";

/** All of them may lie beside what jobs store: 64 MiB of the quota. */
export const MAX_STORE_KEYS = 1_000;
export const MAX_STORE_KEY_CHARS = 200;
export const MAX_STORE_VALUE_BYTES = 64 * KIB;
export const MAX_STORE_LIFETIME_MS = 365 * DAY;
/** A deleted key goes on with its versions for so long: whoever holds an old version must not meet it again. */
export const STORE_VERSION_KEPT_MS = 30 * DAY;
/** Deleted by one alarm: rows of expired keys, and the answers of old writes. */
export const STORE_PURGE_BATCH = 500;
