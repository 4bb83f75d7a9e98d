import { describe, expect, it } from "vitest";
import type { Job } from "../../src/jobs/job.ts";
import { type Outcome, settle } from "../../src/jobs/settle.ts";
import { AN_ERROR, aDoneStep, aJob, aRunningJob, aStep, HOUR, KEEP_MS, SECOND, T0 } from "../support/jobs.ts";

const SUCCEEDED: Outcome = { name: "succeeded", result_path: null, result_json: '{"ok":true}' };
const failedAt = (path: string | null, message = AN_ERROR.message): Outcome => ({
  name: "failed",
  path,
  error: { code: "http_status", message },
});
const NOW = T0 + HOUR;

/** Settled, or the test fails. */
function settled(job: Job, outcome: Outcome): Job {
  const after = settle(job, outcome, NOW, KEEP_MS);
  if (after === undefined) throw new Error(`${job.status} could not be ${outcome.name}`);
  return after;
}

const job = aRunningJob({
  step: "pages",
  message: "The answer was 500. Next try in 2 s.",
  run: {
    steps: { first: aDoneStep(), nap: aStep({ status: "waiting" }), pages: aStep({ tries: 2 }) },
    open: { "pages[0].get": { tries: 2, ended: 1, failures: 1, expected_by: NOW } },
  },
});

describe("succeeding", () => {
  it("names the result, ends the job and keeps it for the given time", () => {
    expect(settled(job, SUCCEEDED)).toMatchObject({
      status: "succeeded",
      settled_at: NOW,
      due_at: NOW + KEEP_MS,
      result_json: '{"ok":true}',
      message: null,
      error: null,
      error_code: null,
    });
  });

  it("leaves nothing open and is the last event", () => {
    const after = settled(job, SUCCEEDED);
    expect(after.run.open).toEqual({});
    expect(after.events.at(-1)).toEqual(["settled", NOW, null, "succeeded"]);
  });

  it("does not happen to a job that has not started", () => {
    expect(settle(aJob(), SUCCEEDED, NOW, KEEP_MS)).toBeUndefined();
  });
});

describe("failing at a step", () => {
  const after = settled(job, failedAt("pages[0].get"));

  it("says which step and why, in one line with a stable code", () => {
    expect(after).toMatchObject({
      status: "failed",
      settled_at: NOW,
      due_at: NOW + KEEP_MS,
      step: "pages",
      message: null,
      error: "Step pages[0].get: The answer was 500.",
      error_code: "http_status",
      result_path: null,
    });
  });

  it("marks the top-level step as failed, with its tries and its error", () => {
    expect(after.run.steps.pages).toEqual(
      aStep({ tries: 2, status: "failed", completed_at: NOW, error: "The answer was 500." }),
    );
  });

  it("cancels the others that had not ended and leaves nothing open", () => {
    expect(after.run.steps.nap).toEqual(aStep({ status: "cancelled", completed_at: NOW }));
    expect(after.run.steps.first).toEqual(aDoneStep());
    expect(after.run.open).toEqual({});
  });

  it("notes the failed step, then the settling", () => {
    expect(after.events.slice(-2)).toEqual([
      ["step_failed", NOW, "pages[0].get", "The answer was 500."],
      ["settled", NOW, null, "failed: http_status"],
    ]);
  });

  it("that never began marks it all the same", () => {
    const unborn = settled(aRunningJob(), failedAt("second"));
    expect(unborn.run.steps).toEqual({
      second: aStep({ status: "failed", tries: 0, started_at: NOW, completed_at: NOW, error: "The answer was 500." }),
    });
  });

  it("tells the message in one visible line of at most 500 characters", () => {
    const { error } = settled(job, failedAt("first", `one\r\n\ttwo\u202e\u0007 ${"x".repeat(600)}`));
    expect(error).toMatch(/^Step first: one two x+…$/);
    expect(error).toHaveLength("Step first: ".length + 500);
  });
});

describe("failing as a whole", () => {
  it("blames no step, and cancels those that had not ended", () => {
    const after = settled(job, failedAt(null, "The job did\nnot settle."));
    expect(after).toMatchObject({ status: "failed", step: "pages", error: "The job did not settle." });
    expect(Object.values(after.run.steps).map(({ status }) => status)).toEqual(["succeeded", "cancelled", "cancelled"]);
    expect(after.events.slice(job.events.length)).toEqual([["settled", NOW, null, "failed: http_status"]]);
  });

  it.each(["queued", "running", "input_required"] as const)("is possible while %s", (status) => {
    expect(settled({ ...job, status }, failedAt(null)).status).toBe("failed");
  });
});

describe("cancelling", () => {
  const CANCELLED: Outcome = { name: "cancelled", reason: null };

  it.each(["queued", "running", "input_required"] as const)("%s: ends the job without an error", (status) => {
    expect(settled({ ...job, status }, CANCELLED)).toMatchObject({
      status: "cancelled",
      settled_at: NOW,
      due_at: NOW + KEEP_MS,
      message: null,
      result_path: null,
      error: null,
      error_code: null,
    });
  });

  it("cancels the steps that had not ended, leaves nothing open and is the last event", () => {
    const after = settled(job, CANCELLED);
    expect(Object.values(after.run.steps).map(({ status }) => status)).toEqual(["succeeded", "cancelled", "cancelled"]);
    expect(after.run.open).toEqual({});
    expect(after.events.slice(job.events.length)).toEqual([["settled", NOW, null, "cancelled"]]);
  });

  it("tells no reason of which nothing can be seen", () => {
    const after = settled(job, { name: "cancelled", reason: "\u200b\u202e" });
    expect([after.error, after.events.at(-1)]).toEqual([null, ["settled", NOW, null, "cancelled"]]);
  });

  it("tells the caller's reason in one visible line of at most 500 characters", () => {
    const after = settled(job, { name: "cancelled", reason: `not\nneeded\u202e ${"x".repeat(600)}` });
    expect(after.error).toMatch(/^not needed x+…$/);
    expect(after.error).toHaveLength(500);
    expect(after.events.at(-1)).toEqual(["settled", NOW, null, `cancelled: ${after.error}`]);
  });
});

describe("settling again", () => {
  it.each(["succeeded", "failed", "cancelled"] as const)("%s: changes nothing, whatever the outcome", (status) => {
    const done = { ...job, status, settled_at: T0 + SECOND };
    expect(
      [SUCCEEDED, failedAt(null), { name: "cancelled", reason: null } as const].map((late) =>
        settle(done, late, NOW, KEEP_MS),
      ),
    ).toEqual([undefined, undefined, undefined]);
  });
});
