import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ID_ENTROPY_BYTES, jobIdFloor, jobNumber, MAX_SHARDS, newJobId, parseJobId } from "../../src/jobs/id.ts";
import { instanceId } from "../../src/jobs/job.ts";
import { topLevelStep } from "../../src/jobs/run/action-keys.ts";
import { MAX_JOB_ID_CHARS, MAX_REGISTRY_SHARDS } from "../../src/limits.ts";
import { T0 } from "../support/jobs.ts";

const LAST_TIME = 32 ** 10 - 1;
const time = () => fc.integer({ min: 0, max: LAST_TIME });
const entropy = () => fc.uint8Array({ minLength: ID_ENTROPY_BYTES, maxLength: ID_ENTROPY_BYTES });
const shard = () => fc.integer({ min: 0, max: MAX_SHARDS - 1 });
const order = <T extends number | bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

describe("a job id", () => {
  it("is job_ and 28 characters of lower-case Crockford base32, short enough for clients and the engine", () => {
    fc.assert(
      fc.property(time(), entropy(), shard(), (now, bytes, of) => {
        const id = newJobId(now, bytes, of);
        expect(id).toMatch(/^job_[0-9abcdefghjkmnpqrstvwxyz]{28}$/);
        expect(id.length).toBeLessThanOrEqual(MAX_JOB_ID_CHARS);
        expect(instanceId(id, 999).length).toBeLessThanOrEqual(100);
      }),
    );
  });

  it("gives its time and shard back", () => {
    fc.assert(
      fc.property(time(), entropy(), shard(), (now, bytes, of) => {
        expect(parseJobId(newJobId(now, bytes, of))).toEqual({ time: now, shard: of });
      }),
    );
  });

  it("sorts by time, whatever its random part and shard", () => {
    fc.assert(
      fc.property(time(), time(), entropy(), entropy(), shard(), shard(), (a, b, bytesA, bytesB, ofA, ofB) => {
        fc.pre(a !== b);
        expect(order(newJobId(a, bytesA, ofA), newJobId(b, bytesB, ofB))).toBe(order(a, b));
      }),
    );
  });

  it("differs whenever a single random bit differs", () => {
    fc.assert(
      fc.property(entropy(), fc.nat(8 * ID_ENTROPY_BYTES - 1), (bytes, bit) => {
        const others = bytes.map((byte, i) => (i === Math.floor(bit / 8) ? byte ^ (1 << (bit % 8)) : byte));
        expect(newJobId(T0, others, 0)).not.toBe(newJobId(T0, bytes, 0));
      }),
    );
  });

  it("has room for every shard that a tenant may have", () => {
    expect(MAX_SHARDS).toBeGreaterThanOrEqual(MAX_REGISTRY_SHARDS);
  });

  it.each([-1, MAX_SHARDS, 0.5, Number.NaN])("is not made for shard %d", (of) => {
    expect(() => newJobId(T0, new Uint8Array(ID_ENTROPY_BYTES), of)).toThrow(RangeError);
  });

  it.each([0, 9, 11])("is not made of %d random bytes", (length) => {
    expect(() => newJobId(T0, new Uint8Array(length), 0)).toThrow(RangeError);
  });
});

describe("a text that is no job id", () => {
  const id = newJobId(
    T0,
    Uint8Array.from({ length: ID_ENTROPY_BYTES }, (_, i) => i * 25),
    3,
  );

  it.each([
    ["nothing", ""],
    ["the prefix alone", "job_"],
    ["one character short", id.slice(0, -1)],
    ["one character long", `${id}0`],
    ["another prefix", id.replace("job_", "run_")],
    ["no prefix", id.slice(4)],
    ["upper case", id.toUpperCase()],
    ["an attempt of a job", instanceId(id, 1)],
    ["a space in front", ` ${id}`],
    ["a line break behind", `${id}\n`],
    ["a path", `../${id}`],
    ...["i", "l", "o", "u", "-", "é", "\u0000"].map((char) => [`a character of ${char}`, `${id.slice(0, -1)}${char}`]),
  ])("is refused: %s", (_what, text) => {
    expect(parseJobId(text ?? "")).toBeUndefined();
  });

  it("is refused, whatever it is", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => parseJobId(text) === undefined));
  });
});

describe("the floor of a time", () => {
  it("is above every id of an earlier time, and not above any of that time or later", () => {
    fc.assert(
      fc.property(time(), time(), entropy(), shard(), (floor, now, bytes, of) => {
        expect(newJobId(now, bytes, of) >= jobIdFloor(floor)).toBe(now >= floor);
      }),
    );
  });

  it.each([
    ["before the epoch", -1, 0],
    ["endlessly long ago", Number.NEGATIVE_INFINITY, 0],
    ["after the last one", LAST_TIME + 1, LAST_TIME],
    ["endlessly far ahead", Number.POSITIVE_INFINITY, LAST_TIME],
    ["between two milliseconds", 1.9, 1],
  ])("of a time %s is that of the nearest time that ids have", (_when, outside, nearest) => {
    expect(jobIdFloor(outside)).toBe(jobIdFloor(nearest));
  });
});

describe("the number of a job", () => {
  /** Epoch ms in 2248: from here on, numbers do not fit. */
  const END = 2 ** 43;
  const early = () => fc.integer({ min: 0, max: END - 1 });
  const compared = (a: string, b: string) => order(jobNumber(a), jobNumber(b));

  it("is in the order of the ids of its shard, and the same only for those that begin alike", () => {
    fc.assert(
      fc.property(early(), early(), entropy(), entropy(), shard(), (a, b, bytesA, bytesB, of) => {
        const [idA, idB] = [newJobId(a, bytesA, of), newJobId(b, bytesB, of)];
        const begin = (id: string) => id.slice(0, 18);
        expect(compared(idA, idB)).toBe(order(begin(idA), begin(idB)));
      }),
    );
  });

  it("is not below that of a floor exactly when the id is not", () => {
    fc.assert(
      fc.property(early(), early(), entropy(), shard(), (floor, now, bytes, of) => {
        const [id, bound] = [newJobId(now, bytes, of), jobIdFloor(floor)];
        expect(compared(id, bound) >= 0).toBe(id >= bound);
      }),
    );
  });

  it("fits into 63 bits, as a bound also of a later time", () => {
    const last = (time: number) => jobNumber(newJobId(time, new Uint8Array(ID_ENTROPY_BYTES).fill(255), 0));
    expect(last(END - 1)).toBe(2n ** 63n - 1n);
    expect(last(END)).toBe(last(END - 1));
    expect(jobNumber(jobIdFloor(Number.POSITIVE_INFINITY))).toBe(last(END - 1));
  });
});

describe("names made of an id or a path", () => {
  it("an instance is named by its job and attempt", () => {
    expect(instanceId("job_x", 2)).toBe("job_x-2");
  });

  it.each([
    ["fetch", "fetch"],
    ["fetch[3].page", "fetch"],
    ["fetch.left.page", "fetch"],
    ["fetch[3].page[0].link", "fetch"],
  ])("%s lies in the top-level step %s", (path, step) => {
    expect(topLevelStep(path)).toBe(step);
  });
});
