/** The status machine as data. Code and SQL guards both read it, so neither can allow what the other forbids. */

export const JOB_STATUSES = ["queued", "running", "input_required", "succeeded", "failed", "cancelled"] as const;
export type JobStatusName = (typeof JOB_STATUSES)[number];

const TRANSITIONS = {
  queued: { started: "running", failed: "failed", cancelled: "cancelled" },
  running: {
    input_requested: "input_required",
    succeeded: "succeeded",
    failed: "failed",
    cancelled: "cancelled",
  },
  input_required: { answered: "running", expired: "running", failed: "failed", cancelled: "cancelled" },
  succeeded: {},
  failed: {},
  cancelled: {},
} as const satisfies Record<JobStatusName, Partial<Record<string, JobStatusName>>>;

export const TRANSITION_NAMES = [
  "started",
  "input_requested",
  "answered",
  "expired",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export type TransitionName = (typeof TRANSITION_NAMES)[number];

/** The status after the transition, or undefined where the machine does not allow it. */
export function transition(from: JobStatusName, name: TransitionName): JobStatusName | undefined {
  const row: Partial<Record<TransitionName, JobStatusName>> = TRANSITIONS[from];
  return row[name];
}

/** The statuses that the transition may leave: the guard of the UPDATE that performs it. */
export function sourcesOf(name: TransitionName): JobStatusName[] {
  return JOB_STATUSES.filter((status) => transition(status, name) !== undefined);
}

/** True when the status is final for ever. */
export function isSettled(status: JobStatusName): boolean {
  return Object.keys(TRANSITIONS[status]).length === 0;
}

/** The statuses in which the engine may still act on the job. */
export const ACTIVE_STATUSES: readonly JobStatusName[] = JOB_STATUSES.filter((status) => !isSettled(status));
