import { describe, expect, it } from "vitest";
import { Turns } from "../../../src/lib/thread/thread-turns.ts";
import { yieldTurn } from "../../../src/lib/thread/yield-turn.ts";

describe("turns", () => {
  it("of many that come at once let everything else go first between two, in the order in which they came", async () => {
    const turns = new Turns();
    const log: (number | "other")[] = [];
    const all = Array.from({ length: 10 }, async (_, i) => {
      await turns.next("one");
      log.push(i);
    });
    let over = false;
    const others = (async () => {
      for (; !over; await yieldTurn()) log.push("other");
    })();
    await Promise.all(all);
    over = true;
    await others;
    expect(log.filter((each) => each !== "other")).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const bunched = log.filter((each, at) => each !== "other" && at > 0 && log[at - 1] !== "other");
    expect(bunched).toEqual([]);
  });

  it("of one owner who wants many do not stand before those of another, who has every second one", async () => {
    const turns = new Turns();
    const log: string[] = [];
    const work = async (owner: string) => {
      await turns.next(owner);
      log.push(owner);
    };
    const many = Array.from({ length: 10 }, () => work("many"));
    const few = Promise.all([work("few"), work("few")]);
    await few;
    expect(log).toEqual(["many", "few", "many", "few"]);
    // One who comes back stands behind the others once, not behind all that they want.
    await work("few");
    expect(log).toEqual(["many", "few", "many", "few", "many", "few"]);
    await Promise.all(many);
    expect(log.slice(6)).toEqual(Array(7).fill("many"));
  });

  it("that go on with what was begun stand before those that begin", async () => {
    const turns = new Turns();
    const log: string[] = [];
    const work = async (name: string) => {
      for (const part of ["begins", "goes on", "ends"]) {
        await turns.next("one", part !== "begins");
        log.push(`${name} ${part}`);
      }
    };
    await Promise.all(["a", "b", "c"].map(work));
    expect(log).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} goes on`, `${name} ends`]));
  });

  it("give way once to what waits, when nobody else is there", async () => {
    let looks = 0;
    await new Turns(async () => {
      looks += 1;
    }).next("one");
    expect(looks).toBe(1);
  });

  it("pass over those whose requests have ended, all at once", async () => {
    let looks = 0;
    let isGone = true;
    const turns = new Turns(() => {
      looks += 1;
      return isGone ? new Promise<void>(() => {}) : yieldTurn();
    });
    for (let i = 0; i < 100; i++) void turns.next("one");
    isGone = false;
    looks = 0;
    await turns.next("one");
    expect(looks).toBeGreaterThan(10);
    expect(looks).toBeLessThan(30);
  });

  it("come in the end to one that was passed over although it was there", async () => {
    const open: (() => void)[] = [];
    let isSlow = true;
    const turns = new Turns(() => (isSlow ? new Promise<void>((resolve) => open.push(resolve)) : yieldTurn()));
    const slow = turns.next("one");
    isSlow = false;
    await turns.next("one");
    for (const resolve of open) resolve();
    await expect(slow).resolves.toBe(undefined);
  });
});
