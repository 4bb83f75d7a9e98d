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

export type TooManySubscriptions = { code: "too_many_subscriptions"; limit: number };

export interface SubscriptionsApi {
  /** null: there was none of late. */
  subscription(caller: Caller, subscriptionId: string): Promise<SubscriptionState | null>;
  /** A new one, or the same with a new lifetime and secret; one that was suspended goes on. */
  subscribe(caller: Caller, request: SubscriptionRequest): Promise<Result<SubscriptionState, TooManySubscriptions>>;
  /** @returns whether there was one of late */
  unsubscribe(caller: Caller, subscriptionId: string): Promise<boolean>;
  /** The shard has subscriptions, and wants to be told of this object's events. */
  addSubscriber(caller: Caller, shard: number): Promise<void>;
  /** There are new events somewhere. @returns how many subscriptions this object has */
  wakeSubscriptions(caller: Caller): Promise<number>;
}
