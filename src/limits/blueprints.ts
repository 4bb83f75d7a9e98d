/** What a blueprint may hold. */

import { KIB } from "./units.ts";

export const MAX_STEPS = 100;
export const MAX_STRING_CHARS = 16 * KIB;
export const MAX_SCHEMA_DEPTH = 16;
export const MAX_RETRIES = 20;
export const MAX_MAP_ITEMS = 1_000;
export const MAX_MAP_CONCURRENCY = 20;
export const MAX_BRANCHES = 20;
/** Jobs inside each other, the outermost counted. */
export const MAX_JOB_DEPTH = 5;
/** Names that the blueprint of a `job` step may come out as: each is looked up at submit. */
export const MAX_CHILD_NAMES = 20;
/** The engine takes step names of 256 characters: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
export const MAX_STEP_PATH_CHARS = 200;

/** A question goes into a model's context with every status: its message as it is asked, its schema as it is written. */
export const MAX_QUESTION_BYTES = 2 * KIB;
export const MAX_QUESTION_SCHEMA_BYTES = 4 * KIB;
/** Of one job. Each stands in the job's row and in every status, so that rows beyond these ask when others are answered. */
export const MAX_OPEN_QUESTIONS = 16;
/** Of a link: 33 bytes and an id, a path and a tenant, in base64. */
export const MAX_LINK_TOKEN_CHARS = 2 * KIB;
/** What is sent to a link: as much as a form that a person fills in. */
export const MAX_LINK_BODY_BYTES = 64 * KIB;
/** How questions of rows and rounds ended, as far as a job's row remembers: the newest. */
export const MAX_KEPT_ANSWERS = 64;
