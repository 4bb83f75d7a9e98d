import * as z from "zod";
import { shardsOfHash } from "../../jobs/flow/shard-of-key.ts";
import { err, ok } from "../../lib/result.ts";
import { MAX_LIST_ROWS } from "../../limits.ts";
import type {
  HeldSubscription,
  NumberedAttempt,
  ReplayError,
  UnknownSubscription,
} from "../../registry/api/subscription-calls.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { cursor, limit } from "../fields.ts";
import { placeOfId } from "./subscribing.ts";

/** What a tenant sees of its subscriptions, whoever made them. */

const UNKNOWN = err({ code: "unknown_subscription" as const });
const LIST_FILTER = "subscriptions";
const ID = /^sub_[0-9a-f]{32}$/;

const subscriptionId = z.string().max(64).describe("Id of the subscription.");

export const ListSubscriptionsInput = z.strictObject({ limit, cursor });
export const DeliveriesInput = z.strictObject({ subscription_id: subscriptionId, limit, cursor });
export const ReplayInput = z.strictObject({
  subscription_id: subscriptionId,
  delivery: z.int().min(1).describe("Number of the delivery whose event is sent again."),
});
export const EndSubscriptionInput = z.strictObject({ subscription_id: subscriptionId });

/** Where the subscription may lie; none for what is no id of one. */
const shardsOf = (id: string, shards: number): number[] => (ID.test(id) ? shardsOfHash(placeOfId(id), shards) : []);

export interface SubscriptionPage {
  subscriptions: HeldSubscription[];
  next_cursor: string | null;
}

/** By id, of all shards. */
export async function listSubscriptions(
  context: ServiceContext,
  args: z.output<typeof ListSubscriptionsInput>,
): Answer<SubscriptionPage, { code: "invalid_cursor" }> {
  const from = args.cursor === undefined ? ok({ after: "" }) : await context.cursors.read(args.cursor, LIST_FILTER);
  if (!from.ok) return from;
  const { after } = from.value;
  const pages = await Promise.all(
    Array.from({ length: context.shards }, (_, shard) =>
      context.ask(shard, (registry, caller) => registry.subscriptions(caller, after, args.limit + 1)),
    ),
  );
  const all = pages.flat().sort((a, b) => (a.subscription_id < b.subscription_id ? -1 : 1));
  const subscriptions = all.slice(0, args.limit);
  const last = subscriptions.at(-1)?.subscription_id;
  const isMore = all.length > subscriptions.length && last !== undefined;
  return ok({
    subscriptions,
    next_cursor: isMore ? await context.cursors.write({ after: last, filter: LIST_FILTER }) : null,
  });
}

export interface DeliveryPage {
  deliveries: NumberedAttempt[];
  next_cursor: string | null;
}

/** Sendings of one subscription, the newest first. */
export async function listDeliveries(
  context: ServiceContext,
  { subscription_id, ...args }: z.output<typeof DeliveriesInput>,
): Answer<DeliveryPage, UnknownSubscription | { code: "invalid_cursor" }> {
  const filter = `deliveries ${subscription_id}`;
  const from = args.cursor === undefined ? ok({ after: "" }) : await context.cursors.read(args.cursor, filter);
  if (!from.ok) return from;
  const before = from.value.after === "" ? Number.MAX_SAFE_INTEGER : Number(from.value.after);
  const size = Math.min(args.limit, MAX_LIST_ROWS);
  for (const shard of shardsOf(subscription_id, context.shards)) {
    const found = await context.ask(shard, (registry, caller) =>
      registry.deliveries(caller, subscription_id, before, size + 1),
    );
    if (!found.ok) continue;
    const deliveries = found.value.slice(0, size);
    const last = deliveries.at(-1);
    const isMore = found.value.length > size && last !== undefined;
    const next_cursor = isMore ? await context.cursors.write({ after: `${last.number}`, filter }) : null;
    return ok({ deliveries, next_cursor });
  }
  return UNKNOWN;
}

/** Sends the event of a delivery once more, under its own id. */
export async function replayDelivery(
  context: ServiceContext,
  { subscription_id, delivery }: z.output<typeof ReplayInput>,
): Answer<NumberedAttempt, ReplayError> {
  for (const shard of shardsOf(subscription_id, context.shards)) {
    const sent = await context.ask(shard, (registry, caller) => registry.replay(caller, subscription_id, delivery));
    if (sent.ok || sent.error.code !== "unknown_subscription") return sent;
  }
  return UNKNOWN;
}

export async function endSubscription(
  context: ServiceContext,
  { subscription_id }: z.output<typeof EndSubscriptionInput>,
): Answer<null, UnknownSubscription> {
  for (const shard of shardsOf(subscription_id, context.shards)) {
    if (await context.ask(shard, (registry, caller) => registry.unsubscribe(caller, subscription_id))) return ok(null);
  }
  return UNKNOWN;
}
