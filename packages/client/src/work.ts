import type { Caller } from "./blueprints.ts";
import { ConnectionError, EdgeJobsError } from "./errors.ts";
import { type CallOptions, pause } from "./transport.ts";
import type { Claim, Json, Reported, WorkProgress } from "./types.ts";

/** One claim, as whoever does it sees it. */
export interface Work extends Claim {
  /** Aborts when the job no longer wants it, the lease is lost, or the loop is stopped for good. */
  signal: AbortSignal;
  /** Told with the next heartbeat. */
  progress: (progress: WorkProgress) => void;
}

/** Does one claim. What it returns is the step's output; what it throws fails the try. */
export type Worker = (work: Work) => Promise<Json> | Json;

export interface WorkOptions extends CallOptions {
  queues: string[];
  /** Claims at the same time; 1 when left out. */
  concurrency?: number | undefined;
  /** Shown to those who look at the queue. */
  name?: string | undefined;
}

/** Thrown by a worker: says whether another try may succeed. */
export class WorkFailed extends Error {
  override name = "WorkFailed";
  readonly code: string | undefined;
  readonly retryable: boolean;

  constructor(message: string, { code, retryable = true }: { code?: string; retryable?: boolean } = {}) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

/** A free hand waits so long for work in one call. */
const CLAIM_WAIT_SECONDS = 25;
const MAX_MESSAGE_CHARS = 500;
const LEAST_PAUSE_MS = 500;

const isLost = (error: unknown): boolean => error instanceof EdgeJobsError && error.code === "lease_lost";

/** What the server refuses, it refuses again; everything else may pass. */
const isRefusal = (error: unknown): boolean =>
  error instanceof EdgeJobsError && error.status < 500 && error.status !== 429;

function unlessRefused(error: unknown): undefined {
  if (isRefusal(error) || !(error instanceof EdgeJobsError || error instanceof ConnectionError)) throw error;
}

interface Told {
  progress?: WorkProgress;
  /** Epoch ms at which the lease ends, as the server said last. */
  expires: number;
}

/** Keeps the lease while the work goes on: a third of it before each heartbeat, so that two may be lost. */
async function heartbeats(client: Caller, claim: Claim, told: Told, work: AbortController) {
  while (!work.signal.aborted) {
    await pause(Math.max(LEAST_PAUSE_MS, (told.expires - Date.now()) / 3), work.signal);
    const args = { claim: claim.claim, action: "heartbeat", progress: told.progress };
    const reply = await client.call<Reported>("work_report", args, { signal: work.signal }).catch(unlessRefused);
    // A server that is away may be back before the lease is over.
    if (reply === undefined) continue;
    if (reply.cancel || !reply.accepted) work.abort(new Error("The job no longer wants this."));
    if (reply.lease_expires_at !== null) told.expires = Date.parse(reply.lease_expires_at);
  }
}

function reportOf(error: unknown): object {
  const text = error instanceof Error ? error.message : String(error);
  const message = text.slice(0, MAX_MESSAGE_CHARS) || "failed";
  if (!(error instanceof WorkFailed)) return { message };
  return { message, retryable: error.retryable, ...(error.code !== undefined && { code: error.code }) };
}

/** Tells how it ended; a server that is away is asked again as long as the lease holds. */
async function report(client: Caller, claim: Claim, ended: object, { expires }: Told): Promise<void> {
  for (;;) {
    const args = { claim: claim.claim, ...ended };
    const reply = await client.call<Reported>("work_report", args).catch(unlessRefused);
    if (reply !== undefined || Date.now() >= expires) return;
    await pause(LEAST_PAUSE_MS, undefined);
  }
}

/** One claim to its end. Never rejects for what the worker throws, nor for an output that the server does not take. */
async function doClaim(client: Caller, claim: Claim, worker: Worker): Promise<void> {
  const told: Told = { expires: Date.parse(claim.lease_expires_at) };
  const work = new AbortController();
  const beating = heartbeats(client, claim, told, work).catch((error: unknown) => {
    if (isLost(error)) work.abort(error);
  });
  const progress = (progress: WorkProgress) => {
    told.progress = progress;
  };
  const fail = (error: unknown) => ({ action: "fail", error: reportOf(error) });
  const ended = await Promise.resolve()
    .then(() => worker({ ...claim, signal: work.signal, progress }))
    .then((output) => ({ action: "complete", output }), fail);
  const isUnwanted = work.signal.aborted;
  work.abort();
  await beating;
  if (isUnwanted) return;
  await report(client, claim, ended, told)
    .catch((error: unknown) => {
      if (isLost(error) || !isRefusal(error) || ended.action === "fail") throw error;
      return report(
        client,
        claim,
        fail(new WorkFailed(error instanceof Error ? error.message : String(error), { retryable: false })),
        told,
      );
    })
    .catch((error: unknown) => {
      // Somebody else has it by now.
      if (!isLost(error)) throw error;
    });
}

/** One hand: claims, does, reports, and again. A server that is away is waited for. */
async function hand(client: Caller, worker: Worker, { queues, name, signal }: WorkOptions): Promise<void> {
  const args = { queues, worker: name, max: 1, wait_seconds: CLAIM_WAIT_SECONDS };
  while (!signal?.aborted) {
    try {
      const { claims } = await client.call<{ claims: Claim[] }>("work_claim", args, { signal });
      for (const claim of claims) await doClaim(client, claim, worker);
    } catch (error) {
      if (signal?.aborted) return;
      if (isRefusal(error)) throw error;
      await pause(LEAST_PAUSE_MS, signal).catch(() => {});
    }
  }
}

/** Until the signal aborts: what has been claimed by then is done to its end. */
export async function work(client: Caller, worker: Worker, options: WorkOptions): Promise<void> {
  const hands = Array.from({ length: options.concurrency ?? 1 }, () => hand(client, worker, options));
  await Promise.all(hands);
}
