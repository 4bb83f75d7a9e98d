import type { PostOutcome } from "../../events/delivery.ts";
import type { EventFilter } from "../../events/event-filter.ts";
import { decodePositions, encodePositions } from "../../events/positions.ts";
import { shardsOfHash } from "../../jobs/flow/shard-of-key.ts";
import { digest } from "../../lib/digest.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { SubscriptionState } from "../../registry/api/subscription-calls.ts";
import type { ServiceContext } from "../context.ts";
import { readEvents, readFromNow } from "./event-reading.ts";

/** What a subscription is known by. All of it: another value is another subscription. */
export interface SubscriptionKey {
  url: string;
  name: string;
  /** As they were sent. */
  filter: EventFilter;
}

/** How callbacks are reached, and their secrets kept. */
export interface Callbacks {
  /** Origins that may be private. */
  allow: readonly string[];
  post: (url: string, headers: Record<string, string>, body: string) => Promise<PostOutcome>;
  seal: (secret: string, subscriptionId: string) => Promise<string>;
}

const ID_PREFIX = "sub_";
const ID_DIGITS = 32;
const SHARD_DIGITS = 8;

/** PERSISTED: the number that places the subscription, which its id begins with. */
export const placeOfId = (id: string): number =>
  Number.parseInt(id.slice(ID_PREFIX.length, ID_PREFIX.length + SHARD_DIGITS), 16);

/** Whose it is: the key stays when its tokens change. */
async function placeOf({ url, name, filter }: SubscriptionKey, context: ServiceContext) {
  const hash = await digest([[context.tenant, context.actor ?? null], url, name, filter]);
  const id = `${ID_PREFIX}${hash.slice(0, ID_DIGITS)}`;
  return { id, shards: shardsOfHash(placeOfId(id), context.shards) };
}

export interface Found {
  id: string;
  /** That has it, or would. */
  shard: number;
  /** null: there was none of late. */
  state: SubscriptionState | null;
}

/** Where it is: in its own shard, or in one that was its own while there were fewer. */
export async function findSubscription(key: SubscriptionKey, context: ServiceContext): Promise<Found> {
  const { id, shards } = await placeOf(key, context);
  const states = await Promise.all(
    shards.map((shard) => context.ask(shard, (registry, caller) => registry.subscription(caller, id))),
  );
  const at = states.findIndex((state) => state !== null && state.status !== "ended");
  const held = at >= 0 ? at : states.findIndex((state) => state !== null);
  return { id, shard: shards[Math.max(held, 0)] ?? 0, state: states[held] ?? null };
}

export interface Wanted extends SubscriptionKey {
  secret: string;
  /** null: from now on. */
  cursor: string | null;
  since: number | null;
  /** Epoch ms; null: never. */
  expires_at: number | null;
}

export interface Subscribed extends Omit<SubscriptionState, "positions"> {
  id: string;
  cursor: string;
  truncated: boolean;
  isNew: boolean;
}

/** Where a new one begins. Whatever happens from then on is recorded. */
async function beginning({ name, filter, cursor, since }: Wanted, context: ServiceContext) {
  const wanted = { names: [name], filter, cursor, since, limit: 1, waitMs: 0 };
  const here = new AbortController().signal;
  const read = cursor === null ? null : await readEvents(context, wanted, here);
  if (read?.ok && !read.value.truncated) {
    return { positions: decodePositions(cursor ?? "") ?? [], truncated: false };
  }
  const from = read?.ok ? read.value : await readFromNow(context, wanted, here);
  const positions = decodePositions(from.cursorAfter(0)) ?? [];
  return { positions, truncated: cursor !== null };
}

/** @param found what {@link findSubscription} gave: a callback that nobody has verified must not be stored */
export async function subscribe(
  wanted: Wanted,
  { id, shard, state }: Found,
  context: ServiceContext,
  { seal }: Callbacks,
): Promise<Result<Subscribed, { code: "too_many_subscriptions"; limit: number }>> {
  const isLive = state !== null && state.status !== "ended";
  const { positions, truncated } = isLive
    ? { positions: state.positions, truncated: false }
    : await beginning(wanted, context);
  const { url, name, filter, expires_at } = wanted;
  const sealed_secret = await seal(wanted.secret, id);
  const request = { subscription_id: id, url, name, filter, sealed_secret, positions, expires_at };
  const stored = await context.ask(shard, (registry, caller) => registry.subscribe(caller, request));
  if (!stored.ok) return err(stored.error);
  // Every shard must know whom to wake before the subscriber is told that it will be. A shard that was told sooner, and had
  // an event, would hear that nobody listens, and forget it.
  const shards = Array.from({ length: context.shards }, (_, each) => each);
  await Promise.all(
    shards.map((each) => context.ask(each, (registry, caller) => registry.addSubscriber(caller, shard))),
  );
  // For what happened before they knew. They knew of one that is only refreshed.
  if (!isLive) await context.ask(shard, (registry, caller) => registry.wakeSubscriptions(caller));
  const { positions: done, ...rest } = stored.value;
  return ok({ id, ...rest, cursor: encodePositions(done), truncated, isNew: !isLive });
}

/** @returns whether there was one of late */
export async function unsubscribe(key: SubscriptionKey, context: ServiceContext): Promise<boolean> {
  const { id, shard, state } = await findSubscription(key, context);
  if (state === null) return false;
  return context.ask(shard, (registry, caller) => registry.unsubscribe(caller, id));
}
