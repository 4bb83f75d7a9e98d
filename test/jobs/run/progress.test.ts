import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job, StepState } from "../../../src/jobs/job.ts";
import { pollAfterMs, progressOf } from "../../../src/jobs/run/progress.ts";
import { settle } from "../../../src/jobs/settle.ts";
import { JOB_STATUSES } from "../../../src/jobs/status.ts";
import { AN_ERROR, aDoneStep, aJob, aRunningJob, aStep, HOUR, KEEP_MS, SECOND, T0 } from "../../support/jobs.ts";

/** A running job of four steps. */
const withSteps = (steps: Record<string, StepState>) =>
  aRunningJob({ step_count: 4, step: Object.keys(steps).at(-1) ?? null, run: { steps, open: {} } });

const items = (done: number, failed = 0) => aStep({ items: { total: 10, done, failed } });

describe("progress", () => {
  it.each([
    ["nothing has begun", {}, 0],
    ["a step has begun", { a: aStep() }, 0],
    ["a step has succeeded", { a: aDoneStep() }, 0.25],
    ["a step was skipped", { a: aDoneStep({ status: "skipped" }) }, 0.25],
    ["a failed step was passed over", { a: aDoneStep({ status: "failed" }), b: aStep() }, 0.25],
    ["half of a map's items have ended", { a: aDoneStep(), b: items(5, 2) }, 0.38],
    ["a map has no items", { a: aStep({ items: { total: 0, done: 0, failed: 0 } }) }, 0],
    ["all steps have succeeded", { a: aDoneStep(), b: aDoneStep(), c: aDoneStep(), d: aDoneStep() }, 0.99],
  ])("while running, when %s", (_when, steps: Record<string, StepState>, progress) => {
    expect(progressOf(withSteps(steps))).toBe(progress);
  });

  it("is 1 when succeeded, whatever the steps", () => {
    expect(progressOf({ ...withSteps({ a: aStep() }), status: "succeeded" })).toBe(1);
  });

  it("of a job without steps is a number", () => {
    expect(progressOf(aRunningJob({ step_count: 0 }))).toBe(0);
  });

  it("is from 0 to 0.99 in every other status", () => {
    const step = fc.constantFrom(aStep(), aDoneStep(), items(0), items(10), aDoneStep({ status: "cancelled" }));
    const steps = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), step, { noNullPrototype: true });
    const status = fc.constantFrom(...JOB_STATUSES.filter((name) => name !== "succeeded"));
    fc.assert(
      fc.property(steps, status, (some, name) => {
        const progress = progressOf({ ...withSteps(some), status: name });
        expect(progress).toBeGreaterThanOrEqual(0);
        expect(progress).toBeLessThanOrEqual(0.99);
      }),
    );
  });
});

describe("progress of a job that fails", () => {
  it("does not count the step that failed it", () => {
    const job = withSteps({ a: aDoneStep(), b: aStep() });
    const failed = settle(job, { name: "failed", path: "b", error: AN_ERROR }, T0 + HOUR, KEEP_MS);
    expect(failed && progressOf(failed)).toBe(0.25);
  });

  it("keeps what its failed map had done", () => {
    const job = withSteps({ a: aDoneStep(), b: items(5) });
    const failed = settle(job, { name: "failed", path: "b[7].page", error: AN_ERROR }, T0 + HOUR, KEEP_MS);
    expect(failed && progressOf(failed)).toBe(0.38);
  });

  it("does not count the steps that were cancelled with it", () => {
    const job = withSteps({ a: aDoneStep(), nap: aStep(), b: aStep() });
    const failed = settle(job, { name: "failed", path: "b", error: AN_ERROR }, T0 + HOUR, KEEP_MS);
    expect(failed && progressOf(failed)).toBe(0.25);
  });

  it("does not fall when the job as a whole fails between two steps", () => {
    const job = withSteps({ a: aDoneStep(), b: aDoneStep() });
    const failed = settle(job, { name: "failed", path: null, error: AN_ERROR }, T0 + HOUR, KEEP_MS);
    expect(failed && progressOf(failed)).toBe(0.5);
  });
});

describe("when asking again makes sense", () => {
  const rest = (wake_at: number) => ({ tries: 1, ended: 0, failures: 0, expected_by: wake_at + 10 * SECOND, wake_at });
  const resting = (...wakeAts: number[]) =>
    aRunningJob({ run: { steps: {}, open: Object.fromEntries(wakeAts.map((at, i) => [`nap${i}`, rest(at)])) } });

  it.each(["succeeded", "failed", "cancelled"] as const)("%s: never again", (status) => {
    expect(pollAfterMs(aJob({ status }), T0 + HOUR)).toBe(0);
  });

  /** A running job one of whose steps began `age` ms ago, whatever came before it. */
  const acting = (age: number, open = "b") => {
    const steps = { a: aDoneStep({ started_at: T0 - 24 * HOUR }), b: aStep({ started_at: T0 - age }) };
    return aRunningJob({ submitted_at: T0 - 48 * HOUR, step: "b", run: { steps, open: { [open]: work } }, events: [] });
  };
  const question = { request_id: "ok", message: "Go?", schema: {}, expires_at: T0 + 24 * HOUR, fallback: null };
  const withOpen = (job: Job, open: Job["run"]["open"]): Job => ({ ...job, run: { ...job.run, open } });
  const work = { tries: 1, ended: 0, failures: 0, expected_by: T0 + HOUR };

  it.each([
    ["just submitted", aJob(), T0, 1 * SECOND],
    ["to start in 40 seconds", aJob({ run_at: T0 + 40 * SECOND }), T0, 40_500],
    ["to start in a year", aJob({ run_at: T0 + 8_760 * HOUR }), T0, 60 * SECOND],
    ["resting for 30 seconds", resting(T0 + 30 * SECOND), T0, 30_500],
    ["resting for a second and a half", resting(T0 + 1_500), T0, 2 * SECOND],
    ["resting for a year", resting(T0 + 8_760 * HOUR), T0, 60 * SECOND],
    ["resting twice", resting(T0 + HOUR, T0 + 20 * SECOND), T0, 20_500],
    ["resting past its end", resting(T0 - HOUR), T0, 1 * SECOND],
    ["in a step that has just begun, after a sleep of a day", acting(100), T0, 1 * SECOND],
    ["in a step of 8 seconds", acting(8 * SECOND), T0, 2 * SECOND],
    ["in a step of 8 seconds and a bit", acting(8_001), T0, 2 * SECOND],
    ["in a step of almost a minute", acting(59 * SECOND), T0, 5 * SECOND],
    ["in a step of a minute and a half", acting(90 * SECOND), T0, 22_500],
    ["in a step of a day", acting(24 * HOUR), T0, 30 * SECOND],
    ["asking for 8 seconds", withOpen(acting(8 * SECOND), { b: { ...work, question } }), T0, 2 * SECOND],
    [
      "in an inner step that has just begun",
      { ...acting(HOUR, "b.page"), events: [["step_started", T0 - 900, "b.page"]] },
      T0,
      1 * SECOND,
    ],
    [
      "between two steps",
      { ...withOpen(acting(HOUR), {}), events: [["step_succeeded", T0 - 4_000, "b"]] },
      T0,
      1 * SECOND,
    ],
    [
      "resting for an hour beside a step of 8 seconds",
      withOpen(acting(8 * SECOND), { b: work, nap: rest(T0 + HOUR) }),
      T0,
      2 * SECOND,
    ],
  ] as [string, Job, number, number][])("%s", (_what, job, now, ms) => {
    expect(pollAfterMs(job, now)).toBe(ms);
  });

  it("is a whole number from 1 to 60 seconds until the job settles", () => {
    const time = fc.integer({ min: T0 - HOUR, max: T0 + 9_000 * HOUR });
    fc.assert(
      fc.property(time, fc.option(time), fc.array(time, { maxLength: 2 }), (now, run_at, wakeAts) => {
        const ms = pollAfterMs({ ...resting(...wakeAts), run_at }, now);
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(1_000);
        expect(ms).toBeLessThanOrEqual(60_000);
      }),
    );
  });
});
