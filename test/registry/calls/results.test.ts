import { describe, expect, it } from "vitest";
import { MAX_ROW_OUTPUTS_BYTES, MAX_ROW_VALUE_BYTES } from "../../../src/limits.ts";
import { aListQuery, type Bench, CALLER, inRegistry, planOf, RETENTION_MS, statusOf } from "../bench.ts";

const WHOLE = { pointer: "", offset: 0, max_bytes: 100_000 };
const CHILD = { name: "child", blueprint: "inline", plan: planOf([{ id: "rest", type: "sleep", for: "1 hour" }]) };

const ofBytes = (bytes: number) => ({ text: "a".repeat(bytes - '{"text":""}'.length) });
const values = ({ storage }: Bench) => storage.sql.exec("SELECT count(*) AS n FROM job_values").one().n;

describe.each([
  ["is as large as a job's row may hold", MAX_ROW_VALUE_BYTES, 0],
  ["is larger than that", MAX_ROW_VALUE_BYTES + 1, 1],
])("a result that %s", (_what, bytes, rows) => {
  const output = ofBytes(bytes);

  it(`takes ${rows} rows of its own, and callers see it whole`, () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      await bench.runner.settle(bench.ref(id), { name: "succeeded", output }, []);
      expect(values(bench)).toBe(rows);
      expect((await statusOf(bench, id)).result).toEqual(output);
      const read = await bench.caller.readResult(CALLER, id, WHOLE);
      expect(read).toMatchObject({ ok: true, value: { text: JSON.stringify(output) } });
    }));

  it("is the output of the step that waits for it", () =>
    inRegistry(async (bench) => {
      const parent = bench.ref((await bench.submit()).id);
      await bench.runner.start(parent);
      await bench.runner.spawn(parent, "first", { ...CHILD, input: {} }, []);
      await bench.settleBackground();
      const child = bench.ref(bench.engine.started.at(-1)?.job_id ?? "");
      await bench.runner.start(child);
      await bench.runner.settle(child, { name: "succeeded", output }, []);
      expect(await bench.runner.collect(parent, "first")).toEqual({ at: expect.any(Number), do: "done", output });
    }));
});

describe.each([
  ["is as large as a job's row may hold", MAX_ROW_VALUE_BYTES, 0],
  ["is larger than that", MAX_ROW_VALUE_BYTES + 1, 1],
])("an input that %s", (_what, bytes, rows) => {
  const input = ofBytes(bytes);

  it(`takes ${rows} rows of its own, and runs, retries and explanations have it whole`, () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ input });
      expect(values(bench)).toBe(rows);
      expect(await bench.runner.start(bench.ref(id))).toMatchObject({ input });
      const error = { code: "http_status", message: "HTTP 500" };
      await bench.runner.settle(bench.ref(id), { name: "failed", error, path: null }, []);
      expect(await bench.caller.explain(CALLER, id)).toMatchObject({ ok: true, value: { input } });
      const again = await bench.caller.retry(CALLER, id, { from_step: null, input: null });
      if (!again.ok) throw new Error(again.error.code);
      await bench.settleBackground();
      expect(await bench.runner.start(bench.ref(again.value.id))).toMatchObject({ input });
    }));
});

const KEY_BYTES = '{"first":}'.length;
const FAILED = { name: "failed", error: { code: "http_status", message: "HTTP 500" }, path: "second" } as const;
const TWO_STEPS = planOf([
  { id: "first", type: "http", url: "https://example.com/1" },
  { id: "second", type: "http", url: "https://example.com/2" },
]);

/** A job whose first step has yielded the output, and what of that must be true wherever it lies. */
async function withOutput(bench: Bench, output: ReturnType<typeof ofBytes>) {
  const ref = bench.ref((await bench.submit({ plan: TWO_STEPS, plan_hash: "two" })).id);
  await bench.runner.start(ref);
  await bench.runner.begin(ref, "first", "t1", 30_000, []);
  await bench.runner.finish(ref, "first", output, null);
  return ref;
}

describe.each([
  ["fills what a job's row may hold of them", MAX_ROW_OUTPUTS_BYTES - KEY_BYTES, 0],
  ["is larger than that", MAX_ROW_OUTPUTS_BYTES - KEY_BYTES + 1, 1],
])("an output that %s", (_what, bytes, rows) => {
  const output = ofBytes(bytes);

  it(`takes ${rows} rows of its own; that of the next step has one when there is no room`, () =>
    inRegistry(async (bench) => {
      const ref = await withOutput(bench, output);
      expect(values(bench)).toBe(rows);
      await bench.runner.begin(ref, "second", "t2", 30_000, []);
      await bench.runner.finish(ref, "second", { small: true }, null);
      expect(values(bench)).toBe(1);
    }));

  it("is reused, and not stored again by a report that comes twice", () =>
    inRegistry(async (bench) => {
      const ref = await withOutput(bench, output);
      await bench.runner.finish(ref, "first", ofBytes(20), null);
      expect(values(bench)).toBe(rows);
      expect(await bench.runner.begin(ref, "first", "t3", 30_000, [])).toEqual({ do: "reuse", output });
      expect(await bench.runner.start(ref)).toMatchObject({ journal: { outputs: [["first", output]] } });
    }));

  it("is the job's result, and goes with it", () =>
    inRegistry(async (bench) => {
      const ref = await withOutput(bench, output);
      await bench.runner.settle(ref, { name: "succeeded", output_path: "first" }, []);
      const read = await bench.caller.readResult(CALLER, ref.job_id, WHOLE);
      expect(read).toMatchObject({ ok: true, value: { text: JSON.stringify(output) } });
      expect((await bench.caller.list(CALLER, aListQuery())).jobs).toHaveLength(1);
      bench.clock.now += RETENTION_MS;
      await bench.reconciler.onAlarm();
      expect(bench.storage.sql.exec("SELECT * FROM jobs").toArray()).toEqual([]);
      expect(values(bench)).toBe(0);
    }));

  it("is in explanations, and reused by a retry of a retry", () =>
    inRegistry(async (bench) => {
      let failed = await withOutput(bench, output);
      for (const _again of [1, 2]) {
        await bench.runner.settle(failed, FAILED, []);
        expect(await bench.caller.explain(CALLER, failed.job_id)).toMatchObject({
          ok: true,
          value: { outputs: bytes > 4_096 ? {} : { first: output } },
        });
        const again = await bench.caller.retry(CALLER, failed.job_id, { from_step: null, input: null });
        if (!again.ok) throw new Error(again.error.code);
        await bench.settleBackground();
        failed = bench.ref(again.value.id);
        await bench.runner.start(failed);
        expect(await bench.runner.begin(failed, "first", "t1", 30_000, [])).toEqual({ do: "reuse", output });
      }
    }));

  it("is left behind by a retry that begins with its step", () =>
    inRegistry(async (bench) => {
      const ref = await withOutput(bench, output);
      await bench.runner.settle(ref, FAILED, []);
      const again = await bench.caller.retry(CALLER, ref.job_id, { from_step: "first", input: null });
      if (!again.ok) throw new Error(again.error.code);
      await bench.settleBackground();
      const retry = bench.ref(again.value.id);
      await bench.runner.start(retry);
      expect(await bench.runner.begin(retry, "first", "t1", 30_000, [])).toMatchObject({ do: "run" });
    }));
});
