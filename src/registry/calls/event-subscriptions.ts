import { err, ok, type Result } from "../../lib/result.ts";
import { ENDED_SUBSCRIPTION_KEPT_MS, MAX_EVENT_SUBSCRIPTIONS, SECRET_OVERLAP_MS } from "../../limits.ts";
import type { Caller } from "../api/asking.ts";
import type {
  HeldSubscription,
  NumberedAttempt,
  ReplayError,
  SubscriptionRequest,
  SubscriptionState,
  SubscriptionsApi,
  TooManySubscriptions,
  UnknownSubscription,
} from "../api/subscription-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { EventDeliveries } from "../deliver/event-deliveries.ts";
import type { EventWaitLooks } from "../deliver/event-wait-looks.ts";
import type { SealedSecret, Subscription } from "../storage/subscriptions.ts";

const UNKNOWN = err({ code: "unknown_subscription" as const });

const stateOf = (each: Subscription): SubscriptionState => {
  const { status, positions, expires_at, last_delivery_at, last_error, failed_since } = each;
  return { status, positions, expires_at, last_delivery_at, last_error, failed_since };
};

/** What callers do to the subscriptions of this object. */
export class EventSubscriptions implements SubscriptionsApi {
  readonly #context: RegistryContext;
  readonly #deliveries: EventDeliveries;
  readonly #eventLooks: EventWaitLooks;

  constructor(context: RegistryContext, deliveries: EventDeliveries, eventLooks: EventWaitLooks) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#eventLooks = eventLooks;
  }

  async subscription(_caller: Caller, subscriptionId: string): Promise<SubscriptionState | null> {
    const found = this.#context.subscriptions.find(subscriptionId);
    return found === undefined ? null : stateOf(found);
  }

  async subscribe(
    { key_id }: Caller,
    request: SubscriptionRequest,
  ): Promise<Result<SubscriptionState, TooManySubscriptions>> {
    const { subscriptions, store, now } = this.#context;
    const secrets = await this.#secretsAfter(request);
    const outcome = store.transact(() => {
      const before = subscriptions.find(request.subscription_id);
      const isLive = before !== undefined && before.status !== "ended";
      const count = isLive ? 0 : subscriptions.live().length;
      if (count >= MAX_EVENT_SUBSCRIPTIONS) return undefined;
      const { subscription_id, url, name, filter, positions, expires_at } = request;
      const fresh = { attempts: before?.attempts ?? 0, last_delivery_at: null, last_error: null, failed_since: null };
      const kept = isLive ? before : { ...fresh, positions };
      const each: Subscription = {
        ...{ subscription_id, key_id, url, name, filter, secrets, expires_at },
        ...{ positions: kept.positions, attempts: kept.attempts, last_delivery_at: kept.last_delivery_at },
        ...{ last_error: kept.last_error, failed_since: kept.failed_since },
        ...{ status: "active" as const, tries: 0, due_at: now() },
      };
      subscriptions.put(each);
      store.ringBy(now() + 1);
      return each;
    });
    if (outcome === undefined) return err({ code: "too_many_subscriptions", limit: MAX_EVENT_SUBSCRIPTIONS });
    return ok(stateOf(outcome));
  }

  async unsubscribe(_caller: Caller, subscriptionId: string): Promise<boolean> {
    const { subscriptions, store, now } = this.#context;
    return store.transact(() => {
      const each = subscriptions.find(subscriptionId);
      if (each === undefined) return false;
      if (each.status === "ended") return true;
      const due_at = now() + ENDED_SUBSCRIPTION_KEPT_MS;
      subscriptions.put({ ...each, status: "ended", secrets: [], due_at });
      return true;
    });
  }

  async subscriptions(_caller: Caller, after: string, limit: number): Promise<HeldSubscription[]> {
    return this.#context.subscriptions.held(after, limit).map((each) => {
      const { subscription_id, url, name, filter, attempts } = each;
      return { subscription_id, url, name, filter, attempts, ...stateOf(each) };
    });
  }

  async deliveries(
    _caller: Caller,
    subscriptionId: string,
    before: number,
    limit: number,
  ): Promise<Result<NumberedAttempt[], UnknownSubscription>> {
    const { subscriptions } = this.#context;
    if (subscriptions.find(subscriptionId) === undefined) return UNKNOWN;
    return ok(subscriptions.attempts(subscriptionId, before, limit));
  }

  async replay(_caller: Caller, subscriptionId: string, number: number): Promise<Result<NumberedAttempt, ReplayError>> {
    return this.#deliveries.replay(subscriptionId, number);
  }

  async addSubscriber(_caller: Caller, shard: number): Promise<void> {
    const { store, subscriptions } = this.#context;
    store.transact(() => subscriptions.addSubscriber(shard));
  }

  async wakeSubscriptions(): Promise<number> {
    return this.#deliveries.wakeAll() + this.#eventLooks.wake();
  }

  /** The new secret signs, and the one before beside it for a while. */
  async #secretsAfter({ subscription_id, sealed_secret }: SubscriptionRequest): Promise<SealedSecret[]> {
    const { subscriptions, now, delivery } = this.#context;
    const [current] = subscriptions.find(subscription_id)?.secrets ?? [];
    const fresh = { sealed: sealed_secret, until: null };
    if (current === undefined) return [fresh];
    const [before, after] = await Promise.all(
      [current.sealed, sealed_secret].map((sealed) => delivery?.openSecret(sealed, subscription_id)),
    );
    if (before !== undefined && before === after) return subscriptions.find(subscription_id)?.secrets ?? [fresh];
    return [fresh, { sealed: current.sealed, until: now() + SECRET_OVERLAP_MS }];
  }
}
