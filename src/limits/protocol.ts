/** What the MCP server takes, answers and keeps open. */

import { KIB, MINUTE, SECOND } from "./units.ts";

/** Shards that a tenant may have; an id that names a higher one is of no job. */
export const MAX_REGISTRY_SHARDS = 64;
/** Longest job id that is advertised to clients. Longer ones are answered like any unknown id. */
export const MAX_JOB_ID_CHARS = 64;
/** Longest piece of a caller's own text that an error repeats. */
export const MAX_ECHO_CHARS = 200;
/** Longest method, name or URI that the protocol's own errors repeat. No such name is as long. */
export const MAX_REPEATED_CHARS = 1_024;
export const MAX_CURSOR_CHARS = 1_024;
/** One reply of a tool, text and structured content together. */
export const MAX_REPLY_BYTES = 24_000;
/** The structured content of the reply to a submit whose job goes on: an agent reads one for each job that it starts. */
export const MAX_ACCEPTED_BYTES = 300;
export const MAX_WAIT_JOBS = 20;
/** Rows read for one status of a parent, whose children may ask; a map runs fewer at a time. */
export const MAX_CHILDREN_LOOKED_AT = 100;
export const DEFAULT_WAIT_MS = 25 * SECOND;
/** How often a caller who asked for it hears of progress. */
export const PROGRESS_EVERY_MS = 2 * SECOND;
/** Lost connections that one wait goes on after. */
export const MAX_WAIT_LOSSES = 3;
/** Job URIs and task ids, together, of one subscriptions/listen. */
export const MAX_SUBSCRIPTIONS = 100;
/** A stream holds its object in memory, which is billed, and its credentials may be gone: it ends, and may be asked for again. */
export const MAX_LISTEN_MS = 5 * MINUTE;
export const KEEP_ALIVE_MS = 15 * SECOND;
/** The edge tells when a client has gone; on this machine only a second write after that fails. */
export const LOCAL_KEEP_ALIVE_MS = 300;
/** Lost connections in a row, without a change between them, that a stream goes on after. */
export const MAX_LISTEN_LOSSES = 6;
/** Streams that one object feeds. */
export const MAX_LISTENERS = 256;
/** Changes that are kept for a slow reader before its stream ends: all listeners together take 32 MiB at most. */
export const MAX_BACKLOG_CHARS = 128 * KIB;
/** A page of a result is in its reply twice: as a field, and as text. */
export const MAX_PAGE_BYTES = 10 * KIB;
export const DEFAULT_PAGE_BYTES = 8 * KIB;
export const MAX_POINTER_CHARS = 1_024;
export const MAX_GOAL_CHARS = 4_000;
/** Of the prompt that plans a job, whose goal may be long itself: what an agent reads before it begins. */
export const MAX_PLAN_BYTES = 6_000;
/** One value, and the newest timeline entries, that a prompt quotes. */
export const MAX_QUOTED_BYTES = 2 * KIB;
export const MAX_QUOTED_EVENTS = 40;
