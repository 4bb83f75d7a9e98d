import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { RunnerApi } from "../../../src/registry/api/caller.ts";
import { type Bench, CALLER, inRegistry } from "../../registry/bench.ts";
import { Crash, RecordingStep, type RunOptions, runSteps } from "../bench.ts";

const put = (more: JsonObject = {}): JsonObject => ({ id: "put", type: "store", key: "k", value: 1, ...more });
const get = (id = "get", key = "k"): JsonObject => ({ id, type: "store", key });

const resultOf = async (bench: Bench, steps: JsonObject[], options: RunOptions = {}) => {
  const run = await runSteps(bench, steps, options);
  const { status, result, error, error_code } = await run.status();
  return status === "succeeded" ? result : `${error_code} ${error}`;
};

async function failureOf(step: JsonObject, options: RunOptions = {}): Promise<string | undefined> {
  let found: unknown;
  await inRegistry(async (bench) => {
    found = await resultOf(bench, [step], { output: "done", ...options });
  });
  return typeof found === "string" ? found : undefined;
}

describe("a store step", () => {
  it("reads what another job wrote, and nothing where no job has", () =>
    inRegistry(async (bench) => {
      await resultOf(bench, [put({ value: { n: "{% $input.n %}" } })], { input: { n: 3 } });
      const output = {
        there: "{% $steps.get %}",
        not: "{% $exists($steps.none.value) %}",
        n: "{% $steps.get.value.n %}",
      };
      expect(await resultOf(bench, [get(), get("none", "other")], { output })).toEqual({
        there: { value: { n: 3 }, version: 1, stored: false, expires_at: null },
        not: false,
        n: 3,
      });
    }));

  it("that writes is not the output of the steps around it; one that reads is", () =>
    inRegistry(async (bench) => {
      const first = { id: "first", type: "transform", value: { a: 1 } };
      expect(await resultOf(bench, [first, put()])).toEqual({ a: 1 });
      expect(await resultOf(bench, [first, get()])).toMatchObject({ value: 1 });
    }));

  it("is a lock with if absent and for, freed by who holds its version", () =>
    inRegistry(async (bench) => {
      const lock = put({ if: "absent", for: "{% $input.for %}" });
      const free = put({ id: "free", value: null, if: { version: "{% $steps.put.version %}" } });
      const options = { input: { for: "1 minute" }, output: "{% [$steps.put.stored, $steps.free.stored] %}" };
      expect(await resultOf(bench, [lock, free], options)).toEqual({ value: [true, true] });
      expect(await resultOf(bench, [lock], { ...options, output: "{% $steps.put.stored %}" })).toEqual({ value: true });
      expect(await resultOf(bench, [lock, free], options)).toEqual({ value: [false, true] });
    }));

  it.each([
    ["begin", "before"],
    ["begin", "after"],
    ["finish", "before"],
    ["finish", "after"],
  ] as const)("writes once, although its process dies at its %s, %s it is stored", (report, when) =>
    inRegistry(async (bench) => {
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
      const count = { id: "put", type: "store", key: "k", value: "{% $steps.get.value + 1 %}" };
      await resultOf(bench, [put({ value: 1 })]);
      const run = await runSteps(bench, [get(), count], { output: "{% $steps.put %}", registry });
      for (let i = 0; i < 3; i++) {
        bench.clock.now += 60_000;
        await run.resume(new RecordingStep());
      }
      const { status, result } = await run.status();
      expect({ status, result }).toMatchObject({ status: "succeeded", result: { value: 2, version: 2, stored: true } });
      expect(await bench.caller.useStore(CALLER, "k", null)).toMatchObject({ value: { value: 2, version: 2 } });
    }),
  );

  it("fails where the value comes out as nothing or null, which deletes only as a literal", async () => {
    for (const value of ["{% null %}", "{% $input.nothing %}"]) {
      expect(await failureOf(put({ value }))).toMatch(/^store_request Step put: value came out as nothing or null/);
    }
    expect(await failureOf(put({ value: null }))).toBe(undefined);
  });

  it.each([
    [{ key: "{% 5 %}" }, /^store_request Step put: key came out as 5, and must be text of 1 to 200/],
    [{ key: "{% '' %}" }, /^store_request Step put: key came out as ""/],
    [{ if: { version: "{% 'x' %}" } }, /^store_request Step put: if\.version came out as "x"/],
    [{ for: "{% 'soon' %}" }, /^store_request Step put: for: "soon" is not a duration/],
    [{ for: "{% '0 seconds' %}" }, /^limit_exceeded Step put: for came out as "0 seconds"/],
  ])("says of %j what is wrong", async (more, refusal) => {
    expect(await failureOf(put(more))).toMatch(refusal);
  });
});
