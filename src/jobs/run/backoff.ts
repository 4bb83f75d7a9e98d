import { MAX_BACKOFF_MS } from "../../limits.ts";

export const BACKOFFS = ["fixed", "linear", "exponential"] as const;

export interface Delays {
  delay_ms: number;
  backoff: (typeof BACKOFFS)[number];
}

/** How long to wait before the next try. @param failures before the one that just came */
export function backoffMs({ delay_ms, backoff }: Delays, failures: number): number {
  const factor = { fixed: 1, linear: failures + 1, exponential: 2 ** failures }[backoff];
  return Math.min(delay_ms * factor, Math.max(delay_ms, MAX_BACKOFF_MS));
}
