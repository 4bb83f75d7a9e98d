import type { DeliveryError } from "../../events/delivery.ts";
import type { EventFilter } from "../../events/event-filter.ts";
import type { Result } from "../../lib/result.ts";
import type { Caller } from "./asking.ts";

/** Subscriptions of callbacks, as the object that has them answers. Times are epoch ms. */

export interface SubscriptionRequest {
  subscription_id: string;
  url: string;
  name: string;
  filter: EventFilter;
  /** Encrypted. */
  sealed_secret: string;
  /** Where a new one begins; one that lives goes on where it is. */
  positions: number[];
  /** null: never. */
  expires_at: number | null;
}

export interface SubscriptionState {
  status: "active" | "suspended" | "ended";
  /** All events up to there are done. */
  positions: number[];
  expires_at: number | null;
  last_delivery_at: number | null;
  last_error: DeliveryError | null;
  failed_since: number | null;
}

/** As those who look after them see one. */
export interface HeldSubscription extends SubscriptionState {
  subscription_id: string;
  url: string;
  name: string;
  filter: EventFilter;
  /** Sendings so far. */
  attempts: number;
}

/** One sending of an event. */
export interface Attempt {
  event_id: string;
  /** Where the event lies, while it is kept; null of attempts before 0.2.0. */
  shard: number | null;
  position: number | null;
  at: number;
  outcome: "delivered" | "failed" | "given_up";
  http_status: number | null;
  error: DeliveryError | null;
  /** Somebody asked for it. */
  replay: boolean;
}
/** Counts from 1. */
export type NumberedAttempt = Attempt & { number: number };

export type UnknownSubscription = { code: "unknown_subscription" };
/** `event_gone`: it is not kept any more; `unknown_delivery`: there is no such attempt, or not any more. */
export type ReplayError = UnknownSubscription | { code: "unknown_delivery" } | { code: "event_gone" };

export type TooManySubscriptions = { code: "too_many_subscriptions"; limit: number };

export interface SubscriptionsApi {
  /** null: there was none of late. */
  subscription(caller: Caller, subscriptionId: string): Promise<SubscriptionState | null>;
  /** A new one, or the same with a new lifetime and secret; one that was suspended goes on. */
  subscribe(caller: Caller, request: SubscriptionRequest): Promise<Result<SubscriptionState, TooManySubscriptions>>;
  /** @returns whether there was one of late */
  unsubscribe(caller: Caller, subscriptionId: string): Promise<boolean>;
  /** Those that have not ended, above `after`, by id. */
  subscriptions(caller: Caller, after: string, limit: number): Promise<HeldSubscription[]>;
  /** Sendings, the newest first, below `before`. */
  deliveries(
    caller: Caller,
    subscriptionId: string,
    before: number,
    limit: number,
  ): Promise<Result<NumberedAttempt[], UnknownSubscription>>;
  /** Sends the event of the attempt once more, whatever the subscription's state is. */
  replay(caller: Caller, subscriptionId: string, number: number): Promise<Result<NumberedAttempt, ReplayError>>;
  /** The shard has subscriptions, and wants to be told of this object's events. */
  addSubscriber(caller: Caller, shard: number): Promise<void>;
  /** There are new events somewhere. @returns how many subscriptions, and steps that wait for events, this object has */
  wakeSubscriptions(caller: Caller): Promise<number>;
}
