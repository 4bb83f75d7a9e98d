import type { PostOutcome } from "../../events/delivery.ts";
import type { EventPage, EventQuery } from "../api/event-calls.ts";

/** How an object reaches others, and the callbacks. */
export interface DeliveryPort {
  /** Of this object. */
  shard: number;
  /** New jobs go to the shards 0 to this - 1. */
  shards: number;
  readEvents: (shard: number, query: EventQuery) => Promise<EventPage>;
  /** Undefined: it was sealed under a secret that is gone. */
  openSecret: (sealed: string, subscriptionId: string) => Promise<string | undefined>;
  /** Under the secret of today; undefined: it is, or cannot be opened. */
  resealSecret: (sealed: string, subscriptionId: string) => Promise<string | undefined>;
  post: (url: string, headers: Record<string, string>, body: string) => Promise<PostOutcome>;
}
