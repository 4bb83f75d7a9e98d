import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyShard, shardsOfHash } from "../../../src/jobs/flow/shard-of-key.ts";

const counts = fc.integer({ min: 0, max: 6 }).map((power) => 2 ** power);
const hashes = fc.nat({ max: 2 ** 32 - 1 });

describe("the shards of a key", () => {
  it.each([
    [1, [0]],
    [4, [1, 0]],
    [16, [13, 5, 1, 0]],
    [64, [13, 5, 1, 0]],
  ])("of hash 13 among %i are %j", (shards, expected) => {
    expect(shardsOfHash(13, shards)).toEqual(expected);
  });

  it("are distinct and hold every home that the key had while there were fewer", () => {
    fc.assert(
      fc.property(hashes, counts, (hash, shards) => {
        const all = shardsOfHash(hash, shards);
        expect(new Set(all).size).toBe(all.length);
        const homes = [1, 2, 4, 8, 16, 32, 64].filter((fewer) => fewer <= shards).map((fewer) => hash % fewer);
        expect([...all].sort()).toEqual([...new Set(homes)].sort());
        expect(all[0]).toBe(hash % shards);
      }),
    );
  });
});

describe("any shard", () => {
  it.each([
    [0, 0],
    [0.25, 1],
    [0.999_999, 3],
  ])("of four at %d is %i", (random, shard) => {
    expect(anyShard(random, 4)).toBe(shard);
  });
});
