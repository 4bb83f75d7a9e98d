import { describe, expect, it } from "vitest";
import { MAX_INLINE_WAIT_MS, MAX_SEGMENT_ACTIONS, SEGMENT_MS } from "../../src/limits.ts";
import { Segments } from "../../src/runner/segments.ts";

const NOW = 1_000_000;
/** No step has what it waits for. */
const WAITING = () => true;
const NEVER = new AbortController().signal;

/** Segments over a clock that the test moves, with what the lanes noted. */
function world() {
  const clock = { now: NOW };
  const segments = new Segments(() => clock.now);
  const log: string[] = [];
  return { clock, segments, log };
}

/** Whether all lanes are parked, once everything that can go on has. */
async function isQuiet(segments: Segments): Promise<boolean> {
  for (let i = 0; i < 20; i++) await null;
  return Promise.race([segments.quiet.then(() => true), Promise.resolve().then(() => false)]);
}

describe("a segment", () => {
  it("ends when every lane is parked, with the earliest time and whether something may come before", async () => {
    const { segments } = world();
    const waits = [
      { path: "a", until: NOW + 50, wakeable: false },
      { path: "b", until: NOW + 20, wakeable: true },
    ].values();
    void segments.fork(2, async () => {
      for (const wait of waits) await segments.park(wait, NEVER);
    });
    expect(await segments.quiet).toEqual({ until: NOW + 20, wakeable: true });
  });

  it("does not end while a lane beside is busy", async () => {
    const { segments } = world();
    const busy = Promise.withResolvers<void>();
    const works = [() => segments.park({ path: "a", until: NOW + 50, wakeable: false }, NEVER), () => busy.promise];
    void segments.fork(2, async () => works.shift()?.());
    expect(await isQuiet(segments)).toBe(false);
    busy.resolve();
    expect(await segments.quiet).toEqual({ until: NOW + 50, wakeable: false });
  });

  it("goes on in the lane that forked, once all lanes have ended", async () => {
    const { segments } = world();
    await segments.fork(3, async () => undefined);
    expect(await isQuiet(segments)).toBe(false);
    void segments.park({ path: "next", until: NOW + 5, wakeable: false }, NEVER);
    expect(await segments.quiet).toEqual({ until: NOW + 5, wakeable: false });
  });

  it("opens for those whose time has come or whose step is ready, and for no others", async () => {
    const { segments, log, clock } = world();
    const lanes = [
      { path: "late", until: NOW + 90, wakeable: false },
      { path: "due", until: NOW + 10, wakeable: false },
      { path: "ready", until: NOW + 90, wakeable: true },
      { path: "unready", until: NOW + 80, wakeable: true },
    ];
    const queue = lanes.values();
    void segments.fork(lanes.length, async () => {
      for (const lane of queue) {
        await segments.park(lane, NEVER);
        log.push(lane.path);
      }
    });
    await segments.quiet;
    clock.now = NOW + 10;
    segments.open(0, (path) => path !== "ready");
    expect(await segments.quiet).toEqual({ until: NOW + 80, wakeable: true });
    expect(log).toEqual(["due", "ready"]);
  });

  it("believes the engine that time has passed, whatever the clock of the process says", async () => {
    const { segments, log } = world();
    void segments.park({ path: "nap", until: NOW + 90, wakeable: false }, NEVER).then(() => log.push("awake"));
    await segments.quiet;
    segments.open(NOW + 90, WAITING);
    expect(await isQuiet(segments)).toBe(false);
    expect(log).toEqual(["awake"]);
  });

  it("that opens for nobody ends at once", async () => {
    const { segments } = world();
    void segments.park({ path: "a", until: NOW + 90, wakeable: true }, NEVER);
    await segments.quiet;
    segments.open(0, WAITING);
    expect(await segments.quiet).toEqual({ until: NOW + 90, wakeable: true });
  });

  it("goes on at once in a lane that is halted while it is parked", async () => {
    const { segments, log } = world();
    const halt = new AbortController();
    const works = [
      () => segments.park({ path: "a", until: NOW + 90, wakeable: false }, halt.signal).then(() => log.push("halted")),
      async () => halt.abort(),
    ];
    await segments.fork(2, async () => {
      await works.shift()?.();
    });
    expect(log).toEqual(["halted"]);
    expect(await isQuiet(segments)).toBe(false);
  });
});

describe("the budget of a segment", () => {
  it("is its time: then no action begins before the next one", async () => {
    const { segments, clock, log } = world();
    clock.now += SEGMENT_MS - 1;
    await segments.turn("in time", NEVER);
    clock.now += 1;
    void segments.turn("too late", NEVER).then(() => log.push("began"));
    expect(await segments.quiet).toEqual({ until: NOW + SEGMENT_MS, wakeable: false });
    expect(log).toEqual([]);
    segments.open(NOW + SEGMENT_MS, WAITING);
    await isQuiet(segments);
    expect(log).toEqual(["began"]);
  });

  it("is a number of actions: then no action begins before the next one", async () => {
    const { segments } = world();
    for (let i = 0; i < MAX_SEGMENT_ACTIONS; i++) await segments.turn("a", NEVER);
    expect(await isQuiet(segments)).toBe(false);
    void segments.turn("a", NEVER);
    expect(await segments.quiet).toEqual({ until: NOW, wakeable: false });
  });

  it("is longer than any wait inside it", () => {
    expect(MAX_INLINE_WAIT_MS).toBeLessThan(SEGMENT_MS);
  });
});
