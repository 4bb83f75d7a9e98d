import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_EVENT_DATA_BYTES } from "../../../src/limits.ts";
import type { RunnerApi } from "../../../src/registry/api/caller.ts";
import { type Bench, CALLER, inRegistry } from "../../registry/bench.ts";
import { Crash, RecordingStep, runSteps } from "../bench.ts";

const tell = (more: JsonObject = {}): JsonObject => ({
  id: "tell",
  type: "emit",
  event: "order.shipped",
  data: { n: "{% $input.n %}" },
  ...more,
});

const query = { after: 0, names: ["order.shipped"], filter: {}, since: null, limit: 100 };
const told = async ({ events }: Bench) => (await events.readEvents(query, 0)).events.map(({ event }) => event);
const listen = ({ events }: Bench) => events.readEvents({ ...query, after: null }, 0);

describe("an emit step", () => {
  it("records what it tells, and yields its id", () =>
    inRegistry(async (bench) => {
      await listen(bench);
      const options = { input: { n: 3 }, output: "{% $steps.tell.event_id %}" };
      const { result } = await (await runSteps(bench, [tell()], options)).status();
      expect(await told(bench)).toEqual([
        { event_id: result?.value, name: "order.shipped", at: bench.clock.now, data: { n: 3 } },
      ]);
    }));

  it("is not the output of the steps around it, and needs nobody who listens", () =>
    inRegistry(async (bench) => {
      const first = { id: "first", type: "transform", value: { a: 1 } };
      const { status, result } = await (await runSteps(bench, [first, tell()], { input: { n: 1 } })).status();
      expect({ status, result }).toEqual({ status: "succeeded", result: { a: 1 } });
      expect(await told(bench)).toEqual([]);
    }));

  it("makes an object of what is none", () =>
    inRegistry(async (bench) => {
      await listen(bench);
      await runSteps(bench, [tell({ data: "{% [1, 2] %}" })], { output: 1 });
      expect((await told(bench)).map(({ data }) => data)).toEqual([{ value: [1, 2] }]);
    }));

  it("of each item of a map tells an event of its own", () =>
    inRegistry(async (bench) => {
      await listen(bench);
      const each = { id: "each", type: "map", over: "{% [1, 2, 3] %}", steps: [tell({ data: { n: "{% $item %}" } })] };
      await runSteps(bench, [each], { output: 1 });
      const events = await told(bench);
      expect(events.map(({ data }) => data.n).toSorted()).toEqual([1, 2, 3]);
      expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(3);
    }));

  it.each([
    ["begin", "before"],
    ["begin", "after"],
    ["finish", "before"],
    ["finish", "after"],
  ] as const)("tells once, under one id, although its process dies at its %s, %s it is stored", (report, when) =>
    inRegistry(async (bench) => {
      await listen(bench);
      let deaths = 0;
      const registry = (real: RunnerApi): RunnerApi => {
        const call = real[report].bind(real) as (...args: unknown[]) => Promise<unknown>;
        const dying = async (...args: unknown[]) => {
          deaths += 1;
          if (deaths > 1) return call(...args);
          if (when === "after") await call(...args);
          throw new Crash();
        };
        return new Proxy(real, { get: (_real, name) => (name === report ? dying : Reflect.get(real, name)) });
      };
      const run = await runSteps(bench, [tell()], { input: { n: 1 }, output: "{% $steps.tell %}", registry });
      for (let i = 0; i < 3; i++) {
        bench.clock.now += 60_000;
        await run.resume(new RecordingStep());
      }
      const { status, result } = await run.status();
      const events = await told(bench);
      expect(events).toHaveLength(1);
      expect({ status, result }).toEqual({ status: "succeeded", result: { event_id: events[0]?.event_id } });
    }),
  );

  it("records nothing where the tenant's storage is full", () =>
    inRegistry(
      async (bench) => {
        await listen(bench);
        const event = { job_id: "job_1", key: "job_1.tell", name: "order.shipped", data: {} };
        expect(await bench.events.emitEvent(CALLER, event)).toMatchObject({ error: { code: "storage_full" } });
        expect(await told(bench)).toEqual([]);
      },
      { storedBytes: 1 },
    ));

  it("takes data of so many bytes, and no more", async () => {
    for (const over of [0, 1]) {
      await inRegistry(async (bench) => {
        const text = "a".repeat(MAX_EVENT_DATA_BYTES - '{"t":""}'.length + over);
        const run = await runSteps(bench, [tell({ data: { t: "{% $input.t %}" } })], { input: { t: text }, output: 1 });
        const { status, error } = await run.status();
        expect(status).toBe(over === 0 ? "succeeded" : "failed");
        if (over === 1) expect(error).toContain("data has 16385 bytes of JSON, the most is 16384.");
      });
    }
  });
});
