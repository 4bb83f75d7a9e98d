import { describe, expect, it } from "vitest";
import {
  accept,
  dispatched,
  isDispatchable,
  nextAttempt,
  nudged,
  pauseMs,
  postponed,
} from "../../src/jobs/dispatch.ts";
import { deadline, nextDue, withDue } from "../../src/jobs/due.ts";
import { aDoneStep, aJob, aRunningJob, aStep, eventTypes, HOUR, SECOND, T0 } from "../support/jobs.ts";

describe("accepting a job", () => {
  it("queues its first attempt and notes that it was accepted", () => {
    const job = accept(aJob(), T0);
    expect(job).toEqual(aJob());
    expect(eventTypes(job)).toEqual(["accepted"]);
  });

  it("makes it due soon, so that a crash before the hand-over is repaired", () => {
    const job = accept(aJob(), T0);
    expect([job.due_at, job.expected_by]).toEqual([T0 + 5 * SECOND, T0 + 5 * SECOND]);
    expect(isDispatchable(job, T0)).toBe(true);
  });

  it("to run later makes it due then, and it is not handed over before", () => {
    const job = accept(aJob({ run_at: T0 + HOUR }), T0);
    expect([job.due_at, job.expected_by]).toEqual([T0 + HOUR, T0 + HOUR]);
    expect([T0, T0 + HOUR - 1, T0 + HOUR].map((now) => isDispatchable(job, now))).toEqual([false, false, true]);
  });

  it("to run in the past makes it due at once", () => {
    const job = accept(aJob({ run_at: T0 - HOUR }), T0);
    expect(isDispatchable(job, T0)).toBe(true);
    expect(nextDue(job)).toBeLessThanOrEqual(T0);
  });
});

describe("handing a job over", () => {
  it("notes it, and expects the first report within 30 seconds", () => {
    const job = dispatched(aJob(), T0 + SECOND);
    expect(job).toMatchObject({ status: "queued", dispatched_at: T0 + SECOND, expected_by: T0 + 31 * SECOND });
    expect(eventTypes(job)).toEqual(["accepted", "dispatched"]);
    expect(isDispatchable(job, T0 + SECOND)).toBe(false);
  });

  it.each(["succeeded", "failed", "cancelled"] as const)("is over when it is %s", (status) => {
    expect(isDispatchable(aJob({ status, settled_at: T0 }), T0)).toBe(false);
  });

  it("put off looks again after the given time and counts it", () => {
    const job = postponed(aRunningJob({ nudges: 2, due_at: T0 }), 40 * SECOND, T0 + SECOND);
    expect(job).toMatchObject({ nudges: 3, expected_by: T0 + 41 * SECOND, due_at: T0 + 41 * SECOND });
  });
});

describe("a nudged job", () => {
  it.each([0, 4])("after %i nudges: shows the next one in its timeline, and counts it", (nudges) => {
    const job = nudged(aRunningJob({ nudges, due_at: T0 }), 40 * SECOND, T0 + SECOND);
    expect(job).toMatchObject({ nudges: nudges + 1, expected_by: T0 + 41 * SECOND });
    expect(eventTypes(job).at(-1)).toBe("nudged");
  });

  it("after five nudges: only counts it, so that the timeline keeps room for what matters", () => {
    const before = aRunningJob({ nudges: 5, due_at: T0 });
    const job = nudged(before, 320 * SECOND, T0 + SECOND);
    expect([job.nudges, job.events]).toEqual([6, before.events]);
  });
});

describe("the next attempt", () => {
  it("of a scheduled job does not wait for its time again, when the clock went back behind it", () => {
    const lost = aJob({ run_at: T0 + HOUR, dispatched_at: T0 + HOUR });
    const next = nextAttempt(lost, "no report", T0 + HOUR + SECOND);
    expect(isDispatchable(next, T0)).toBe(true);
  });

  const lost = aRunningJob({
    nudges: 5,
    step: "page",
    run: {
      steps: { first: aDoneStep(), nap: aStep({ status: "waiting" }), page: aStep({ tries: 3 }) },
      open: {
        nap: { tries: 1, ended: 0, failures: 0, expected_by: T0 + HOUR + 10 * SECOND, wake_at: T0 + HOUR },
        page: { tries: 3, ended: 2, failures: 2, expected_by: T0 + 40 * SECOND },
      },
    },
  });
  const again = nextAttempt(lost, "no report", T0 + 60 * SECOND);

  it("counts up and waits to be handed over", () => {
    expect(again).toMatchObject({ status: "running", attempt: 2, nudges: 0, dispatched_at: null });
    expect(again.expected_by).toBe(T0 + 65 * SECOND);
    expect(isDispatchable(again, T0 + 60 * SECOND)).toBe(true);
  });

  it("keeps what rests with its wake time, and lets go of what acted", () => {
    expect(again.run.open).toEqual({ nap: lost.run.open.nap });
    expect(again.run.steps).toEqual(lost.run.steps);
  });

  it("keeps when the job first started, so that its deadline stays", () => {
    expect(again.started_at).toBe(T0);
    expect(deadline(again)).toBe(T0 + HOUR);
  });

  it("says in the timeline which attempt it is and why", () => {
    expect(again.events.at(-1)).toEqual(["redispatched", T0 + 60 * SECOND, null, "attempt 2: no report"]);
  });
});

describe("the due time of a job", () => {
  const at = (expected_by: number, due_at: number) => aRunningJob({ expected_by, due_at });

  it("is when the next report must have come", () => {
    expect(nextDue(at(T0 + 30 * SECOND, T0))).toBe(T0 + 30 * SECOND);
  });

  it("is the deadline when that is earlier", () => {
    expect(nextDue(at(T0 + 2 * HOUR, T0))).toBe(T0 + HOUR);
  });

  it("has no deadline before the job starts", () => {
    expect(deadline(aJob())).toBeUndefined();
    expect(nextDue(aJob({ expected_by: T0 + 400 * HOUR }))).toBe(T0 + 400 * HOUR);
  });

  it("of a settled job is its purge", () => {
    const job = aJob({ status: "succeeded", expected_by: T0, due_at: T0 + HOUR });
    expect(nextDue(job)).toBe(T0 + HOUR);
    expect(withDue(job, T0)).toBe(job);
  });

  it.each([
    ["moves when it must be earlier", T0 + 20 * SECOND, T0 + 30 * SECOND, T0 + 20 * SECOND],
    ["stays when it may be later", T0 + 40 * SECOND, T0 + 30 * SECOND, T0 + 30 * SECOND],
    ["moves when it has passed", T0 + 40 * SECOND, T0, T0 + 40 * SECOND],
  ])("%s", (_what, expected, due, moved) => {
    expect(withDue(at(expected, due), T0 + SECOND).due_at).toBe(moved);
  });
});

describe("a pause of the dispatcher", () => {
  it("doubles with each refusal, up to half a minute, and is between half and all of that", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 1_000].map((refusals) => pauseMs(refusals, 0) * 2)).toEqual(
      [1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * SECOND),
    );
    expect(pauseMs(0, 0.999)).toBe(SECOND);
  });
});
