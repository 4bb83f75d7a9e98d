/** What is recorded of events, and how they are handed out. */

import { DAY, KIB, MINUTE, SECOND } from "./units.ts";

/** Of a job's result in the event of its end; a longer one is told by its size. */
export const MAX_EVENT_RESULT_BYTES = 8 * KIB;
/** Of what an `emit` step tells. */
export const MAX_EVENT_DATA_BYTES = 16 * KIB;
/** Names that plans tell events under, of one shard: further ones are told and not listed. */
export const MAX_EMITTED_NAMES = 200;
/** Names that one read asks for. */
export const MAX_EVENT_NAMES = 20;
/** A wait whose shards keep answering with nothing ends after so many looks, and is asked for again. */
export const MAX_EVENT_LOOKS = 10;
/** Events of one answer of events/poll, unless the client says otherwise. */
export const DEFAULT_POLLED_EVENTS = 50;
/** When a client of events/poll that has had everything asks again. */
export const EVENT_POLL_MS = 15 * SECOND;
/** How long events/poll is held at most, for a client that wants to wait. */
export const MAX_POLL_HOLD_MS = 25 * SECOND;
/** An idle stream of events says so after this: its clients give one up after 30 seconds. */
export const EVENT_HEARTBEAT_MS = 15 * SECOND;
/** How long an event is kept. */
export const EVENT_KEPT_MS = 7 * DAY;
/** A tenant that has not asked for so long does not listen: nothing is recorded for it any more. */
export const LISTENING_MS = 7 * DAY;
/** Who listens is noted again when so much of the time is over: one row a day. */
export const LISTENING_RENEWED_MS = DAY;
/** Events that one shard keeps, unless the deployment says otherwise. */
export const DEFAULT_EVENTS_KEPT = 100_000;
/** Rows that one alarm deletes at most, and how many more than are kept make it ring. */
export const EVENT_PURGE_BATCH = 500;
/** Rows that one read looks at, the others come with the next one. */
export const MAX_EVENT_SCAN = 1_000;
/** Of the data of one read's events; a single longer one is read alone. */
export const MAX_EVENT_PAGE_BYTES = 256 * KIB;

// Steps that an event answers.
/** Such steps of one shard that wait at the same time. */
export const MAX_EVENT_WAITS = 10_000;
/** Of what `when` of such a step names, beside the event. */
export const MAX_EVENT_SCOPE_BYTES = 64 * KIB;
/** Events, and steps that wait for one, that are looked at together. */
export const EVENTS_LOOKED_AT = 50;
export const EVENT_WAITS_AT_ONCE = 100;
/** How long until such a step looks after events that its shard was not told of. */
export const EVENT_WAIT_LOOK_MS = 5 * MINUTE;

// Deliveries to callbacks.
/** Subscriptions of one shard. */
export const MAX_EVENT_SUBSCRIPTIONS = 100;
export const MAX_CALLBACK_URL_CHARS = 2_048;
export const CALLBACK_TIMEOUT_MS = 10 * SECOND;
/** As much of an answer as a challenge takes. */
export const MAX_CALLBACK_ANSWER_BYTES = 4 * KIB;
/** However long a callback wants to be left alone. */
export const MAX_DELIVERY_WAIT_MS = 60 * MINUTE;
/** How long a subscription lives that is not renewed: what a client suggests, within these bounds. */
export const DEFAULT_SUBSCRIPTION_MS = DAY;
export const MIN_SUBSCRIPTION_MS = MINUTE;
export const MAX_SUBSCRIPTION_MS = 7 * DAY;
/** One that ended is known for so long, so that it can be ended again. */
export const ENDED_SUBSCRIPTION_KEPT_MS = 30 * DAY;
/** A secret signs for so long beside the one that replaced it. */
export const SECRET_OVERLAP_MS = 5 * MINUTE;
/** Sendings of a subscription that are kept, the newest. */
export const MAX_KEPT_ATTEMPTS = 100;
/** Events of one look at the log, and subscriptions that one alarm looks at. */
export const DELIVERED_AT_ONCE = 20;
export const SUBSCRIPTIONS_AT_ONCE = 50;
/** An active subscription looks after events that it was not told of; one that is being delivered, after its process. */
export const SUBSCRIPTION_LOOK_MS = 5 * MINUTE;
export const SUBSCRIPTION_LEASE_MS = MINUTE;
/** A suspended one only keeps its events recorded. */
export const SUSPENDED_LOOK_MS = DAY;
