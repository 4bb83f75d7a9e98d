import fc from "fast-check";
import { newJobId } from "../../src/jobs/id.ts";
import type { Job, StepError, StepState } from "../../src/jobs/job.ts";

/** When the jobs of these tests were submitted: 2026-11-01T00:00:00.000Z in epoch ms. */
export const T0 = Date.UTC(2026, 10, 1);
export const SECOND = 1_000;
export const HOUR = 3_600 * SECOND;
export const KEEP_MS = 24 * HOUR;

export const AN_ERROR: StepError = { code: "http_status", message: "The answer was 500.", status: 500 };

/** A queued job of two steps, submitted at {@link T0} and not handed over yet. */
export function aJob(overrides: Partial<Job> = {}): Job {
  return {
    job_id: newJobId(T0, new Uint8Array(10), 0),
    tenant: "local",
    name: "digest",
    status: "queued",
    blueprint: "digest@1",
    plan_hash: "0".repeat(64),
    submitted_at: T0,
    run_at: null,
    dispatched_at: null,
    started_at: null,
    settled_at: null,
    timeout_ms: HOUR,
    attempt: 1,
    nudges: 0,
    expected_by: T0 + 5 * SECOND,
    due_at: T0 + 5 * SECOND,
    step_count: 2,
    step: null,
    message: null,
    result_path: null,
    input_json: null,
    result_json: null,
    outputs_json: null,
    error: null,
    error_code: null,
    parent_id: null,
    retried_from: null,
    idempotency_key: null,
    submitted_by: null,
    metadata: {},
    run: { steps: {}, open: {}, rows_by_item: true },
    events: [["accepted", T0]],
    ...overrides,
  };
}

/** A job that the engine runs since {@link T0}. */
export const aRunningJob = (overrides: Partial<Job> = {}): Job =>
  aJob({ status: "running", dispatched_at: T0, started_at: T0, expected_by: T0 + 30 * SECOND, ...overrides });

/** A top-level step that has begun and not ended. */
export const aStep = (overrides: Partial<StepState> = {}): StepState => ({
  status: "running",
  tries: 1,
  started_at: T0,
  completed_at: null,
  error: null,
  ...overrides,
});

export const aDoneStep = (overrides: Partial<StepState> = {}): StepState =>
  aStep({ status: "succeeded", completed_at: T0 + SECOND, ...overrides });

/** The types of the job's events, in order. */
export const eventTypes = (job: Job): string[] => job.events.map(([type]) => type);

/** Text of any code points, invisible ones included. */
export const anyText = (): fc.Arbitrary<string> => fc.string({ unit: "binary" });
