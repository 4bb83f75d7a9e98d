/** How the registry hands jobs to the engine, and when it asks after them. */

import { KIB, MINUTE, SECOND } from "./units.ts";

/** A report that is this late makes the registry ask the engine. */
export const REPORT_GRACE_MS = 10 * SECOND;
export const DISPATCH_GRACE_MS = 30 * SECOND;
/** An engine that has not answered after this is taken to be away. */
export const ENGINE_ANSWER_MS = 20 * SECOND;
/** The engine forgets an instance so long after its end: what it came to is in the registry, which asks sooner than that. */
export const ENGINE_RETENTION_MS = 60 * MINUTE;
/** An accepted job that is still not handed over after this is handed over by the alarm. */
export const OUTBOX_GRACE_MS = 5 * SECOND;
/** A job that waits for a place gets it when one is free; the alarm looks after it after this, or twice this at most. */
export const SLOT_GRACE_MS = 5 * MINUTE;
/** createBatch takes at most 100 instances: https://developers.cloudflare.com/workflows/build/workers-api/ (2026-11) */
export const MAX_DISPATCH_BATCH = 100;
/**
 * Before a refusing engine is asked again. It takes 100 new instances a second of all callers together:
 * https://developers.cloudflare.com/workflows/reference/limits/ (2026-11)
 */
export const DISPATCH_PAUSE_MS = SECOND;
/** Pauses double up to this while all is refused. */
export const MAX_DISPATCH_PAUSE_MS = 30 * SECOND;
/** A running instance that is silent after so many is given up; the timeline notes no more of them in a row. */
export const MAX_NUDGES = 5;
export const MAX_ATTEMPTS = 3;
/**
 * Tries of one step that may die with their process before the step fails. One that met some deployments must go on; one
 * that brings its process down must end.
 */
export const MAX_INTERRUPTED_TRIES = 10;
/** Rows that one alarm looks at before it re-arms itself. */
export const ALARM_BATCH = 50;

/** Settled jobs are kept this long, unless the deployment says otherwise; ten years at most. */
export const DEFAULT_RETENTION_DAYS = 30;
export const MAX_RETENTION_DAYS = 3_650;

/** Of finished outputs that one answer to a run that goes on brings along; a call takes 32 MiB, and the run holds them. */
export const MAX_JOURNAL_BYTES = 8 * KIB * KIB;

// Acting steps run in segments, each inside one engine step.
/** After this no further action of the segment begins; the next segment goes on. */
export const SEGMENT_MS = MINUTE;
/** The same after so many actions: each may be several requests and calls, of which an invocation has 100,000. */
export const MAX_SEGMENT_ACTIONS = 1_000;
/** The engine gives a segment up when it ends this much later than its last action could. */
export const SEGMENT_GRACE_MS = 30 * SECOND;
/** A shorter wait is waited inside the segment; a longer one is the engine's, and metered. */
export const MAX_INLINE_WAIT_MS = 10 * SECOND;
