/** Prime, so that a walk in such steps meets every id before one comes again. */
const STRIDE = 7_919;

/**
 * One id after the other in a walk over all of them, far from the one before. At random, half the ids of a small shard
 * would be among the jobs that the object still remembers, and few of a large one.
 */
export const walk = (ids: readonly string[], turn: number): string => ids[(turn * STRIDE) % ids.length] ?? "";
