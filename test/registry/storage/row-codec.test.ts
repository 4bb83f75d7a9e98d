import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RunState, STEP_STATUSES } from "../../../src/jobs/job.ts";
import { EVENT_TYPES, type JobEvent } from "../../../src/jobs/run/timeline.ts";
import { eventsJson, readEvents, readRun, runJson } from "../../../src/registry/storage/row-codec.ts";
import { inRegistry, planOf, START, statusOf } from "../bench.ts";
import { end } from "../job-lives.ts";

const time = fc.integer({ min: START - 5_000, max: START + 400 * 86_400_000 });
const text = fc.string({ maxLength: 20 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const items = fc.record({ total: fc.nat(), done: fc.nat(), failed: fc.nat() });
const step = fc
  .record({
    status: fc.constantFrom(...STEP_STATUSES),
    tries: fc.nat(30),
    started_at: time,
    completed_at: maybe(time),
    error: maybe(text),
    items: maybe(items),
  })
  .map(({ items, ...state }) => ({ ...state, ...(items && { items }) }));
const open = fc.record({ tries: fc.nat(9), ended: fc.nat(9), failures: fc.nat(9), expected_by: time, wake_at: time });
const answers = fc.dictionary(text, fc.record({ action: fc.constant("accept" as const), at: time }));
const run: fc.Arbitrary<RunState> = fc
  .record({
    steps: fc.dictionary(text, step),
    open: fc.dictionary(text, open),
    answers: maybe(answers),
    trace: maybe(fc.record({ traceparent: text, tracestate: text })),
    deadlines: maybe(fc.dictionary(text, time)),
  })
  .map(({ answers, trace, deadlines, ...state }) => {
    return { ...state, ...(answers && { answers }), ...(trace && { trace }), ...(deadlines && { deadlines }) };
  });

const event: fc.Arbitrary<JobEvent> = fc.tuple(fc.constantFrom(...EVENT_TYPES), time, maybe(text), maybe(text));
/** As they are shown: what is left out is null. */
const shown = (events: readonly JobEvent[]) =>
  events.map(([type, at, step, message]) => [type, at, step ?? null, message ?? null]);

describe("the JSON fields of a row", () => {
  it("give back every timeline that was written", () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        expect(shown(readEvents(eventsJson(events, START), START))).toEqual(shown(events));
      }),
    );
  });

  it("give back every state of a run that was written", () => {
    fc.assert(
      fc.property(run, (state) => {
        expect(readRun(runJson(state, START), START)).toEqual(state);
      }),
    );
  });

  it("are read as they were written before they were short", () => {
    fc.assert(
      fc.property(fc.array(event), run, (events, state) => {
        expect(readEvents(JSON.stringify(events), START)).toEqual(events);
        expect(readRun(JSON.stringify(state), START)).toEqual(state);
      }),
    );
  });

  it("are at most 300 bytes for a job of two steps that succeeded", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const ref = bench.ref(id);
      await bench.runner.start(ref);
      for (const path of ["first", "second"]) {
        bench.clock.now += 4_000;
        await bench.runner.begin(ref, path, crypto.randomUUID(), 30_000, []);
        await bench.runner.finish(ref, path, {}, null);
      }
      await end(bench, id);
      const stored = "SELECT length(run_json) + length(events_json) AS bytes FROM jobs";
      expect(bench.storage.sql.exec(stored).one().bytes).toBeLessThanOrEqual(300);
      expect((await statusOf(bench, id)).steps).toMatchObject([
        { id: "first", status: "succeeded", started_at: new Date(START + 4_000).toISOString() },
        { id: "second", status: "succeeded" },
      ]);
    }));
});

describe("a sleep at the top level", () => {
  it("that is over stores no value of its own", () =>
    inRegistry(async (bench) => {
      const plan = planOf([{ id: "nap", type: "sleep", for: "1 second" }]);
      const { id } = await bench.submit({ plan, plan_hash: "nap" });
      await bench.runner.start(bench.ref(id));
      await bench.runner.rest(bench.ref(id), "nap", START + 1_000, []);
      await bench.runner.mark(bench.ref(id), [{ path: "nap", status: "succeeded" }]);
      expect(bench.storage.sql.exec("SELECT count(*) AS n FROM job_values").one().n).toBe(0);
      const again = await bench.runner.rest(bench.ref(id), "nap", START + 9_000, []);
      expect(again).toEqual({ do: "rest", wake_at: START + 1_000 });
    }));
});
