import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeEvents, positionsAfter } from "../../src/events/merge-events.ts";

const placed = (position: number, at: number) => ({
  position,
  event: { event_id: `evt_${position}_${at}`, name: "a.b", at, data: {} },
});

/** Logs of some shards with gaps in their positions, whose clocks agree more or less. */
const logs = fc.array(
  fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 50 })), { maxLength: 12 }),
  { minLength: 1, maxLength: 5 },
);

describe("events of several shards", () => {
  it("come in the order of their times, and in that of their shard where a clock was set back", () => {
    const pages = [
      { events: [placed(1, 10), placed(2, 5), placed(4, 30)], position: 9 },
      { events: [placed(1, 7), placed(3, 20)], position: 3 },
    ];
    expect(mergeEvents(pages, 10).map(({ shard, event }) => [shard, event.at])).toEqual([
      [1, 7],
      [0, 10],
      [0, 5],
      [1, 20],
      [0, 30],
    ]);
  });

  it("are each had once, in the order of their shard, whatever the pages are", () => {
    fc.assert(
      fc.property(logs, fc.integer({ min: 1, max: 5 }), (shapes, limit) => {
        const shards = shapes.map((steps) => {
          let position = 0;
          return steps.map(([gap, at]) => {
            position += gap;
            return placed(position, at);
          });
        });
        let places = shards.map(() => 0);
        const had = shards.map((): string[] => []);
        for (let reads = 0; reads < 100; reads++) {
          const pages = shards.map((log, shard) => {
            const events = log.filter(({ position }) => position > (places[shard] ?? 0)).slice(0, limit);
            return { events, position: events.at(-1)?.position ?? places[shard] ?? 0 };
          });
          const taken = mergeEvents(pages, limit);
          if (taken.length === 0) break;
          for (const { shard, event } of taken) had[shard]?.push(event.event_id);
          places = positionsAfter(pages, taken);
        }
        expect(had).toEqual(shards.map((log) => log.map(({ event }) => event.event_id)));
      }),
      { numRuns: 50 },
    );
  });

  it("leave a reader that has had some of them right before the first that it has not had", () => {
    const pages = [
      { events: [placed(3, 1), placed(8, 9)], position: 12 },
      { events: [], position: 5 },
    ];
    expect(positionsAfter(pages, mergeEvents(pages, 1))).toEqual([7, 5]);
    expect(positionsAfter(pages, mergeEvents(pages, 2))).toEqual([12, 5]);
    expect(positionsAfter(pages, [])).toEqual([2, 5]);
  });
});
