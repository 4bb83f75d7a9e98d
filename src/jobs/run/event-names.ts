import { MAX_NAME_CHARS } from "../../limits.ts";

/** Names of events: what the server itself tells, and what plans tell. */

/** PERSISTED. The first is what most listen to. */
export const OWN_EVENT_NAMES = [
  "job.settled",
  "job.input_required",
  "trigger.changed",
  "trigger.missed",
  "trigger.refused",
] as const;

const EVENT_NAME = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+$/;
/** What only the server itself may tell. */
const OWN = /^(?:job|trigger)\./;

/** Two words or more. */
export const isEventName = (name: string): boolean => name.length <= MAX_NAME_CHARS && EVENT_NAME.test(name);

/** Whether the server keeps the name for itself. */
export const isOwn = (name: string): boolean => OWN.test(name);

/** Names that `emit` steps may use: none that the server keeps for itself. */
export const isEmittedName = (name: string): boolean => isEventName(name) && !isOwn(name);

/** Whether there may be an event of the name. */
export const mayHappen = (name: string): boolean =>
  (OWN_EVENT_NAMES as readonly string[]).includes(name) || isEmittedName(name);

/** What to do about a name that no event has. */
export const EVENT_NAME_FIX = `Use one of ${OWN_EVENT_NAMES.join(", ")}, or a name that an emit step tells, such as order.shipped.`;
