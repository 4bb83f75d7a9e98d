import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_BATCH_IDS } from "../../../src/limits.ts";
import { deployment, IN_TIME, pagesOf, shardOf } from "../../mcp/deployment.ts";
import { callTool } from "../../mcp/support.ts";

const inputs = (count: number): JsonObject[] => Array.from({ length: count }, (_, n) => ({ n }));
const ofBatch = (count: number, more: JsonObject = {}): JsonObject => ({
  blueprint: "double",
  inputs: inputs(count),
  run_at: IN_TIME,
  ...more,
});

describe.each([1, 4])("a batch of a tenant with %i shards", (shards) => {
  it("is one call for a thousand jobs, found by one key, listed, looked at and waited for as one", async () => {
    const { worker, calls } = deployment();
    const deps = worker(shards);
    const args = ofBatch(1_000, { idempotency_key: "k" });
    const { structured, isError } = await callTool(deps, "jobs_submit_blueprint", args);
    expect(isError).toBe(false);
    const { batch_id, job_ids } = structured as { batch_id: string; job_ids: string[] };
    expect(structured).toMatchObject({ count: 1_000, deduplicated: false });
    expect(job_ids).toHaveLength(MAX_BATCH_IDS);
    expect(calls().filter((call) => call.includes("submitBatch"))).toHaveLength(1);
    expect(new Set(job_ids.map(shardOf)).size).toBe(1);
    const again = await callTool(worker(4), "jobs_submit_blueprint", args);
    expect(again.structured).toMatchObject({ batch_id, count: 1_000, job_ids, deduplicated: true });
    const other = await callTool(deps, "jobs_submit_blueprint", { ...args, inputs: inputs(2) });
    expect([other.isError, other.text]).toEqual([true, expect.stringContaining("idempotency_key")]);
    const listed = (await pagesOf(deps, { batch_id, limit: 100 })).flat();
    expect(listed).toHaveLength(1_000);
    expect(listed.toReversed().slice(0, MAX_BATCH_IDS)).toEqual(job_ids);
    const [first = ""] = job_ids;
    const status = await callTool(deps, "jobs_get_status", { job_id: first });
    expect(status.structured).toMatchObject({ batch_id });
    await callTool(deps, "jobs_cancel", { job_id: first, reason: "No longer NEEDED" });
    const wait = { batch_id, until: "any", timeout_seconds: 20 };
    const waited = await callTool(deps, "jobs_wait", wait);
    expect(waited.structured).toMatchObject({
      count: 1_000,
      statuses: { queued: 999, cancelled: 1 },
      timed_out: false,
    });
    const all = await callTool(deps, "jobs_wait", { batch_id, timeout_seconds: 0 });
    expect(all.structured).toMatchObject({ timed_out: true });
    const found = await callTool(deps, "jobs_list", { batch_id, text: "longer needed" });
    expect(found.structured).toMatchObject({ jobs: [{ id: first }] });
  });

  it("is checked while others are served, and not at all when its inputs have too many values for the schema", async () => {
    const deps = deployment().worker(shards);
    const allOf = Array.from({ length: 300 }, () => ({ type: "object" }));
    const input = { type: "object", properties: { rows: { type: "array", items: { allOf } } } };
    const plan = { name: "hard", input, steps: [{ id: "a", type: "transform", value: 1 }] };
    const rows = (count: number) => ({ rows: Array.from({ length: count }, (_, n) => ({ n })) });
    const submit = (jobs: number) => {
      const inputs = Array.from({ length: jobs }, () => rows(90));
      return callTool(deps, "jobs_submit_blueprint", { blueprint: plan, inputs, run_at: IN_TIME });
    };
    const turnsOf = async (jobs: number): Promise<number> => {
      let isOver = false;
      const submitted = submit(jobs).then(({ isError }) => {
        isOver = true;
        expect(isError).toBe(false);
      });
      let turns = 0;
      for (; !isOver; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
      await submitted;
      return turns;
    };
    await turnsOf(1);
    // Others have turns while the machine is slow, too.
    const few = Math.min(await turnsOf(2), await turnsOf(2), await turnsOf(2));
    expect(await turnsOf(60)).toBeGreaterThan(few + 25);
    const refused = await submit(100);
    expect([refused.isError, refused.text]).toEqual([true, expect.stringContaining("too many values together")]);
  });

  it("is stored whole or not at all", async () => {
    const deps = deployment().worker(shards);
    const plan = {
      name: "needs-n",
      input: { type: "object", required: ["n"], properties: { n: { type: "number" } } },
      steps: [{ id: "a", type: "transform", value: 1 }],
    };
    const bad = { blueprint: plan, inputs: [{ n: 1 }, {}, { n: "x" }] };
    const { isError, text } = await callTool(deps, "jobs_submit_blueprint", bad);
    expect(isError).toBe(true);
    expect(text).toContain("inputs[1]");
    expect(text).toContain("inputs[2].n");
    expect(await pagesOf(deps, {})).toEqual([[]]);
  });
});

describe("the arguments of a batch", () => {
  it.each<[string, JsonObject, string]>([
    ["jobs_submit_blueprint", ofBatch(2, { input: { n: 1 } }), "inputs: does not go with input"],
    ["jobs_submit_blueprint", ofBatch(0), "inputs"],
    ["jobs_wait", {}, "arguments: name no job"],
    ["jobs_wait", { job_ids: ["a"], batch_id: "b" }, "arguments: name jobs and a batch"],
    ["jobs_wait", { batch_id: "batch_nope" }, "Unknown batch: batch_nope"],
  ])("of %s with %o are refused", async (tool, args, why) => {
    const { isError, text } = await callTool(deployment().worker(1), tool, args);
    expect([isError, text]).toEqual([true, expect.stringContaining(why)]);
  });

  it("of a batch of another tenant is unknown", async () => {
    const { structured } = await callTool(deployment().worker(1), "jobs_submit_blueprint", ofBatch(2));
    const batch_id = String(structured.batch_id);
    const stranger = deployment().worker(1);
    const { isError, text } = await callTool(stranger, "jobs_wait", { batch_id });
    expect([isError, text]).toEqual([true, `Unknown batch: ${batch_id}`]);
    expect((await callTool(stranger, "jobs_list", { batch_id })).structured).toMatchObject({ jobs: [] });
  });
});
