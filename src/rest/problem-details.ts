import { REFUSAL_CODES, type RefusalCode } from "../jobs/error-codes.ts";
import type { Fault } from "../lib/fault.ts";
import { stripInvisible } from "../lib/safe-text.ts";
import { MAX_ECHO_CHARS, MAX_FAULTS } from "../limits.ts";
import type { Refused } from "./route.ts";

/** Errors as RFC 9457 words them, with the code that programs look at. */

/** What the status line would say. */
const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
} as const;
export type ProblemStatus = keyof typeof TITLES;

export const STATUS_OF: Record<RefusalCode, ProblemStatus> = {
  invalid_arguments: 422,
  invalid_cursor: 422,
  unknown_blueprint: 404,
  unknown_job: 404,
  idempotency_conflict: 409,
  too_many_active: 429,
  too_many_submits: 429,
  storage_full: 507,
  blueprint_in_use: 409,
  too_many_blueprints: 507,
  too_many_listeners: 429,
  too_many_subscriptions: 507,
  not_settled: 409,
  no_result: 409,
  pointer_not_found: 422,
  from_step_needed: 422,
  no_such_step: 422,
  invalid_input: 422,
  unknown_request: 422,
  awaits_event: 409,
  already_answered: 409,
  gone: 410,
  invalid_content: 422,
  lease_lost: 409,
  unknown_trigger: 404,
  unknown_subscription: 404,
  unknown_delivery: 404,
  event_gone: 409,
  no_schedule: 422,
  too_many_times: 422,
  trigger_changed: 409,
  too_many_deliveries: 429,
  unknown_secret: 404,
  too_many_secrets: 507,
  secrets_unavailable: 409,
  delivery_refused: 422,
  unknown_batch: 404,
};

export interface Problem {
  status: ProblemStatus;
  code: string;
  detail: string;
  faults?: readonly Fault[];
  /** Further members, and headers. */
  facts?: object;
  headers?: Record<string, string>;
}

export function problemResponse({ status, code, detail, faults, facts, headers }: Problem): Response {
  const body = {
    type: "about:blank",
    title: TITLES[status],
    status,
    code,
    detail,
    ...(faults !== undefined && faults.length > 0 && { faults: faults.slice(0, MAX_FAULTS) }),
    ...facts,
  };
  const all = { "content-type": "application/problem+json", "cache-control": "no-store", ...headers };
  return new Response(JSON.stringify(body), { status, headers: all });
}

/** What a refusal may say besides its code: numbers, what became of the job that the caller named, what stands in the way. */
const FACTS = [
  "active",
  "limit",
  "limit_bytes",
  "retry_after_ms",
  "saved",
  "stored_bytes",
  "job_id",
  "cleanup_job_id",
  "triggers",
] as const;

/** What a caller that met a limit which ends by itself waits at least, in seconds. */
const RETRY_AFTER_SECONDS = 5;

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

/** One text for malformed, unknown, foreign and purged ids, so that nobody learns which it was. */
const unknownJob = (jobId: string): string => `Unknown job: ${stripInvisible(jobId).slice(0, MAX_ECHO_CHARS)}`;

/** @param jobId that the caller named, if it did */
export function refusedResponse(refused: Refused, jobId: string): Response {
  const { code, faults = [], retry_after_ms } = refused;
  const status = STATUS_OF[code];
  const given = Object.fromEntries(
    FACTS.flatMap((name) => (name in refused ? [[name, Reflect.get(refused, name)]] : [])),
  );
  const isKnown = code !== "unknown_job";
  const seconds = retry_after_ms === undefined ? RETRY_AFTER_SECONDS : Math.ceil(retry_after_ms / 1_000);
  return problemResponse({
    status,
    code,
    detail: isKnown ? sentence(REFUSAL_CODES[code]) : unknownJob(jobId),
    faults,
    facts: {
      ...(isKnown && given),
      // `status` is the problem's own.
      ...("status" in refused && { job_status: refused.status }),
    },
    ...(status === 429 && { headers: { "retry-after": `${seconds}` } }),
  });
}
