import { describe, expect, it } from "vitest";
import { MAX_REPLY_BYTES } from "../../../src/limits.ts";
import { callTool, jobIdOf, jobStatus, ofTenant, replyBytes, world } from "../support.ts";

const step = {
  id: "twice",
  type: "transform",
  status: "running" as const,
  tries: 1,
  started_at: null,
  completed_at: null,
  error: null,
};
const event = (seq: number, message: string | null = null) => ({
  seq,
  at: "2026-11-20T12:00:00.000Z",
  type: "step_started" as const,
  step: "twice",
  message,
});

const question = (id: string, message = `May I ${id}?`) => ({
  request_id: id,
  step: id,
  message,
  schema: { type: "object", properties: { ok: { type: "boolean" } } },
  expires_at: "2026-11-21T12:00:00.000Z",
});

function withJob(fields: Parameters<typeof jobStatus>[0] = {}) {
  const w = world();
  const job = jobStatus(fields);
  w.registry.jobs.set(job.id, job);
  return w;
}

const status = (w: ReturnType<typeof world>, job_id: string, include: string[] = []) =>
  callTool(w.deps, "jobs_get_status", { job_id, include });

describe("jobs_get_status", () => {
  it("gives the status as fields and in words, with the next call", async () => {
    const result = await status(withJob(), jobIdOf(1));
    const { parent_id: _, retried_from, expires_at, error_code, message, input_requests, ...said } = jobStatus();
    expect(result.structured).toEqual({ next: expect.stringMatching(/^jobs_wait /), ...said });
    expect(Object.keys(result.structured)[0]).toBe("next");
    expect(result.text).toContain(": running, 50 %, at step twice.");
    expect(result.text).toContain(`Next: jobs_wait {"job_ids":["${jobIdOf(1)}"]}, again while timed_out`);
  });

  it("asks the shard that the id names", async () => {
    const w = withJob({ id: jobIdOf(1, 5) });
    await status(w, jobIdOf(1, 5));
    expect(w.stubs).toEqual([5]);
  });

  it("shows steps and events only when they are asked for", async () => {
    const w = withJob({ steps: [step], events: [event(1)] });
    expect((await status(w, jobIdOf(1))).structured).not.toHaveProperty("steps");
    const full = await status(w, jobIdOf(1), ["steps", "events"]);
    const { started_at, completed_at, error, ...stepFields } = step;
    const { message, ...eventFields } = event(1);
    expect(full.structured).toMatchObject({ steps: [stepFields], events: [eventFields] });
    expect(full.text).toContain("twice (transform): running");
    expect(full.text).toContain("1. 2026-11-20T12:00:00.000Z step_started | twice");
  });

  it("shows the result of a settled job, cut to 4 KiB in words", async () => {
    const result = { text: "ü".repeat(3_000) };
    const w = withJob({ status: "succeeded", progress: 1, result, poll_after_ms: 0 });
    const reply = await status(w, jobIdOf(1));
    expect(reply.structured.result).toEqual(result);
    expect(reply.text).toContain("cut: 6011 bytes in all");
    expect(reply.text).not.toContain("\ufffd");
  });

  it("says why a job failed and how to learn more", async () => {
    const w = withJob({ status: "failed", error: "Step twice: boom", error_code: "expression", poll_after_ms: 0 });
    const { text } = await status(w, jobIdOf(1));
    expect(text).toContain("Error (expression): Step twice: boom");
    expect(text).toContain("jobs_postmortem");
    expect(text).toContain(
      `jobs_get_status {"job_id":"${jobIdOf(1)}","include":["steps","events"]} for the reason (the prompt jobs_postmortem has it in full), then jobs_retry {"job_id":"${jobIdOf(1)}"} goes on from the failed step as a new job; a corrected "blueprint" or "input" can be sent with it.`,
    );
  });

  it.each([
    [
      "run_at",
      { status: "queued" as const, run_at: "2026-11-20T13:00:00.000Z" },
      "Waiting: starts at 2026-11-20T13:00:00.000Z.",
    ],
    ["wakes_at", { wakes_at: "2026-11-20T13:00:00.000Z" }, "Waiting: wakes at 2026-11-20T13:00:00.000Z."],
    ["submitted_by", { submitted_by: "key_1/cli\u202e" }, "Submitted: 2026-11-20T12:00:00.000Z by key_1/cli."],
  ])("says %s in both halves, and nothing of it when it is not there", async (field, fields, line) => {
    const { structured, text } = await status(withJob(fields), jobIdOf(1));
    expect(text.split("\n").filter((each) => each.includes(line))).toHaveLength(1);
    expect(structured).toHaveProperty(field);
    const plain = await status(withJob(), jobIdOf(1));
    expect(plain.text).not.toMatch(/Waiting: | by key/);
    expect(plain.structured).not.toHaveProperty(field);
  });

  it("answers a child's question at the child, whose job it names", async () => {
    const child = jobIdOf(7);
    const input_requests = [
      { ...question("approve"), job_id: child },
      { ...question("budget"), job_id: jobIdOf(8) },
    ];
    const { structured, text } = await status(withJob({ status: "input_required", input_requests }), jobIdOf(1));
    expect(structured.next).toContain(`jobs_respond {"job_id":"${child}","request_id":"approve"`);
    expect(text).toContain(`jobs_respond {"job_id":"${jobIdOf(8)}","request_id":"budget"`);
  });

  it("shows what the job asks, and the call that answers it", async () => {
    const input_requests = [question("approve"), question("budget")];
    const { structured, text } = await status(withJob({ status: "input_required", input_requests }), jobIdOf(1));
    expect(structured.input_requests).toEqual(input_requests);
    expect(text).toContain("Question of step approve, open until 2026-11-21T12:00:00.000Z: May I approve?");
    expect(text).toContain(`jobs_respond {"job_id":"${jobIdOf(1)}","request_id":"budget","action":"accept"`);
    expect(text).not.toContain("jobs_wait");
  });

  it("leaves out the last questions when they are too many for one reply, and says so", async () => {
    const input_requests = Array.from({ length: 20 }, (_, i) => question(`q${i}`, "x".repeat(1_500)));
    const result = await status(withJob({ status: "input_required", input_requests }), jobIdOf(1));
    const shown = result.structured.input_requests as unknown[];
    expect(shown.length).toBeGreaterThan(3);
    expect(result.text).toContain(`${20 - shown.length} more questions are left out`);
    expect(replyBytes(result)).toBeLessThan(MAX_REPLY_BYTES);
  });

  it("points at the pages of a result that is cut", async () => {
    const result = { truncated: true, total_bytes: 9_000, preview: "{" };
    const { text } = await status(withJob({ status: "succeeded", progress: 1, result }), jobIdOf(1));
    expect(text).toContain(`jobs_get_result {"job_id":"${jobIdOf(1)}"}`);
  });

  it("keeps a reply with a long timeline small, newest events first to stay", async () => {
    const events = Array.from({ length: 500 }, (_, i) => event(i + 1, "x".repeat(100)));
    const w = withJob({ events });
    const { structured, text } = await status(w, jobIdOf(1), ["events"]);
    expect(JSON.stringify(structured).length + text.length).toBeLessThan(MAX_REPLY_BYTES);
    expect((structured.events as unknown[]).at(-1)).toEqual(events.at(-1));
    expect(text).toContain("older events are left out");
  });

  it("previews the result when metadata and result together are too much for one reply", async () => {
    const result = { text: "x".repeat(8_000) };
    const metadata = { text: "y".repeat(16_000) };
    const { structured, text } = await status(withJob({ status: "succeeded", result, metadata }), jobIdOf(1));
    expect(structured).toMatchObject({ metadata, result: { truncated: true, total_bytes: 8_011 } });
    expect(JSON.stringify(structured).length + text.length).toBeLessThan(MAX_REPLY_BYTES);
  });
});

describe("an unknown job", () => {
  it.each([
    ["malformed", "nope", "nope"],
    ["empty", "", ""],
    ["well-formed", jobIdOf(9), jobIdOf(9)],
    ["of a shard that cannot be", jobIdOf(9, 64), jobIdOf(9, 64)],
    ["with invisible characters", "job\u0000_\u202ex\u200by", "job_xy"],
    ["longer than the schema says", "j".repeat(5_000), "j".repeat(200)],
  ])("id that is %s is answered alike", async (_, id, shown) => {
    const result = await status(world(), id);
    expect(result).toEqual({
      isError: true,
      text: `Unknown job: ${shown}`,
      structured: {},
      content: [{ type: "text", text: `Unknown job: ${shown}` }],
    });
  });

  it("of another tenant is unknown too", async () => {
    const w = withJob();
    const foreign = ofTenant(w, "other");
    expect((await status(foreign, jobIdOf(1))).text).toBe(`Unknown job: ${jobIdOf(1)}`);
  });

  it("that no object can own is not looked up", async () => {
    const w = world();
    await status(w, jobIdOf(9, 64));
    await status(w, "nope");
    expect(w.stubs).toEqual([]);
  });
});

describe("bad arguments of jobs_get_status", () => {
  it.each([
    [{}, "job_id"],
    [{ job_id: 5 }, "job_id"],
    [{ job_id: "x", include: { steps: true } }, "include"],
    [{ job_id: "x", include: ["all"] }, "include[0]"],
  ])("%j name their path", async (args, path) => {
    const { isError, text } = await callTool(world().deps, "jobs_get_status", args);
    expect(isError).toBe(true);
    expect(text.split("\n")[1]).toMatch(new RegExp(`^${path.replace(/[[\]]/g, "\\$&")}: `));
  });
});
