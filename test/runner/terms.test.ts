import { describe, expect, it } from "vitest";
import type { JobStatus } from "../../src/jobs/view.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { inRegistry } from "../registry/bench.ts";
import { json, RecordingStep, runSteps, scripted } from "./bench.ts";

const http = (more: JsonObject): JsonObject => ({ id: "a", type: "http", url: "https://api.example.com/x", ...more });
const map = (more: JsonObject): JsonObject => ({
  ...{ id: "m", type: "map", over: [1, 2, 3] },
  steps: [{ id: "t", type: "transform", value: "{% $item %}" }],
  ...more,
});

async function statusAfter(step: JsonObject, input: JsonObject, fetch = scripted(json({ ready: true })).fetch) {
  const seen: Pick<JobStatus, "status" | "error" | "error_code">[] = [];
  const engine = new RecordingStep();
  await inRegistry(async (bench) => {
    const run = await runSteps(bench, [step], { input, fetch, step: engine });
    seen.push(await run.status());
  });
  return { ...seen[0], waited: engine.waited };
}

describe("a number or duration of a step that is an expression", () => {
  it("acts as a literal does: retries and their delay", async () => {
    const { fetch, sent } = scripted(json({}, { status: 500 }));
    const retry = { limit: "{% $input.limit %}", delay: "{% $input.s & ' seconds' %}", backoff: "fixed" };
    const { status, waited } = await statusAfter(http({ retry }), { limit: 2, s: 7 }, fetch);
    expect(status).toBe("failed");
    expect(sent).toHaveLength(3);
    expect(waited).toEqual([7_000, 7_000]);
  });

  it("acts as a literal does: polls and their pause", async () => {
    const { fetch, sent } = scripted(json({ ready: false }), json({ ready: true }));
    const polling = { until: "{% $response.body.ready %}", every: "{% $input.every %}", limit: "{% $input.limit %}" };
    const { status, waited } = await statusAfter(http(polling), { every: "3 minutes", limit: 2 }, fetch);
    expect(status).toBe("succeeded");
    expect(sent).toHaveLength(2);
    expect(waited).toEqual([180_000]);
  });

  it("acts as a literal does: items and how many run at once", async () => {
    expect(
      (await statusAfter(map({ concurrency: "{% $input.n %}", max_items: "{% $input.n + 1 %}" }), { n: 2 })).status,
    ).toBe("succeeded");
    const tooMany = await statusAfter(map({ max_items: "{% $input.n %}" }), { n: 2 });
    expect(tooMany).toMatchObject({ status: "failed", error_code: "too_many_items" });
  });

  it.each<[string, JsonObject, Json, string]>([
    [
      "beyond the cap of a number",
      map({ concurrency: "{% $input.v %}" }),
      21,
      "concurrency came out as 21: must be at most 20",
    ],
    ["below the least", map({ max_items: "{% $input.v %}" }), 0, "max_items came out as 0: must be at least 1"],
    ["beyond the cap of a duration", http({ timeout: "{% $input.v %}" }), "2 hours", "timeout came out as"],
    ["beyond the cap of a part", http({ retry: { limit: "{% $input.v %}" } }), 1_000, "retry.limit came out as 1000"],
  ])("fails the step with limit_exceeded %s", async (_what, step, v, says) => {
    const failed = await statusAfter(step, { v });
    expect(failed).toMatchObject({
      status: "failed",
      error_code: "limit_exceeded",
      error: expect.stringContaining(says),
    });
  });

  it.each<[string, Json, string]>([
    ["of another type", 30, "timeout came out as 30: expected string"],
    ["that is no duration", "soon", 'timeout came out as "soon"'],
    ["that is nothing", null, "timeout came out as"],
  ])("fails the step when it is one %s", async (_what, v, says) => {
    const failed = await statusAfter(http({ timeout: "{% $input.v %}" }), { v });
    expect(failed).toMatchObject({ status: "failed", error: expect.stringContaining(says) });
  });

  it("fails the step when it comes out as nothing, and does not fall back to a default", async () => {
    const failed = await statusAfter(http({ retry: { limit: "{% $input.none %}" } }), {});
    expect(failed).toMatchObject({
      error_code: "expression",
      error: expect.stringContaining("retry.limit came out as nothing"),
    });
  });
});
