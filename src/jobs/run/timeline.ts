import { MAX_EVENTS, QUIET_AFTER_EVENTS } from "../../limits.ts";

export const JOB_LEVEL_EVENTS = [
  "accepted",
  "dispatched",
  "started",
  "input_requested",
  "answered",
  "expired",
  "answer_dropped",
  "nudged",
  "redispatched",
  "settled",
] as const;
const FAILURE_EVENTS = ["step_retrying", "step_failed"] as const;
const STEP_EVENTS = ["step_started", "step_waiting", "child_started", "step_succeeded", "step_skipped"] as const;
export const EVENT_TYPES = [...JOB_LEVEL_EVENTS, ...FAILURE_EVENTS, ...STEP_EVENTS] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** PERSISTED as registry/storage/row-codec.ts writes it: type, epoch ms, step path, message. The place in the list is the sequence number. */
export type JobEvent = [type: EventType, at: number, step?: string | null, message?: string | null];

const isOneOf = (types: readonly EventType[], type: EventType): boolean => types.includes(type);

/** Room for one event of this type, given how many there are. Settling always has its place. */
function hasRoom(count: number, type: EventType): boolean {
  if (count >= MAX_EVENTS - 1) return type === "settled" && count < MAX_EVENTS;
  if (count < QUIET_AFTER_EVENTS) return true;
  return isOneOf(JOB_LEVEL_EVENTS, type) || isOneOf(FAILURE_EVENTS, type);
}

/** The job with the event at the end of its timeline, or as it was when the timeline has no room for it. */
export function withEvent<J extends { events: readonly JobEvent[] }>(job: J, ...event: JobEvent): J {
  return hasRoom(job.events.length, event[0]) ? { ...job, events: [...job.events, event] } : job;
}
