import * as z from "zod";
import { iso, isoOrNull } from "../../lib/time.ts";
import type { HeldSubscription, NumberedAttempt } from "../../registry/api/subscription-calls.ts";
import { CURSOR_FAULT } from "../../service/answers/refusal-faults.ts";
import {
  DeliveriesInput,
  EndSubscriptionInput,
  endSubscription,
  ListSubscriptionsInput,
  listDeliveries,
  listSubscriptions,
  ReplayInput,
  replayDelivery,
} from "../../service/events/held-subscriptions.ts";
import { answer, defineRoute, type Route, refuse } from "../route.ts";
import { DeletedView } from "./job-views.ts";

const textOrNull = z.string().nullable();

const SubscriptionView = z
  .strictObject({
    id: z.string(),
    url: z.string().describe("Without its query, which may be secret"),
    name: z.string().describe("The event"),
    arguments: z.record(z.string(), z.string().optional()),
    status: z.enum(["active", "suspended", "ended"]),
    deliveries: z.int().describe("Sendings so far"),
    expires_at: textOrNull,
    last_delivery_at: textOrNull,
    last_error: textOrNull,
    failed_since: textOrNull,
  })
  .meta({ id: "Subscription" });

const DeliveryView = z
  .strictObject({
    number: z.int(),
    event_id: z.string(),
    at: z.string(),
    outcome: z.enum(["delivered", "failed", "given_up"]),
    http_status: z.int().nullable(),
    error: textOrNull,
    replay: z.boolean().describe("Somebody asked for it"),
  })
  .meta({ id: "Delivery" });

function subscriptionView(each: HeldSubscription): z.infer<typeof SubscriptionView> {
  const { subscription_id, url, name, filter, status, attempts, last_error } = each;
  return {
    id: subscription_id,
    url: url.split("?")[0] ?? url,
    name,
    arguments: filter,
    status,
    deliveries: attempts,
    expires_at: isoOrNull(each.expires_at),
    last_delivery_at: isoOrNull(each.last_delivery_at),
    last_error,
    failed_since: isoOrNull(each.failed_since),
  };
}

const deliveryView = ({ shard: _, position: __, at, ...each }: NumberedAttempt): z.infer<typeof DeliveryView> => {
  return { ...each, at: iso(at) };
};

const listRoute = defineRoute({
  operation: "subscriptions_list",
  method: "GET",
  path: "/subscriptions",
  summary: "Callbacks that events are sent to; the Events extension of MCP makes them.",
  scope: "jobs:read",
  input: ListSubscriptionsInput,
  answers: {
    200: {
      description: "One page.",
      schema: z
        .strictObject({ subscriptions: z.array(SubscriptionView), next_cursor: textOrNull })
        .meta({ id: "SubscriptionPage" }),
    },
  },
  refusals: ["invalid_cursor"],
  run: async (args, context) => {
    const page = await listSubscriptions(context, args);
    if (!page.ok) return refuse(page.error, [CURSOR_FAULT]);
    const { subscriptions, next_cursor } = page.value;
    return answer({ subscriptions: subscriptions.map(subscriptionView), next_cursor });
  },
});

const deliveriesRoute = defineRoute({
  operation: "subscriptions_deliveries",
  method: "GET",
  path: "/subscriptions/{subscription_id}/deliveries",
  summary: "What became of each sending, the newest first.",
  scope: "jobs:read",
  input: DeliveriesInput,
  answers: {
    200: {
      description: "One page.",
      schema: z
        .strictObject({ deliveries: z.array(DeliveryView), next_cursor: textOrNull })
        .meta({ id: "DeliveryPage" }),
    },
  },
  refusals: ["unknown_subscription", "invalid_cursor"],
  run: async (args, context) => {
    const page = await listDeliveries(context, args);
    if (!page.ok) return page.error.code === "invalid_cursor" ? refuse(page.error, [CURSOR_FAULT]) : refuse(page.error);
    const { deliveries, next_cursor } = page.value;
    return answer({ deliveries: deliveries.map(deliveryView), next_cursor });
  },
});

const replayRoute = defineRoute({
  operation: "subscriptions_replay",
  method: "POST",
  path: "/subscriptions/{subscription_id}/replay",
  summary: "Send the event of a delivery once more, under the same id, and say what became of it.",
  scope: "triggers:write",
  input: ReplayInput,
  answers: { 200: { description: "It was sent.", schema: DeliveryView } },
  refusals: ["unknown_subscription", "unknown_delivery", "event_gone"],
  run: async (args, context) => {
    const sent = await replayDelivery(context, args);
    return sent.ok ? answer(deliveryView(sent.value)) : refuse(sent.error);
  },
});

const endRoute = defineRoute({
  operation: "subscriptions_delete",
  method: "DELETE",
  path: "/subscriptions/{subscription_id}",
  summary: "End a subscription.",
  scope: "triggers:write",
  input: EndSubscriptionInput,
  answers: { 200: { description: "It has ended.", schema: DeletedView } },
  refusals: ["unknown_subscription"],
  run: async (args, context) => {
    const ended = await endSubscription(context, args);
    return ended.ok ? answer({ deleted: true }) : refuse(ended.error);
  },
});

export const SUBSCRIPTION_ROUTES: readonly Route[] = [listRoute, deliveriesRoute, replayRoute, endRoute];
