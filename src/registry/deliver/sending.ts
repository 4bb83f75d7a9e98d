import { errorOf, type PostOutcome, verdictOf } from "../../events/delivery.ts";
import type { Taken } from "../../events/merge-events.ts";
import { encodePositions } from "../../events/positions.ts";
import { webhookHeaders } from "../../events/webhook-signature.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { iso } from "../../lib/time.ts";
import type { Attempt, NumberedAttempt, ReplayError } from "../api/subscription-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { SealedSecret, Subscription } from "../storage/subscriptions.ts";

export function attemptOf(
  { shard, position, event }: Taken,
  outcome: PostOutcome,
  result: Attempt["outcome"],
  at: number,
): Attempt {
  return {
    ...{ event_id: event.event_id, shard, position, at, outcome: result, replay: false },
    http_status: "status" in outcome ? outcome.status : null,
    error: result === "delivered" ? null : errorOf(outcome),
  };
}

/** Requests to callbacks, signed. */
export class Sending {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /** @param done all events up to there are done */
  event(each: Subscription, { event }: Pick<Taken, "event">, done: readonly number[]): Promise<PostOutcome> {
    const { event_id, name, at, data } = event;
    return this.#post(each, event_id, {
      eventId: event_id,
      name,
      timestamp: iso(at),
      data,
      cursor: encodePositions(done),
    });
  }

  /** What is no event: sent once, whatever comes back. */
  async control(each: Subscription, type: "gap" | "terminated", more: JsonObject): Promise<void> {
    const id = `msg_${type}_${this.#context.entropy(12).toHex()}`;
    await this.#post(each, id, { type, ...more });
  }

  async #post(each: Subscription, id: string, body: JsonObject): Promise<PostOutcome> {
    const { now, delivery } = this.#context;
    const usable = each.secrets.filter(({ until }) => until === null || until > now());
    const opened = await Promise.all(usable.map(({ sealed }) => delivery?.openSecret(sealed, each.subscription_id)));
    const secrets = opened.filter((secret) => secret !== undefined);
    // Nothing goes out unsigned: AUTH_SECRET was changed, and the subscriber must say its secret again.
    if (delivery === undefined || secrets.length === 0) return { error: "connection_refused" };
    const text = JSON.stringify(body);
    const message = { id, body: text, subscriptionId: each.subscription_id };
    return delivery.post(each.url, await webhookHeaders(message, secrets, now()), text);
  }

  /** Under the secret of today, what was sealed under the one before it; undefined: nothing was. */
  async resealed({ subscription_id, secrets }: Subscription): Promise<SealedSecret[] | undefined> {
    const fresh = await Promise.all(
      secrets.map(({ sealed }) => this.#context.delivery?.resealSecret(sealed, subscription_id)),
    );
    if (fresh.every((sealed) => sealed === undefined)) return undefined;
    return secrets.map((secret, i) => ({ ...secret, sealed: fresh[i] ?? secret.sealed }));
  }

  /** Sends the event of an attempt once more, under its own id: nothing else of the subscription changes. */
  async replay(id: string, number: number): Promise<Result<NumberedAttempt, ReplayError>> {
    const { subscriptions, store, delivery, now } = this.#context;
    const each = subscriptions.find(id);
    if (each === undefined || each.status === "ended") return err({ code: "unknown_subscription" });
    const [known] = subscriptions.attempts(id, number + 1, 1);
    if (known?.number !== number) return err({ code: "unknown_delivery" });
    const { shard, position, event_id } = known;
    if (delivery === undefined || shard === null || position === null) return err({ code: "event_gone" });
    const query = { after: position - 1, names: null, filter: {}, since: null, limit: 1 };
    const [placed] = (await delivery.readEvents(shard, query)).events;
    if (placed?.event.event_id !== event_id) return err({ code: "event_gone" });
    const outcome = await this.event(each, placed, each.positions);
    const result = verdictOf(outcome, 0).is === "delivered" ? "delivered" : "failed";
    const attempt = { ...attemptOf({ shard, ...placed }, outcome, result, now()), replay: true };
    return store.transact(() => {
      const fresh = subscriptions.find(id);
      if (fresh === undefined || fresh.status === "ended") return err({ code: "unknown_subscription" as const });
      const attempts = fresh.attempts + 1;
      subscriptions.note(id, attempts, attempt);
      subscriptions.put({ ...fresh, attempts });
      return ok({ ...attempt, number: attempts });
    });
  }
}
