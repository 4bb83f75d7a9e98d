import type { JsonObject } from "../lib/json.ts";

/** Something to be recorded, once, in the transaction that makes it true. `at` is epoch ms. */
export interface NewEvent {
  name: string;
  at: number;
  data: JsonObject;
  /** {@link newEventId}, or what makes the same event known again; left out: a new one. */
  event_id?: string;
  /** How many jobs of event triggers led to it; left out: none. */
  depth?: number;
}

/** PERSISTED. Something that was recorded, and never changes. */
export interface EventRecord extends NewEvent {
  event_id: string;
}

/** Random bytes that one id takes. */
export const EVENT_ENTROPY_BYTES = 16;

const ID_CHARS = 2 * EVENT_ENTROPY_BYTES;

/** Of what a step tells: the same for the same telling. @param digest hexadecimal digits that stand for it */
export const emittedEventId = (digest: string): string => `evt_${digest.slice(0, ID_CHARS)}`;

/** Visible ASCII without a dot, since Standard Webhooks separates what it signs by dots. */
export const newEventId = (entropy: Uint8Array): string => `evt_${entropy.toHex()}`;
