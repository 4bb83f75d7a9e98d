import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_INPUT_BYTES } from "../../../src/limits.ts";
import type { RespondError, RetryError } from "../../../src/registry/api/caller.ts";
import { callTool, jobIdOf, jobStatus, NOW, world } from "../support.ts";

const ID = jobIdOf(1);

function withJob(fields: Parameters<typeof jobStatus>[0] = {}) {
  const w = world();
  w.registry.jobs.set(ID, jobStatus(fields));
  return w;
}

describe("jobs_cancel", () => {
  it("cancels a job and hands the reason on, in one line", async () => {
    const w = withJob();
    const { structured, text } = await callTool(w.deps, "jobs_cancel", {
      job_id: ID,
      reason: "no\nlonger\u200b needed",
    });
    expect(structured).toMatchObject({ id: ID, status: "cancelled", changed: true });
    expect(w.registry.calls).toEqual([{ jobId: ID, reason: "no longer needed" }]);
    expect(text).toMatch(/^Cancelled;/);
    expect(text).toContain("jobs_retry");
  });

  it("calls what stands there a reason, not an error", async () => {
    const { text } = await callTool(withJob({ status: "cancelled", error: "not needed" }).deps, "jobs_cancel", {
      job_id: ID,
    });
    expect(text).toContain("\nReason: not needed\n");
  });

  it("leaves a settled job as it is", async () => {
    const w = withJob({ status: "succeeded", progress: 1, result: { n: 1 } });
    const { isError, structured, text } = await callTool(w.deps, "jobs_cancel", { job_id: ID });
    expect([isError, structured]).toMatchObject([false, { status: "succeeded", changed: false }]);
    expect(text).toMatch(/^Nothing changed/);
    expect(w.registry.calls).toEqual([{ jobId: ID, reason: null }]);
  });

  it("refuses a reason that is too long by its path", async () => {
    const { text } = await callTool(withJob().deps, "jobs_cancel", { job_id: ID, reason: "x".repeat(501) });
    expect(text).toMatch(/^reason: /m);
  });
});

describe("jobs_delete", () => {
  it("deletes a settled job, which is unknown then", async () => {
    const w = withJob({ status: "failed", error: "boom" });
    const remove = () => callTool(w.deps, "jobs_delete", { job_id: ID });
    expect((await remove()).structured).toEqual({ next: "There is nothing to do.", deleted: true });
    expect((await remove()).text).toBe(`Unknown job: ${ID}`);
  });

  it("of a running job says to cancel it first", async () => {
    const w = withJob();
    const { isError, text } = await callTool(w.deps, "jobs_delete", { job_id: ID });
    expect(isError).toBe(true);
    expect(text).toContain(`Not deleted: job ${ID} is running.`);
    expect(text).toContain(`jobs_cancel {"job_id":"${ID}"}`);
    expect(w.registry.jobs.size).toBe(1);
  });
});

describe("jobs_retry", () => {
  const retry = (w: ReturnType<typeof world>, args: JsonObject = {}) =>
    callTool(w.deps, "jobs_retry", { job_id: ID, ...args });

  it("returns the new job with a link to it, and what to call next", async () => {
    const w = withJob({ status: "failed" });
    const { structured, text, content } = await retry(w);
    expect(structured).toMatchObject({ id: jobIdOf(9), status: "queued", retried_from: ID });
    expect(text).toContain(`jobs_wait {"job_ids":["${jobIdOf(9)}"]}`);
    expect(content[1]).toMatchObject({ type: "resource_link", uri: `job://${jobIdOf(9)}` });
    expect(w.registry.calls).toEqual([{ jobId: ID, from_step: null, input: null }]);
  });

  it("hands on the step and the input", async () => {
    const w = withJob({ status: "failed" });
    await retry(w, { from_step: "twice", input: { n: 2 } });
    expect(w.registry.calls).toEqual([{ jobId: ID, from_step: "twice", input: { n: 2 } }]);
  });

  it("hands on a corrected plan, checked, and a timeout", async () => {
    const w = withJob({ status: "failed" });
    const blueprint = { name: "mended", steps: [{ id: "one", type: "transform", value: 1 }] };
    await retry(w, { blueprint, timeout_seconds: 90 });
    expect(w.registry.calls).toMatchObject([
      { from_step: null, blueprint: { label: "inline", plan: { name: "mended" } }, timeout_ms: 90_000 },
    ]);
  });

  it("refuses a corrected plan with every fault by its path, and asks nothing of the registry", async () => {
    const w = withJob({ status: "failed" });
    const blueprint = { name: "mended", steps: [{ id: "one", type: "transfrom", value: 1 }] };
    const { isError, text } = await retry(w, { blueprint });
    expect([isError, w.registry.calls]).toEqual([true, []]);
    expect(text).toContain("Not retried.");
    expect(text).toContain("steps[0].type");
  });

  const fault = { path: "input.n", message: "expected number, got string", fix: "Send a number." };
  it.each<[RetryError, string]>([
    [{ code: "not_settled", status: "running" }, `job ${ID} is still running.\nNext: jobs_wait {"job_ids":["${ID}"]}`],
    [{ code: "from_step_needed" }, "from_step: is needed: the job has succeeded."],
    [
      { code: "no_such_step", steps: ["a", "b"] },
      'from_step: "x" is no step that can be run again from. Use one of: a, b.',
    ],
    [{ code: "no_such_step", steps: [] }, "Leave it out."],
    [{ code: "invalid_input", faults: [fault] }, "input.n: expected number, got string. Send a number."],
  ])("of %j says what to do", async (error, remedy) => {
    const w = withJob();
    w.registry.retryError = error;
    const { isError, text } = await retry(w, { from_step: "x" });
    expect([isError, text]).toEqual([true, expect.stringContaining(remedy)]);
  });

  it("refuses an input that is too large, by its path, before it asks the registry", async () => {
    const w = withJob({ status: "failed" });
    const { text } = await retry(w, { input: { text: "x".repeat(MAX_INPUT_BYTES) } });
    expect(text).toMatch(/^input: is \d+ bytes of JSON/m);
    expect(w.registry.calls).toEqual([]);
  });
});

describe("jobs_respond", () => {
  const respond = (w: ReturnType<typeof world>, args: JsonObject = {}) =>
    callTool(w.deps, "jobs_respond", { job_id: ID, request_id: "ok", action: "accept", ...args });

  it("stores the answer and says that the job goes on", async () => {
    const w = withJob({ status: "input_required" });
    const { structured, text } = await respond(w, { content: { channel: "web" } });
    expect(structured).toMatchObject({ id: ID, status: "running" });
    expect(text).toMatch(/^The answer is stored/);
    expect(w.registry.calls).toEqual([{ jobId: ID, request_id: "ok", action: "accept", content: { channel: "web" } }]);
  });

  it.each<[JsonObject, unknown]>([
    [{ action: "accept" }, {}],
    [{ action: "decline" }, null],
    [{ action: "decline", content: { why: "no" } }, null],
  ])("of %j sends the content %j", async (args, content) => {
    const w = withJob({ status: "input_required" });
    await respond(w, args);
    expect(w.registry.calls).toMatchObject([{ content }]);
  });

  const fault = { path: "content.channel", message: "is missing", fix: "Add it." };
  it.each<[RespondError, string]>([
    [{ code: "unknown_request", open: ["approve"] }, 'request_id: "ok" asks nothing. Open: approve.'],
    [{ code: "unknown_request", open: [] }, `Nothing is asked now; see jobs_get_status {"job_id":"${ID}"}`],
    [
      { code: "already_answered", action: "decline", at: NOW },
      'request_id: "ok" was declined at 2026-11-20T12:00:00.000Z, and that stands.',
    ],
    [{ code: "already_answered", action: "expired", at: NOW }, '"ok" expired at 2026-11-20T12:00:00.000Z'],
    [{ code: "invalid_content", faults: [fault] }, "content.channel: is missing. Add it."],
    [
      { code: "storage_full", stored_bytes: 11, limit_bytes: 10 },
      "11 bytes are stored, the most is 10.\nNext: jobs_list",
    ],
  ])("of %j says what to do", async (error, remedy) => {
    const w = withJob();
    w.registry.respondError = error;
    const { isError, text } = await respond(w);
    expect([isError, text]).toEqual([true, expect.stringContaining(remedy)]);
  });

  it.each<[JsonObject, string]>([
    [{ action: "cancel" }, "action"],
    [{ request_id: "" }, "request_id"],
    [{ content: "yes" }, "content"],
    [{ content: { text: "x".repeat(MAX_INPUT_BYTES) } }, "content"],
  ])("refuses bad arguments by their path: %#", async (args, path) => {
    const w = withJob();
    const { isError, text } = await respond(w, args);
    expect([isError, text.split("\n")[1]]).toEqual([true, expect.stringContaining(`${path}: `)]);
    expect(w.registry.calls).toEqual([]);
  });
});
