import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/jobs/job.ts";
import { EVENT_TYPES, type EventType, type JobEvent, withEvent } from "../../../src/jobs/run/timeline.ts";
import { aJob, T0 } from "../../support/jobs.ts";

/** A job with this many events. */
const withCount = (count: number): Job =>
  aJob({ events: Array.from({ length: count }, (): JobEvent => ["step_started", T0, "a"]) });

const takes = (count: number, type: EventType): boolean =>
  withEvent(withCount(count), type, T0).events.length === count + 1;

const LASTING = [
  "accepted",
  "dispatched",
  "started",
  "input_requested",
  "answered",
  "expired",
  "answer_dropped",
  "nudged",
  "redispatched",
  "step_retrying",
  "step_failed",
] as const;
const QUIET = ["step_started", "step_waiting", "child_started", "step_succeeded", "step_skipped"] as const;

describe("the timeline of a job", () => {
  it("has each event type in one of these groups", () => {
    expect([...LASTING, ...QUIET, "settled"].toSorted()).toEqual(EVENT_TYPES.toSorted());
  });

  it("keeps events in the order in which they came, and leaves the job before as it was", () => {
    const job = aJob({ events: [] });
    const noted = withEvent(withEvent(job, "step_started", T0, "a"), "step_failed", T0 + 1, "a", "why");
    expect(noted.events).toEqual([
      ["step_started", T0, "a"],
      ["step_failed", T0 + 1, "a", "why"],
    ]);
    expect(job.events).toEqual([]);
  });

  it.each(QUIET)("has room for %s until it holds 400", (type) => {
    expect([0, 399, 400, 499].map((count) => takes(count, type))).toEqual([true, true, false, false]);
  });

  it.each(LASTING)("has room for %s until only the last place is left", (type) => {
    expect([0, 400, 498, 499].map((count) => takes(count, type))).toEqual([true, true, true, false]);
  });

  it("keeps its last place for the settling", () => {
    expect([0, 400, 499, 500].map((count) => takes(count, "settled"))).toEqual([true, true, true, false]);
  });

  it("never holds more than 500, and always has room to settle", () => {
    const types = fc.array(fc.constantFrom(...EVENT_TYPES.filter((type) => type !== "settled")), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 499 }), types, (count, some) => {
        const full = some.reduce((job, type) => withEvent(job, type, T0), withCount(count));
        const settled = withEvent(full, "settled", T0);
        expect(settled.events.length).toBe(full.events.length + 1);
        expect(settled.events.length).toBeLessThanOrEqual(500);
      }),
    );
  });
});
