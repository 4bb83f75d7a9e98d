/** What workers may claim and hold. */

import { DAY, KIB, MINUTE, SECOND } from "./units.ts";

/** Claims that one call takes: a worker holds a lease for each while it works on the first. */
export const MAX_CLAIMS = 20;
export const MAX_CLAIM_QUEUES = 10;
/** As a queue of other systems, and a DNS label: it stands in metrics and URLs. */
export const MAX_QUEUE_CHARS = 63;
/** A claim gives the input away in one reply, beside others. */
export const MAX_WORK_INPUT_BYTES = 64 * KIB;
/** Inputs of one reply of work_claim over MCP, which has them in both its halves; a larger one comes alone. */
export const CLAIM_REPLY_BYTES = 9 * KIB;
/** The shortest leaves room for one heartbeat, the longest bounds how long a lost worker goes unnoticed. */
export const MIN_LEASE_MS = SECOND;
export const DEFAULT_LEASE_MS = 5 * MINUTE;
export const MAX_LEASE_MS = DAY;
/** From when it is offered. As long as a question may stay open. */
export const MAX_WORK_TIMEOUT_MS = 30 * DAY;
export const MAX_WORKER_NAME_CHARS = 100;
/** A worker's own error code, as those of the server are written. */
export const MAX_WORKER_CODE_CHARS = 64;
/** Units of a worker's progress: what a number holds exactly. */
export const MAX_WORK_UNITS = Number.MAX_SAFE_INTEGER;
/** A claim as text: an id and a path of a step, and what base64 adds. */
export const MAX_CLAIM_CHARS = 512;
