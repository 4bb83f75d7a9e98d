import { beforeEach, describe, expect, it } from "vitest";
import { type Json, jsonBytes } from "../../src/lib/json.ts";
import {
  CROWDED_PAUSE_MS,
  MAX_ACTIONS_IN_FLIGHT,
  MAX_CROWDED_MS,
  MAX_HELD_BYTES,
  MAX_HOLDING_TENANTS,
  MAX_OPEN_ROWS,
  MAX_TENANT_HELD_BYTES,
  MAX_UNSHARED_BYTES,
} from "../../src/limits.ts";
import { Holdings, heldBytes, holdingsOf, Siblings } from "../../src/runner/holdings.ts";
import { inRegistry, TENANT } from "../registry/bench.ts";
import { type RunOptions, runSteps } from "./bench.ts";

const list = (length: number): Json => Array.from({ length }, (_, i) => i);
const map = (id: string, over: Json, steps: Json[], more: Record<string, Json> = {}): Json => {
  return { id, type: "map", over, steps, concurrency: 20, ...more };
};
const one = (id: string): Json => ({ id, type: "transform", value: 1 });
const pad = (id: string, chars: number): Json => ({ id, type: "transform", value: `{% $pad('', ${chars}, 'x') %}` });

const codeOf = (steps: Json[], options?: RunOptions): Promise<string | null> => {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  return inRegistry(async (bench) => resolve((await (await runSteps(bench, steps, options)).status()).error_code)).then(
    () => promise,
  );
};

/** What other files of this process left behind counts until its memory is collected: so many tenants later it is forgotten. */
beforeEach(() => {
  for (let i = 0; i < MAX_HOLDING_TENANTS; i++) holdingsOf(`passing-${i}`);
});

describe("the rows of a job that are open at once", () => {
  it.each([
    [-1, undefined],
    [0, undefined],
    [1, "limit_exceeded"],
  ])("may be the most and %i: %s", (more, code) => {
    const holdings = new Holdings();
    expect(holdings.openRows(10)).toBe(undefined);
    expect(holdings.openRows(MAX_OPEN_ROWS - 10 + more)?.code).toBe(code);
  });

  it("are free again when their map has ended, and are not taken by one that was refused", () => {
    const holdings = new Holdings();
    holdings.openRows(1);
    expect(holdings.openRows(MAX_OPEN_ROWS)?.message).toContain("10001 rows, the most is 10000");
    holdings.closeRows(1);
    expect(holdings.openRows(MAX_OPEN_ROWS)).toBe(undefined);
  });

  it("fail a map of maps that opens more, with what to do", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [map("outer", list(20), [map("inner", list(1_000), [one("one")])])]);
      expect(await run.status()).toMatchObject({
        error_code: "limit_exceeded",
        error: expect.stringMatching(/Step outer\[\d+\]\.inner: .* Lower the outer map's concurrency/),
      });
    }));

  it.each([
    ["one after the other", [map("a", list(1_000), [one("b")]), map("c", list(1_000), [one("d")])]],
    ["of which few are open at once", [map("a", list(12), [map("b", list(1_000), [one("c")])], { concurrency: 2 })]],
    ["inside each other, below the most", [map("a", list(5), [map("b", list(5), [map("c", list(5), [one("d")])])])]],
  ])("do not count maps %s", async (_what, steps) => {
    expect(await codeOf(steps)).toBe(null);
  });
});

describe("the outputs that a job holds", () => {
  it.each([
    [-1, undefined],
    [0, undefined],
    [1, "limit_exceeded"],
  ])("may have the most bytes and %i: %s", (more, code) => {
    const holdings = new Holdings();
    holdings.keep(1_000);
    expect(holdings.keep(MAX_HELD_BYTES - 1_000 + more)?.code).toBe(code);
    holdings.drop(1_000);
    expect(holdings.keep(1_000)).toBe(undefined);
  });

  it.each<[Json, number]>([
    ["text", 0],
    [null, 0],
    [{}, 32],
    [[{}, {}], 104],
    [{ a: [1, 2, 3] }, 80],
    [list(1_000), 4_032],
    [Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, i])), 432],
    [Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, i])), 48_032],
  ])("are more than their text where they are many parts: %j takes %i bytes besides", (value, bytes) => {
    expect(heldBytes(value) - jsonBytes(value)).toBe(bytes);
  });

  /** 491,521 bytes of JSON, 10 MB of memory: lists that double share nothing once they are an output. */
  const doubled = Array.from({ length: 14 }, (_, i) => `$a${i + 1} := $append($a${i}, $a${i});`).join(" ");
  const small = (id: string): Json => {
    return { id, type: "transform", value: `{% ($a0 := [{},{},{},{},{},{},{},{},{},{}]; ${doubled} $a14) %}` };
  };

  const WIDE = 480_000;
  const wide = (count: number): Json[] => Array.from({ length: count }, (_, i) => pad(`s${i}`, WIDE));

  it.each([
    ["steps in a row", [...wide(70)], "limit_exceeded"],
    ["steps in a row that fit", [...wide(60)], null],
    ["few steps of many small objects", Array.from({ length: 8 }, (_, i) => small(`s${i}`)), "limit_exceeded"],
    ["fewer of them", Array.from({ length: 5 }, (_, i) => small(`s${i}`)), null],
    ["rows of small objects", [map("a", list(30), [small("b")])], "limit_exceeded"],
    ["rows of a map of maps", [map("a", list(20), [map("b", list(30), [pad("c", WIDE)])])], "limit_exceeded"],
    [
      "rows that drop what they do not yield",
      [map("a", list(100), [pad("b", WIDE), one("c")], { concurrency: 5 })],
      null,
    ],
    [
      "branches that hold at the same time",
      [
        {
          id: "p",
          type: "parallel",
          branches: { a: wide(40), b: wide(40).map((step, i) => ({ ...(step as object), id: `t${i}` })) },
        },
      ],
      "limit_exceeded",
    ],
  ])("are those of %s", async (_what, steps, code) => {
    expect(await codeOf(steps)).toBe(code);
  });

  it("are dropped with the rows that held them when one fails and the blueprint goes on", async () => {
    const heavy = (i: number) =>
      map(
        `a${i}`,
        list(40),
        [pad(`b${i}`, WIDE), { ...(one(`c${i}`) as object), value: "{% $index = 39 ? $error('no') : 1 %}" }],
        { on_error: "continue" },
      );
    expect(await codeOf([heavy(1), heavy(2), heavy(3), heavy(4)])).toBe(null);
  });
});

describe("what the jobs of a tenant hold in one process", () => {
  const MIB = 1_048_576;

  it.each([
    ["small ones never wait", MAX_UNSHARED_BYTES, false],
    ["a large one waits", MAX_UNSHARED_BYTES + 1, true],
  ])("is bounded: %s", (_what, bytes, crowded) => {
    const siblings = new Siblings();
    const others = [new Holdings(siblings), new Holdings(siblings)];
    for (const other of others) other.keep(MAX_TENANT_HELD_BYTES / 2);
    const own = new Holdings(siblings);
    own.keep(bytes);
    expect(own.isCrowded).toBe(crowded);
    for (const other of others) other.drop(MIB);
    expect(own.isCrowded).toBe(false);
  });

  it("is the most and no more, but for the first large one, which waits for nobody", () => {
    const siblings = new Siblings();
    const [first, small, other] = [new Holdings(siblings), new Holdings(siblings), new Holdings(siblings)];
    const isCrowdedBy = (bytes: number) => (each: Holdings) => {
      each.keep(bytes);
      const { isCrowded } = each;
      each.drop(bytes);
      return isCrowded;
    };
    small.keep(MIB);
    first.keep(MAX_TENANT_HELD_BYTES / 2);
    other.keep(MAX_TENANT_HELD_BYTES / 2 - MIB - 2);
    expect([small, first, other].map(isCrowdedBy(2))).toEqual([false, false, false]);
    expect([small, first, other].map(isCrowdedBy(3))).toEqual([true, false, true]);
    first.drop(first.bytes);
    expect(isCrowdedBy(MAX_TENANT_HELD_BYTES / 2)(other)).toBe(false);
  });

  it("stalls an attempt while an output of its own waits for room, and lets it go on then", async () => {
    const siblings = new Siblings();
    const [first, own] = [new Holdings(siblings), new Holdings(siblings)];
    first.keep(MAX_TENANT_HELD_BYTES);
    own.keep(2 * MIB);
    const looks: (() => void)[] = [];
    const order: string[] = [];
    const waiting = own
      .untilRoom(() => new Promise<void>((resolve) => looks.push(resolve)))
      .then((found) => order.push(`room: ${found}`));
    const acting = own.inTurn(async () => order.push("acted"));
    const evaluating = own.unstalled().then(() => order.push("evaluated"));
    await Promise.race([acting, evaluating, new Promise((resolve) => setTimeout(resolve))]);
    expect(order).toEqual([]);
    first.drop(MAX_TENANT_HELD_BYTES);
    looks[0]?.();
    await Promise.all([waiting, acting, evaluating]);
    expect(order.toSorted()).toEqual(["acted", "evaluated", "room: true"]);
  });

  it("is each tenant's own", () => {
    const further = [holdingsOf("one"), holdingsOf("one")];
    const [one, another] = [holdingsOf("one"), holdingsOf("another")];
    for (const each of [...further, one, another]) each.keep(MAX_HELD_BYTES);
    expect([one.isCrowded, another.isCrowded]).toEqual([true, false]);
    for (const each of [...further, one, another]) each.drop(MAX_HELD_BYTES);
  });

  it("counts an output that waits for room: it is there", () =>
    inRegistry(async (bench) => {
      const [eldest, other] = [holdingsOf(TENANT), holdingsOf(TENANT)];
      for (const each of [eldest, other]) each.keep(MAX_TENANT_HELD_BYTES / 2 - MIB);
      const seen: boolean[] = [];
      const run = await runSteps(bench, [map("m", list(6), [pad("a", 500_000)]), pad("gist", 1)], {
        pause: async (ms) => {
          if (ms !== CROWDED_PAUSE_MS) return;
          seen.push(other.isCrowded);
          for (const each of [eldest, other]) each.drop(each.bytes);
        },
      });
      expect((await run.status()).status).toBe("succeeded");
      expect(seen).toEqual([true]);
    }));

  it("lets a large job wait for others, and fails it when they stay", () =>
    inRegistry(async (bench) => {
      const others = [holdingsOf(TENANT), holdingsOf(TENANT)];
      for (const other of others) other.keep(MAX_HELD_BYTES);
      const steps = [pad("a", 500_000), pad("b", 500_000), pad("c", 500_000)];
      let waited = 0;
      const pause = async (ms: number) => {
        waited += ms;
      };
      const stays = await runSteps(bench, steps, { pause });
      expect(await stays.status()).toMatchObject({
        error_code: "limit_exceeded",
        error: expect.stringContaining("Step c: The jobs of this tenant that run now"),
      });
      expect(waited).toBe(MAX_CROWDED_MS);
      const tolerant = steps.map((step) => ({ ...(step as object), on_error: "continue" }));
      const inRows = { ...(map("m", [1], tolerant) as object), on_error: "continue" };
      for (const plan of [tolerant, [inRows]]) {
        const never = await runSteps(bench, plan, { pause });
        expect((await never.status()).status).toBe("failed");
      }
      const ends = await runSteps(bench, steps, {
        pause: async (ms: number) => {
          await pause(ms);
          for (const other of others) if (waited > 2 * ms) other.drop(other.bytes);
        },
      });
      expect((await ends.status()).status).toBe("succeeded");
    }));
});

describe("the actions of a job", () => {
  it("run so many at once, however wide the maps are, and all of them run", () =>
    inRegistry(async (bench) => {
      let now = 0;
      let most = 0;
      let sent = 0;
      const fetch: RunOptions["fetch"] = async () => {
        most = Math.max(most, ++now);
        await scheduler.wait(1);
        now -= 1;
        sent += 1;
        return Response.json({});
      };
      const call = { id: "call", type: "http", url: "https://api.example.com" };
      const run = await runSteps(bench, [map("a", list(10), [map("b", list(10), [call])])], { fetch });
      expect((await run.status()).status).toBe("succeeded");
      expect(most).toBe(MAX_ACTIONS_IN_FLIGHT);
      expect(sent).toBe(100);
    }));

  it("give their turn on when they fail", async () => {
    const holdings = new Holdings();
    const turns = Array.from({ length: MAX_ACTIONS_IN_FLIGHT + 5 }, (_, i) =>
      holdings.inTurn(async () => {
        if (i < MAX_ACTIONS_IN_FLIGHT) throw new Error("no");
        return i;
      }),
    );
    const ends = await Promise.allSettled(turns);
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  });

  it("wait for the tenant's rate, each as long as it is told, and then run once", () =>
    inRegistry(
      async (bench) => {
        let sent = 0;
        const fetch = async () => Response.json({ sent: ++sent });
        const calls = [1, 2, 3, 4].map((i) => ({ id: `c${i}`, type: "http", url: "https://api.example.com" }));
        const run = await runSteps(bench, calls, { fetch });
        expect((await run.status()).status).toBe("succeeded");
        expect(sent).toBe(4);
        expect(run.step.waited).toEqual([30_000, 30_000]);
      },
      { requestsPerMinute: 2 },
    ));
});
