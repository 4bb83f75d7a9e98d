import type { EventPage, EventQuery } from "../api/event-calls.ts";
import type { TriggerCopy } from "../api/trigger-calls.ts";

/** How an object reaches the other shards of its tenant. */
export interface Siblings {
  /** Of this object. */
  shard: number;
  /** New jobs go to the shards 0 to this - 1. */
  shards: number;
  keepCopy: (shard: number, copy: TriggerCopy) => Promise<void>;
  /** @param at when it ended, epoch ms: a copy that was saved later stays */
  dropCopy: (shard: number, name: string, at: number) => Promise<void>;
  /** From now on the shard tells this object of its events. */
  addSubscriber: (shard: number) => Promise<void>;
  readEvents: (shard: number, query: EventQuery) => Promise<EventPage>;
  /** There are new events. @returns how many subscriptions, and steps that wait for events, the shard has */
  wakeShard: (shard: number) => Promise<number>;
}
