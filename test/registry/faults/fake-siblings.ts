import type { EventRecord } from "../../../src/events/event.ts";
import type { EventPage, EventQuery } from "../../../src/registry/api/event-calls.ts";
import type { Siblings } from "../../../src/registry/fire/siblings.ts";
import type { Hazard, Life } from "./hazard.ts";

/** The other shard of the tenant: it keeps what it is told, and has events of its own. */
export class FakeSiblings {
  /** Names of the event triggers that it has a copy of, with their versions. */
  readonly copies = new Map<string, number>();
  /** Shards that it tells of its events. */
  readonly told = new Set<number>();
  readonly #events: EventRecord[] = [];

  /** Something happens there; whoever reads it has not heard of it. */
  emit(name: string, data: EventRecord["data"], at: number): void {
    this.#events.push({ event_id: `evt_other_${this.#events.length}`, name, at, data });
  }

  port(life: Life, hazard: Hazard): Siblings {
    return {
      shard: 0,
      shards: 2,
      keepCopy: (_shard, { trigger }) =>
        hazard.call(life, "tell of a trigger", async () => {
          this.copies.set(trigger.name, trigger.version);
        }),
      dropCopy: (_shard, name) =>
        hazard.call(life, "tell of a deleted trigger", async () => {
          this.copies.delete(name);
        }),
      addSubscriber: (_shard) =>
        hazard.call(life, "say who reads", async () => {
          this.told.add(0);
        }),
      readEvents: (_shard, query) => hazard.call(life, "read another shard", async () => this.#page(query)),
      wakeShard: () => hazard.call(life, "wake another shard", async () => 1),
    };
  }

  #page({ after, names, limit }: EventQuery): EventPage {
    const last = this.#events.length;
    const from = after ?? last;
    const placed = this.#events.map((event, i) => ({ position: i + 1, event }));
    const wanted = placed.filter(({ position, event }) => position > from && (names?.includes(event.name) ?? true));
    const events = wanted.slice(0, limit);
    const has_more = wanted.length > limit;
    return { events, position: has_more ? (events.at(-1)?.position ?? from) : last, has_more, truncated: false };
  }
}
