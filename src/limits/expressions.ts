/** What one expression may cost. Counted, not timed: a Worker's clock stands still while it computes. */

import { KIB } from "./units.ts";

export const MAX_EVALUATIONS = 500_000;
export const MAX_EVALUATION_DEPTH = 200;
export const MAX_VALUE_BYTES = 512 * KIB;
export const MAX_RANGE_ITEMS = 10_000;
/** Of a list that a path or function makes: as many as the shortest numbers that a value can hold. */
export const MAX_SEQUENCE_ITEMS = 256 * KIB;
/** Rows of joins (`@` and `#`) that one expression may make; each is an object that holds all its variables. */
export const MAX_JOINED_ROWS = 50_000;
/** Units of `Meter.spend`; about a second of the slowest kind of work. */
export const MAX_EVALUATION_WORK = 20_000_000;
/** Of all expressions of one attempt: about 15 seconds of the thread that all jobs of a process share. */
export const MAX_JOB_EVALUATIONS = 20_000_000;
export const MAX_JOB_WORK = 400_000_000;
/** Units of work that take as long as one evaluation. */
export const EVALUATION_WORK = 16;
/** Units of work, evaluations among them, between two pauses: 4 ms, so that a hundred such jobs hold up nobody. */
export const MAX_TURN_WORK = 80_000;
/** Recursion, and groups that are computed at the same time; 2,000 hold about 11 MB. */
export const MAX_CALLS_IN_FLIGHT = 2_000;
export const MAX_REGEX_INSTRUCTIONS = 1_000;
/**
 * Letters of all regular expressions of a document, each as often as its repeats may have it: as many as a document has
 * without repeats. To compile them takes a tenth of a second.
 */
export const MAX_REGEX_LETTERS = 64 * KIB;
/** Letters of the pictures and texts that `$toMillis`, `$formatNumber` and the like take. */
export const MAX_PICTURE_CHARS = 128;
/** Schema positions times input values: what checking one input may cost. */
export const MAX_SCHEMA_CHECKS = 1_000_000;
/** Of all inputs of one submit: a second or two, in which others are served. */
export const MAX_BATCH_SCHEMA_CHECKS = 5_000_000;
/** Of the inputs of one submit before it waits for its turn: a millisecond. */
export const FREE_SCHEMA_CHECKS = 10_000;
/** After so many of them others are served: a few submits at once hold up nobody. */
export const SCHEMA_CHECKS_A_TURN = 100_000;
export const MAX_UNIQUE_ITEMS = 1_000;
export const MAX_FAULTS = 20;
