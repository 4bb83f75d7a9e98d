import { placeOfBatch } from "../../jobs/batch.ts";
import { err } from "../../lib/result.ts";
import { MAX_REGISTRY_SHARDS } from "../../limits.ts";
import type { BatchReport, UnknownBatch } from "../../registry/api/batch-calls.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { untilGone } from "../until-gone.ts";

export interface BatchWait {
  batchId: string;
  until: "any" | "all";
  waitMs: number;
}

/** How the jobs of the batch stand once any or all have settled or ask, or the time is over. @param signal aborts when the caller has gone */
export async function waitForBatch(
  context: ServiceContext,
  { batchId, until, waitMs }: BatchWait,
  signal: AbortSignal,
): Answer<BatchReport, UnknownBatch> {
  const shard = placeOfBatch(batchId)?.shard;
  if (shard === undefined || shard >= MAX_REGISTRY_SHARDS) return err({ code: "unknown_batch" });
  if (waitMs === 0) return context.ask(shard, (registry, caller) => registry.waitBatch(caller, batchId, until, 0));
  return untilGone(signal, (released) =>
    context.ask(shard, (registry, caller) => registry.waitBatch(caller, batchId, until, waitMs, released)),
  );
}
