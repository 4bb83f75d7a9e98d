/** What one attempt of a job may hold at once, so that the process serves others beside it. */

import { KIB, SECOND } from "./units.ts";

/** Rows of all maps, and rounds of all repeats, that are open at once; each holds a scope, and perhaps an engine step. */
export const MAX_OPEN_ROWS = 10_000;
/** Outputs of steps, of all rows, in memory as far as that is known: with their copies an isolate's 128 MB hold them. */
export const MAX_HELD_BYTES = 32 * KIB * KIB;
/** The same of all jobs of a tenant that run in one process, children too, but for what small ones hold. */
export const MAX_TENANT_HELD_BYTES = 32 * KIB * KIB;
/** An attempt that holds less does not wait for others: 100 run at once by default. */
export const MAX_UNSHARED_BYTES = KIB * KIB;
/** A large one waits for others to end, and then fails. */
export const MAX_CROWDED_MS = 30 * SECOND;
export const CROWDED_PAUSE_MS = 250;
/** Tenants whose attempts one process counts. */
export const MAX_HOLDING_TENANTS = 1_000;
/** Actions that run at once: each may read an answer of MAX_HTTP_BYTES, 16 MiB together. Further ones wait. */
export const MAX_ACTIONS_IN_FLIGHT = 32;
/**
 * Children that one attempt asks for at once, each with its input. Whoever else calls the object of the tenant, or the
 * process, stands behind them.
 */
export const MAX_SPAWNS_IN_FLIGHT = 4;
/** Between two questions whether an action may begin. */
export const MIN_TURN_PAUSE_MS = 250;
