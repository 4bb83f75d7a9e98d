import { jobIdFloor, parseJobId } from "./id.ts";

/**
 * Jobs of one submit. The batch is named after its first job, so its id says which object has it and when it was submitted:
 * all its jobs have ids of that moment, and are found without an index. Pure.
 */

export const batchIdOf = (firstJobId: string): string => firstJobId.replace(/^job_/, "batch_");

export interface BatchPlace {
  shard: number;
  /** All job ids of the batch are at least this, and below `end`. */
  floor: string;
  end: string;
}

/** @returns undefined for text that no batch can have as its id */
export function placeOfBatch(batchId: string): BatchPlace | undefined {
  const first = batchId.startsWith("batch_") ? parseJobId(batchId.replace(/^batch_/, "job_")) : undefined;
  if (first === undefined) return undefined;
  return { shard: first.shard, floor: jobIdFloor(first.time), end: jobIdFloor(first.time + 1) };
}
