import { expect, it } from "vitest";
import type { Siblings } from "../../../src/registry/fire/siblings.ts";
import { type Bench, CALLER, inRegistry } from "../bench.ts";

/** This object is shard 0 of two, and shard 1 has said that it listens. */
async function besideAnother(wakeShard: Siblings["wakeShard"], test: (bench: Bench) => Promise<void>): Promise<void> {
  const siblings: Siblings = {
    ...{ shard: 0, shards: 2, wakeShard },
    ...{ keepCopy: async () => undefined, dropCopy: async () => undefined, addSubscriber: async () => undefined },
    readEvents: async () => ({ events: [], position: 0, has_more: false, truncated: false }),
  };
  await inRegistry(
    async (bench) => {
      await bench.events.readEvents({ after: null, names: null, filter: {}, since: null, limit: 1 }, 0);
      await bench.subscriptions.addSubscriber(CALLER, 1);
      await test(bench);
    },
    {},
    undefined,
    siblings,
  );
}

async function happens(bench: Bench): Promise<void> {
  const { id } = await bench.submit();
  await bench.caller.cancel(CALLER, id, null);
  await bench.settleBackground();
}

it("a shard in which nobody listens any more is told once", async () => {
  const told: number[] = [];
  await besideAnother(
    async (shard) => {
      told.push(shard);
      return 0;
    },
    async (bench) => {
      await happens(bench);
      await happens(bench);
    },
  );
  expect(told).toEqual([1]);
});

it("a shard that says again that it listens, while it answers that nobody does, goes on being told", async () => {
  const told: number[] = [];
  let saysAgain = async () => undefined as unknown;
  await besideAnother(
    async (shard) => {
      told.push(shard);
      await saysAgain();
      return 0;
    },
    async (bench) => {
      saysAgain = () => bench.subscriptions.addSubscriber(CALLER, 1);
      await happens(bench);
      await happens(bench);
    },
  );
  expect(told).toEqual([1, 1]);
});
