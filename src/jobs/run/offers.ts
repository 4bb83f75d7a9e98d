import type { StepError } from "../job.ts";
import { backoffMs, type Delays } from "./backoff.ts";

/**
 * What a `worker` step offers to workers. Who acquires it holds a lease and a fencing token, which grows with each
 * acquisition: a report with an older one changes nothing. Pure; times are epoch ms.
 */

/** The code of a failure to which its worker gave none. */
export const WORKER_FAILED = "worker_failed";

/** PERSISTED. `delayed`: a try failed, and the next one may not begin yet. */
export const OFFER_STATES = ["open", "delayed", "leased", "ended"] as const;
type OfferState = (typeof OFFER_STATES)[number];

/** PERSISTED. How the latest acquisition ended; `unwanted`: its job no longer wants it. */
export const LEASE_ENDS = ["completed", "failed", "released", "expired", "unwanted"] as const;
type LeaseEnd = (typeof LEASE_ENDS)[number];

/** PERSISTED. */
export interface OfferTerms extends Delays {
  lease_ms: number;
  /** Tries after the first one. */
  retries: number;
}

export interface Offer {
  tenant: string;
  job_id: string;
  path: string;
  queue: string;
  priority: number;
  state: OfferState;
  /** Of the latest acquisition; 0: nobody had it yet. */
  token: number;
  /** Tries that failed, or whose lease ran out. */
  failures: number;
  opened_at: number;
  /** Nobody may hold it after this. */
  deadline: number;
  /** When the alarm must look at it: never later than something happens by itself. */
  due_at: number;
  lease_until: number | null;
  worker: string | null;
  lease_end: LeaseEnd | null;
  terms: OfferTerms;
}

/** The offer after something that happened to it, and what that means for its step. */
export interface Turn {
  offer: Offer;
  /** A try failed; another one may begin. */
  retry?: StepError;
  /** The step has failed. */
  failure?: StepError;
}

/** @param turnMs until its turn, before which nobody may claim it */
export const newOffer = (
  fields: Pick<Offer, "tenant" | "job_id" | "path" | "queue" | "priority" | "terms">,
  timeoutMs: number,
  now: number,
  turnMs = 0,
): Offer => ({
  ...fields,
  state: turnMs > 0 ? "delayed" : "open",
  token: 0,
  failures: 0,
  opened_at: now + turnMs,
  deadline: now + turnMs + timeoutMs,
  due_at: now + turnMs + (turnMs > 0 ? 0 : timeoutMs),
  lease_until: null,
  worker: null,
  lease_end: null,
});

/** Whether a worker may have it now. */
export const isClaimable = ({ state, deadline }: Offer, now: number): boolean => state === "open" && deadline > now;

/** A worker has it from now on. */
export function acquired(offer: Offer, worker: string | null, now: number): Offer {
  const until = Math.min(now + offer.terms.lease_ms, offer.deadline);
  const token = offer.token + 1;
  return { ...offer, state: "leased", token, worker, lease_until: until, due_at: until, lease_end: null };
}

/** The lease goes on. The alarm may look too early, which costs less than to move it with each heartbeat. */
export function extended(offer: Offer, byMs: number, now: number): Offer {
  const until = Math.min(now + byMs, offer.deadline);
  return { ...offer, lease_until: until, due_at: Math.min(offer.due_at, until) };
}

const idle = { lease_until: null, worker: null } as const;

/** The lease is given back: no try. */
export const released = (offer: Offer): Offer => ({
  ...offer,
  ...idle,
  state: "open",
  due_at: offer.deadline,
  lease_end: "released",
});

/** Nobody may have it any more. */
export const ended = (offer: Offer, end: LeaseEnd): Offer => ({ ...offer, ...idle, state: "ended", lease_end: end });

/** Its job no longer wants it. Whoever has it may go on with it until the lease is over. */
export const unwanted = (offer: Offer): Offer => ({ ...ended(offer, "unwanted"), lease_until: offer.lease_until });

/** Until when a worker may still act that nobody waits for any more; undefined: none does. */
export const actsUntil = ({ lease_end, lease_until }: Offer, now: number): number | undefined =>
  lease_end === "unwanted" && lease_until !== null && lease_until > now ? lease_until : undefined;

/** The try failed, or its lease ran out. */
export function tryEnded(
  offer: Offer,
  end: "failed" | "expired",
  error: StepError & { retryable: boolean },
  now: number,
): Turn {
  const { retryable, ...failure } = error;
  const { terms, failures } = offer;
  const counted = { ...offer, failures: failures + 1 };
  if (!retryable || failures >= terms.retries) return { offer: ended(counted, end), failure };
  const delay = backoffMs(terms, failures);
  const next = { ...counted, ...idle, lease_end: end };
  if (delay === 0) return { offer: { ...next, state: "open", due_at: offer.deadline }, retry: failure };
  return { offer: { ...next, state: "delayed", due_at: Math.min(now + delay, offer.deadline) }, retry: failure };
}

const lostLease = ({ worker, terms }: Offer) => ({
  code: "worker_lost",
  message: `${worker ?? "The worker"} did not report within its lease of ${Math.round(terms.lease_ms / 1_000)} s. Send heartbeats, or give the step a longer lease.`,
  retryable: true,
});

const outOfTime = ({ opened_at, deadline, queue, token }: Offer): StepError => {
  const seconds = Math.round((deadline - opened_at) / 1_000);
  const who = token === 0 ? `No worker has claimed it from queue ${queue}` : "No worker has completed it";
  return {
    code: "step_timeout",
    message: `${who} within ${seconds} s. Start more workers, or raise the step's timeout.`,
  };
};

/** What happens by itself: time is up, a lease runs out, a delay is over. Undefined: nothing has to. */
export function lapsed(offer: Offer, now: number): Turn | undefined {
  if (offer.state === "ended") return undefined;
  if (offer.deadline <= now) return { offer: ended(offer, "expired"), failure: outOfTime(offer) };
  if (offer.lease_until !== null && offer.lease_until <= now) return tryEnded(offer, "expired", lostLease(offer), now);
  if (offer.due_at > now) return undefined;
  if (offer.state === "delayed") return { offer: { ...offer, state: "open", due_at: offer.deadline } };
  return { offer: { ...offer, due_at: offer.lease_until ?? offer.deadline } };
}

/** A report may be applied, was applied before, is of a job that wants nothing more, or comes too late. */
export type Verdict = { verdict: "apply"; offer: Offer } | { verdict: "repeated" | "unwanted" | "lost" };

const ENDS: Readonly<Record<string, LeaseEnd>> = { complete: "completed", fail: "failed", release: "released" };

/** @param offer as it is: what of it is over by itself has been noted @param token of the report */
export function verdict(offer: Offer | undefined, token: number, action: string): Verdict {
  if (offer === undefined || offer.token !== token || token === 0) return { verdict: "lost" };
  if (offer.state === "leased") return { verdict: "apply", offer };
  if (offer.lease_end === "unwanted") return { verdict: "unwanted" };
  return { verdict: offer.lease_end === ENDS[action] ? "repeated" : "lost" };
}
