import * as z from "zod";
import { callbackFault } from "../../egress/callbacks.ts";
import { challengeError } from "../../events/delivery.ts";
import { EventFilter } from "../../events/event-filter.ts";
import { WEBHOOK_SECRET_FORM, webhookHeaders, webhookKey } from "../../events/webhook-signature.ts";
import { toBase64Url } from "../../lib/base64url.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { isoOrNull } from "../../lib/time.ts";
import { DEFAULT_SUBSCRIPTION_MS, MAX_SUBSCRIPTION_MS, MIN_SUBSCRIPTION_MS } from "../../limits.ts";
import { eventTypeOf } from "../../service/events/event-types-of.ts";
import {
  type Callbacks,
  findSubscription,
  type Subscribed,
  type SubscriptionKey,
  subscribe,
  unsubscribe,
} from "../../service/events/subscribing.ts";
import type { McpDeps } from "../deps.ts";
import {
  callbackRefused,
  type EventRefusal,
  forbidden,
  invalidParams,
  notFound,
  tooManySubscriptions,
  unsupportedMode,
} from "./event-errors.ts";
import { Common, readListened, readParams } from "./event-request.ts";

/** events/subscribe and events/unsubscribe: what happens is sent to a callback, until its time is over. */

const Subscribe = Common.extend({
  delivery: z.looseObject({ mode: z.string(), url: z.unknown(), secret: z.unknown() }),
  ttlMs: z.number().nullish(),
});
const Unsubscribe = z.looseObject({
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()).nullish(),
  delivery: z.looseObject({ url: z.string() }),
});

const CHALLENGE_BYTES = 32;

/** When it ends: what the client suggests, within our bounds; null only for a client that wants no end. */
function expiryOf(ttlMs: number | null | undefined, now: number): number | null {
  if (ttlMs === null) return null;
  return now + Math.min(Math.max(ttlMs ?? DEFAULT_SUBSCRIPTION_MS, MIN_SUBSCRIPTION_MS), MAX_SUBSCRIPTION_MS);
}

/** Whether whoever listens at the callback wants these events. */
async function verify(
  url: string,
  secret: string,
  id: string,
  { post }: Callbacks,
  now: number,
): Promise<Result<null, EventRefusal>> {
  const random = crypto.getRandomValues(new Uint8Array(2 * CHALLENGE_BYTES));
  const challenge = toBase64Url(random.subarray(0, CHALLENGE_BYTES));
  const body = JSON.stringify({ type: "verification", challenge });
  const message = { id: `msg_verification_${random.subarray(CHALLENGE_BYTES).toHex()}`, body, subscriptionId: id };
  const error = challengeError(await post(url, await webhookHeaders(message, [secret], now), body), challenge);
  return error === undefined ? ok(null) : err(callbackRefused(error));
}

const replyOf = ({ id, expires_at, cursor, truncated, isNew, ...state }: Subscribed): JsonObject => ({
  id,
  refreshBefore: isoOrNull(expires_at),
  cursor,
  truncated,
  ...(!isNew && {
    deliveryStatus: {
      active: state.status === "active",
      lastDeliveryAt: isoOrNull(state.last_delivery_at),
      lastError: state.last_error,
      ...(state.failed_since !== null && { failedSince: isoOrNull(state.failed_since) }),
    },
  }),
});

const NO_SECRET =
  "This server has no AUTH_SECRET, so it cannot keep a callback's secret: set one, or poll and push instead.";

/** Where to, and signed by what; or which of them is wrong. */
function readCallback(
  { secret, url }: { secret?: unknown; url?: unknown },
  allow: readonly string[],
): Result<{ secret: string; url: string }, EventRefusal> {
  if (typeof secret !== "string" || webhookKey(secret) === undefined) {
    return err(invalidParams(`delivery.secret: must be ${WEBHOOK_SECRET_FORM}`));
  }
  if (typeof url !== "string") return err(invalidParams("delivery.url: must be a URL"));
  const fault = callbackFault(url, allow);
  return fault === undefined ? ok({ secret, url }) : err(invalidParams(`delivery.url: ${fault}`));
}

export async function subscribeCallback(params: unknown, deps: McpDeps): Promise<Result<JsonObject, EventRefusal>> {
  const asked = readParams(Subscribe, params);
  if (!asked.ok) return asked;
  const { delivery, ttlMs } = asked.value;
  const type = await eventTypeOf(asked.value.name, deps);
  if (type === undefined) return err(notFound("event"));
  if (delivery.mode !== "webhook") return err(unsupportedMode(delivery.mode));
  const listened = await readListened(asked.value, deps);
  if (!listened.ok) return listened;
  const callback = readCallback(delivery, deps.callbacks?.allow ?? []);
  if (!callback.ok) return callback;
  const { secret, url } = callback.value;
  if (deps.callbacks === undefined) return err(forbidden(NO_SECRET));
  const { filter, cursor, since } = listened.value;
  const key: SubscriptionKey = { url, name: type.name, filter };
  const found = await findSubscription(key, deps);
  const isLive = found.state !== null && found.state.status !== "ended";
  if (!isLive) {
    const verified = await verify(url, secret, found.id, deps.callbacks, deps.now());
    if (!verified.ok) return verified;
  }
  const expires_at = expiryOf(ttlMs, deps.now());
  const stored = await subscribe({ ...key, secret, cursor, since, expires_at }, found, deps, deps.callbacks);
  return stored.ok ? ok(replyOf(stored.value)) : err(tooManySubscriptions(stored.error.limit));
}

export async function unsubscribeCallback(params: unknown, deps: McpDeps): Promise<Result<JsonObject, EventRefusal>> {
  const asked = readParams(Unsubscribe, params);
  if (!asked.ok) return asked;
  const { name, arguments: given, delivery } = asked.value;
  // Arguments are not checked, only part of the key: what could not be subscribed was never held.
  const filter = EventFilter.safeParse(given ?? {});
  if (!filter.success) return err(notFound("subscription"));
  const isHeld = await unsubscribe({ url: delivery.url, name, filter: filter.data }, deps);
  return isHeld ? ok({}) : err(notFound("subscription"));
}
