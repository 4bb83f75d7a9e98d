import { BadRedirect, RefusedAddress } from "../../egress/egress.ts";
import { failureMessage } from "../../egress/failure-message.ts";
import type { ActionError } from "../act.ts";

/** Statuses after which the same request may succeed. */
const RETRYABLE = [408, 425, 429];
export const isRetryable = (status: number): boolean => status >= 500 || RETRYABLE.includes(status);

/** What a failed fetch means. A refused address stays refused; everything else may pass. */
export function transportError(error: unknown, signal: AbortSignal): ActionError {
  if (error instanceof RefusedAddress) {
    return { code: "refused_address", message: `The request was refused: ${error.message}.`, retryable: false };
  }
  const message = failureMessage(error);
  if (error instanceof BadRedirect)
    return { code: "http_redirect", message: `No answer: ${message}.`, retryable: false };
  if (signal.aborted) return { code: "step_timeout", message: "No answer within the step's timeout.", retryable: true };
  return { code: "network", message: `No answer: ${message}`, retryable: true };
}
