/**
 * What one step may cost. The engine caches step results of at most 1 MiB.
 * https://developers.cloudflare.com/workflows/reference/limits/ (2026-11)
 */

import { DAY, HOUR, KIB, MINUTE } from "./units.ts";

export const MAX_OUTPUT_BYTES = 512 * KIB;
export const DEFAULT_HTTP_BYTES = 256 * KIB;
export const MAX_HTTP_BYTES = 512 * KIB;
/** An answer of so many is read in turn with others: below, it takes a few milliseconds. */
export const LARGE_ANSWER_BYTES = 32 * KIB;
/** With its query. Cloudflare serves no longer one: https://developers.cloudflare.com/workers/platform/limits/ (2026-11) */
export const MAX_REQUEST_URL_CHARS = 16 * KIB;
/** Of an answer that `on_error: continue` passes over: what services say of errors is shorter. A longer one is left out. */
export const MAX_ERROR_BODY_BYTES = 8 * KIB;
export const DEFAULT_PAGES = 20;
/** Each is an action, journaled; the items of all are one output. */
export const MAX_PAGES = 1_000;
export const MAX_EXPECTED_STATUSES = 100;
/** Outputs of all items of a map, or of all branches: they are in memory together. */
export const MAX_ROWS_BYTES = 16 * KIB * KIB;
export const MAX_REDIRECTS = 5;
export const MAX_STEP_TIMEOUT_MS = 10 * MINUTE;
export const MAX_RETRY_DELAY_MS = DAY;
/** A delay that grows stops growing here: a service that is back after an hour should not wait for another. */
export const MAX_BACKOFF_MS = 5 * MINUTE;
/** Delays are longer by up to this part of them, so that what failed together does not come back together. */
export const RETRY_SPREAD = 0.2;
/** A sleep is at most a year: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
export const MAX_SLEEP_MS = 365 * DAY;
export const DEFAULT_POLLS = 60;
export const MAX_POLLS = 1_000;
export const MAX_POLL_PAUSE_MS = DAY;
export const DEFAULT_ROUNDS = 100;
/** Each is at least one call of the registry. */
export const MAX_ROUNDS = 10_000;
export const MAX_ROUND_PAUSE_MS = 365 * DAY;
/** A cleanup job has so long, besides what its steps wait for. */
export const CLEANUP_TIMEOUT_MS = 7 * DAY;
/** A parent whose cleanup goes on is not purged: the alarm looks again after this. */
export const CLEANUP_LOOK_MS = HOUR;
/** Of outputs that a cleanup job reads at once, besides MAX_JOURNAL_BYTES. */
export const MAX_JOURNAL_ROWS = 1_000;
/** A question cannot outlive its job. */
export const MAX_INPUT_TIMEOUT_MS = 30 * DAY;

// Language models: tokens of the prompt and the answer together count.
export const DEFAULT_AI_TOKENS = 1_024;
export const MAX_AI_TOKENS = 32_768;
export const MAX_AI_BUDGET = 100_000_000;
/** Text that makes about one token: what a request may need is reserved before it is sent. */
export const CHARS_PER_TOKEN = 4;
/** Steps of a tenant that ask at once: each tries so often to have its tokens counted. */
export const MAX_RUNNING_AI_STEPS = 100;
/** How long a day's count is kept, whatever the clocks of two objects say. */
export const AI_DAY_KEPT_MS = 2 * DAY;
