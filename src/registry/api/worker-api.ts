import type { ClaimRef } from "../../jobs/claim.ts";
import type { WorkProgress } from "../../jobs/run/awaiting.ts";
import type { OfferTerms } from "../../jobs/run/offers.ts";
import type { Json } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import type { Caller, StorageFull } from "./asking.ts";

/** What the registry answers to workers. */

/** What a runner has for them. */
export interface OfferRequest {
  queue: string;
  input: Json;
  timeout_ms: number;
  terms: OfferTerms;
}

export interface ClaimRequest {
  /** Distinct. */
  queues: string[];
  max: number;
  /** Bytes that all inputs may have together; the first claim may have more. */
  room_bytes: number;
  worker: string | null;
}

export interface Claimed extends ClaimRef {
  queue: string;
  input: Json;
  try: number;
  lease_expires_at: number;
  /** Nobody may hold it after this. */
  deadline: number;
}

/** What a shard has to give: one that is asked beside others is asked for it only if it comes first. */
export interface Waiting {
  priority: number;
  opened_at: number;
}

export type WorkReport =
  | { action: "heartbeat"; progress?: WorkProgress | undefined; extend_ms?: number | undefined }
  | { action: "complete"; output: Json }
  | { action: "fail"; error: { code: string; message: string; retryable: boolean } }
  | { action: "release" };

export interface WorkAnswer {
  accepted: boolean;
  lease_expires_at: number | null;
  /** The job no longer wants it. */
  cancel: boolean;
}

export type LeaseLost = { code: "lease_lost" };

/** For the Worker, on behalf of workers. */
export interface WorkerApi {
  /** Empty when there was nothing for so long. @param released resolves when the caller needs no answer any more */
  claimWork(caller: Caller, request: ClaimRequest, waitMs: number, released?: () => Promise<void>): Promise<Claimed[]>;
  /** The first that could be claimed, at once or when there is one. */
  waitingWork(
    caller: Caller,
    queues: string[],
    max: number,
    waitMs: number,
    released?: () => Promise<void>,
  ): Promise<Waiting[]>;
  /** The same report again answers as the first. */
  reportWork(caller: Caller, claim: ClaimRef, report: WorkReport): Promise<Result<WorkAnswer, LeaseLost | StorageFull>>;
}
