import { MAX_DELIVERY_WAIT_MS } from "../limits.ts";

/** What follows from how a callback answered. */

/** The only words that a subscriber hears of what went wrong. */
export const DELIVERY_ERRORS = [
  "connection_refused",
  "timeout",
  "tls_error",
  "http_4xx",
  "http_5xx",
  "challenge_failed",
] as const;
export type DeliveryError = (typeof DELIVERY_ERRORS)[number];

export type PostOutcome =
  | { status: number; retry_after_ms: number | null; body: string }
  | { error: Extract<DeliveryError, "connection_refused" | "timeout" | "tls_error"> };

/** Before each try after the first one; after the last the subscription is suspended, and nothing is skipped. */
const DELAYS_MS = [1_500, 10_000, 60_000, 300_000, 900_000];

export type DeliveryVerdict =
  | { is: "delivered" }
  /** The callback will never take this event. */
  | { is: "given_up"; error: DeliveryError }
  | { is: "retry"; error: DeliveryError; delayMs: number }
  | { is: "suspend"; error: DeliveryError };

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

export const errorOf = (outcome: PostOutcome): DeliveryError =>
  "error" in outcome ? outcome.error : outcome.status >= 500 ? "http_5xx" : "http_4xx";

/** @param tries that failed before this one */
export function verdictOf(outcome: PostOutcome, tries: number): DeliveryVerdict {
  if ("status" in outcome && isSuccess(outcome.status)) return { is: "delivered" };
  const error = errorOf(outcome);
  if ("status" in outcome && (outcome.status === 410 || outcome.status === 413)) return { is: "given_up", error };
  const delay = DELAYS_MS[tries];
  if (delay === undefined) return { is: "suspend", error };
  const asked = "status" in outcome ? (outcome.retry_after_ms ?? 0) : 0;
  return { is: "retry", error, delayMs: Math.min(Math.max(delay, asked), MAX_DELIVERY_WAIT_MS) };
}

/** Whether the answer to a challenge is that of whoever wants the events; else the word for why not. */
export function challengeError(outcome: PostOutcome, challenge: string): DeliveryError | undefined {
  if ("error" in outcome) return outcome.error;
  if (outcome.status >= 400) return errorOf(outcome);
  if (!isSuccess(outcome.status)) return "challenge_failed";
  try {
    const answer: unknown = JSON.parse(outcome.body);
    const echoed =
      typeof answer === "object" && answer !== null && "challenge" in answer ? answer.challenge : undefined;
    return echoed === challenge ? undefined : "challenge_failed";
  } catch {
    return "challenge_failed";
  }
}
