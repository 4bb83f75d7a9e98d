import { describe, expect, it } from "vitest";
import { MAX_ROW_VALUE_BYTES } from "../../../src/limits.ts";
import { type Bench, CALLER, inRegistry, planOf, statusOf } from "../bench.ts";

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
      expect(await bench.runner.collect(parent, "first")).toEqual({ do: "done", output });
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
