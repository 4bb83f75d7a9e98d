import type { EventPage, EventQuery } from "../../../src/registry/api/event-calls.ts";
import type { DeliveryPort } from "../../../src/registry/deliver/delivery-port.ts";
import { Failed, type Hazard, type Life } from "./hazard.ts";

/** Where subscribers want their events: it takes whatever comes. */
export class FakeCallback {
  /** Ids of what came, in its order. */
  readonly received: string[] = [];

  /** @param read of the events of that life @returns what it sends by */
  port(life: Life, hazard: Hazard, read: (query: EventQuery) => Promise<EventPage>): DeliveryPort {
    return {
      shard: 0,
      shards: 1,
      readEvents: (_shard, query) => hazard.call(life, "read events", () => read(query)),
      openSecret: async (sealed) => sealed,
      resealSecret: async () => undefined,
      post: async (_url, headers) => {
        try {
          return await hazard.call(life, "post to the callback", async () => {
            this.received.push(headers["webhook-id"] ?? "");
            return { status: 204, retry_after_ms: null, body: "" };
          });
        } catch (error) {
          if (error instanceof Failed) return { error: "timeout" };
          throw error;
        }
      },
    };
  }
}
