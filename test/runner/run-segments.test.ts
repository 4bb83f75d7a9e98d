import { describe, expect, it } from "vitest";
import { MAX_SEGMENT_ACTIONS } from "../../src/limits.ts";
import type { EngineStep } from "../../src/runner/ports.ts";
import { aListQuery, CALLER, eventTypes, inRegistry, START } from "../registry/bench.ts";
import { RecordingStep, runSteps } from "./bench.ts";

const nap = (id: string, text: string) => ({ id, type: "sleep", for: text });
const ask = (id: string) => ({ id, type: "input", message: "Go?", schema: { type: "object", properties: {} } });

describe("the engine", () => {
  it("waits once for all that sleep, until the first of them wakes", () =>
    inRegistry(async (bench) => {
      const branches = { a: [nap("short", "1 minute")], b: [nap("long", "90 seconds")] };
      const run = await runSteps(bench, [{ id: "both", type: "parallel", branches }]);
      expect((await run.status()).status).toBe("succeeded");
      expect(run.step.sleeps).toEqual([
        ["wake-1", 60_000],
        ["wake-2", 30_000],
      ]);
      expect(run.step.names).toEqual(["segment-1", "wake-1", "segment-2", "wake-2", "segment-3"]);
    }));

  it("is not asked for a wait of ten seconds", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [nap("short", "10 seconds"), nap("longer", "11 seconds")]);
      expect(run.step.waited).toEqual([10_000, 11_000]);
      expect(run.step.sleeps).toEqual([["wake-1", 11_000]]);
    }));

  it("is told once of all that is there, and the next segment takes all of it", () =>
    inRegistry(async (bench) => {
      const step = new RecordingStep();
      let id = "";
      step.whileWaiting = async () => {
        const [row] = [...bench.storage.sql.exec<{ job_id: string }>("SELECT job_id FROM jobs")];
        id = row?.job_id ?? "";
        for (const request_id of ["one", "two"]) {
          await bench.caller.respond(CALLER, id, { request_id, action: "accept", content: {} });
        }
      };
      const branches = { a: [ask("one")], b: [ask("two")] };
      const run = await runSteps(bench, [{ id: "both", type: "parallel", branches }], { step });
      expect((await run.status()).status).toBe("succeeded");
      expect(bench.engine.told).toEqual([`${id}-1 wake`]);
      expect(step.names).toEqual(["segment-1", "wake-1", "segment-2"]);
    }));

  it("gets a new segment after so many actions, and none of them is done twice", () =>
    inRegistry(async (bench) => {
      let sent = 0;
      const fetch = async () => Response.json({ n: ++sent });
      const count = MAX_SEGMENT_ACTIONS - 1;
      const row = { id: "row", type: "http", url: "https://api.example.com/{% $item %}" };
      const each = { id: "each", type: "map", over: `{% [1..${count}] %}`, concurrency: 20, steps: [row] };
      const steps = [
        each,
        { ...row, id: "more", url: "https://api.example.com/more" },
        { ...row, id: "last", url: "https://api.example.com/last" },
      ];
      const run = await runSteps(bench, steps, { fetch });
      expect((await run.status()).status).toBe("succeeded");
      expect(sent).toBe(count + 2);
      expect(run.step.names).toEqual(["segment-1", "segment-2"]);
    }));
});

/** Waits pass side by side: when nothing else is left to do, the clock goes on to the first that ends. */
function sharedTime(clock: { now: number }) {
  const waiting: { at: number; end: () => void }[] = [];
  const passOn = async () => {
    // What is about to wait has a turn first.
    await scheduler.wait(1);
    waiting.sort((a, b) => a.at - b.at);
    const next = waiting.shift();
    clock.now = Math.max(clock.now, next?.at ?? 0);
    next?.end();
  };
  return (ms: number): Promise<void> => {
    if (ms <= 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push({ at: clock.now + ms, end: resolve });
    void passOn();
    return promise;
  };
}

describe("a map of many rows that wait for two seconds each", () => {
  it(
    "costs a few engine steps, moves on all the time, and nothing of it is taken for silent",
    () =>
      inRegistry(async (bench) => {
        const ROWS = 300;
        const AT_ONCE = 6;
        let [open, most, sent] = [0, 0, 0];
        const seen: number[] = [];
        const fetch = async () => {
          most = Math.max(most, ++open);
          await scheduler.wait(0);
          open -= 1;
          sent += 1;
          if (sent % 60 === 0) {
            await bench.reconciler.onAlarm();
            const { jobs } = await bench.caller.list(CALLER, aListQuery());
            seen.push(jobs[0]?.progress ?? -1);
          }
          return Response.json({ ok: true });
        };
        const steps = [
          nap("wait", "2 seconds"),
          { id: "ask", type: "http", url: "https://api.example.com/{% $item %}" },
        ];
        const each = { id: "each", type: "map", over: `{% [1..${ROWS}] %}`, concurrency: AT_ONCE, steps };
        const run = await runSteps(bench, [each], {
          fetch,
          pause: sharedTime(bench.clock),
          output: "{% $count($steps.each) %}",
        });
        const status = await run.status();
        expect(status).toMatchObject({ status: "succeeded", result: { value: ROWS } });
        expect(sent).toBe(ROWS);
        expect(run.step.names.length).toBeLessThanOrEqual(5);
        expect(most).toBeLessThanOrEqual(AT_ONCE);
        expect(seen).toHaveLength(5);
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
        expect(new Set(seen).size).toBeGreaterThan(3);
        expect(eventTypes(status)).not.toContain("nudged");
        expect(bench.clock.now - START).toBeGreaterThanOrEqual((ROWS / AT_ONCE) * 2_000);
      }),
    120_000,
  );
});

/** Gives its first segment up when its time is over, and does not stop what runs in it. */
class GivesUp extends RecordingStep {
  readonly #hangs: Promise<unknown>;
  readonly #passes: boolean;

  /** @param hangs resolves when the segment hangs @param passes whether the time passes that the segment has */
  constructor(hangs: Promise<unknown>, passes: boolean) {
    super();
    this.#hangs = hangs;
    this.#passes = passes;
  }

  override async do<T>(name: string, config: Parameters<EngineStep["do"]>[1], callback: () => Promise<T>): Promise<T> {
    if (name === "segment-1") {
      void callback();
      await this.#hangs;
      if (this.#passes) this.pass(config.timeout);
    }
    return super.do(name, config, callback);
  }
}

describe("a segment that the engine gave up beside its own next run", () => {
  /** The first request hangs until it is released. */
  function target() {
    const hangs = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const keys: (string | null)[] = [];
    const fetch = async (_url: string, init: RequestInit = {}) => {
      const isFirst = keys.push(new Headers(init.headers).get("idempotency-key")) === 1;
      if (!isFirst) return Response.json({ by: "second" });
      hangs.resolve();
      await release.promise;
      return Response.json({ by: "first" });
    };
    return { hangs: hangs.promise, release: release.resolve, keys, fetch };
  }
  const steps = [{ id: "pay", type: "http", method: "POST", url: "https://api.example.com/pay" }];

  it("reports in vain: the next run has the attempt, and acts under the same key", () =>
    inRegistry(async (bench) => {
      const { hangs, release, keys, fetch } = target();
      const run = await runSteps(bench, steps, { fetch, step: new GivesUp(hangs, true) });
      const before = await run.status();
      expect(before).toMatchObject({ status: "succeeded", result: { body: { by: "second" } } });
      release();
      await scheduler.wait(20);
      expect(await run.status()).toEqual(before);
      expect(new Set(keys)).toEqual(new Set([`${run.id}.pay`]));
      expect(keys).toHaveLength(2);
    }));

  it("keeps the next run waiting as long as its action may still have an effect", () =>
    inRegistry(async (bench) => {
      const { hangs, fetch } = target();
      const run = await runSteps(bench, steps, { fetch, step: new GivesUp(hangs, false) });
      expect((await run.status()).status).toBe("succeeded");
      // The step's timeout, and the grace of its report.
      expect(run.step.waited).toEqual([40_000]);
    }));
});
