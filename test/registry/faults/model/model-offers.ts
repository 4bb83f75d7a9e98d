import type { WorkReport } from "../../../../src/registry/api/worker-api.ts";

/** What workers may expect of what is offered to them, said in another way than the registry says it. Times are epoch ms. */

export const QUEUE = "q";
export const TERMS = { lease_ms: 20_000, retries: 2, delay_ms: 0, backoff: "fixed" as const };

export interface ModelOffer {
  jobId: string;
  /** The higher is given away first, and among equals the one that came first. */
  priority: number;
  order: number;
  deadline: number;
  /** How often a worker got it: a claim carries the number of its own time. */
  claims: number;
  failures: number;
  leaseUntil: number | null;
  /** The report that ended the latest lease, or what else did. */
  end: WorkReport["action"] | "time" | "settlement" | null;
  isOver: boolean;
  /** Codes of which the step fails with one. */
  failure: readonly string[] | null;
}

export const isClaimable = (offer: ModelOffer, now: number): boolean =>
  !offer.isOver && offer.leaseUntil === null && offer.deadline > now;

/** A try is over without an output. */
function missed(offer: ModelOffer, end: "fail" | "time", codes: readonly string[], mayBeTriedAgain: boolean): void {
  const isLast = !mayBeTriedAgain || offer.failures === TERMS.retries;
  Object.assign(offer, { end, leaseUntil: null, failures: offer.failures + 1, isOver: isLast });
  if (isLast) offer.failure = codes;
}

/** What is over by itself. An object that looks late sees that the time of all is up, and not that a lease was lost before. */
export function lapse(offer: ModelOffer, now: number): void {
  if (offer.isOver) return;
  if (offer.deadline <= now) Object.assign(offer, { isOver: true, end: "time", failure: ["step_timeout"] });
  else if (offer.leaseUntil !== null && offer.leaseUntil <= now) {
    missed(offer, "time", ["worker_lost", "step_timeout"], true);
  }
}

export function claim(offer: ModelOffer, now: number): void {
  offer.claims += 1;
  offer.end = null;
  offer.leaseUntil = Math.min(now + TERMS.lease_ms, offer.deadline);
}

/** What a report does. @returns undefined: it comes too late, and changes nothing */
export function heard(
  offer: ModelOffer | undefined,
  number: number,
  report: WorkReport,
  now: number,
): { accepted: boolean; lease: number | null } | undefined {
  if (offer === undefined || offer.claims !== number) return undefined;
  if (offer.end === "settlement") return { accepted: false, lease: null };
  if (offer.end !== null) return offer.end === report.action ? { accepted: true, lease: null } : undefined;
  switch (report.action) {
    case "heartbeat":
      offer.leaseUntil = Math.min(now + (report.extend_ms ?? TERMS.lease_ms), offer.deadline);
      return { accepted: true, lease: offer.leaseUntil };
    case "release":
      Object.assign(offer, { leaseUntil: null, end: report.action });
      break;
    case "complete":
      Object.assign(offer, { leaseUntil: null, end: report.action, isOver: true });
      break;
    case "fail":
      missed(offer, "fail", [report.error.code], report.error.retryable);
      break;
    default:
      return report satisfies never;
  }
  return { accepted: true, lease: null };
}
