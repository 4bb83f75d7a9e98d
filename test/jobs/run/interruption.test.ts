import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextAttempt } from "../../../src/jobs/dispatch.ts";
import type { Job } from "../../../src/jobs/job.ts";
import { interruption } from "../../../src/jobs/run/interruption.ts";
import { applyMarks, begin, finish, heard, rest, start } from "../../../src/jobs/run/reports.ts";
import { MAX_INTERRUPTED_TRIES } from "../../../src/limits.ts";
import { aRunningJob, HOUR, SECOND, T0 } from "../../support/jobs.ts";

const starts = (job: Job, times: number, now = T0): Job =>
  Array.from({ length: times }).reduce<Job>((before) => start(before, now), job);
/** One death more than may be. */
const dying = (job: Job, now = T0): Job => starts(job, MAX_INTERRUPTED_TRIES + 1, now);

describe("an attempt that begins again and again", () => {
  it("must not go on when it has died once more than may be", () => {
    expect(interruption(starts(aRunningJob(), MAX_INTERRUPTED_TRIES))).toBeUndefined();
    expect(interruption(dying(aRunningJob()))).toEqual({
      code: "job_interrupted",
      message: expect.stringContaining(`${MAX_INTERRUPTED_TRIES + 1} times`),
    });
  });

  it("may, while a try counts its own deaths, or while it rests", () => {
    expect(interruption(dying(begin(aRunningJob(), "first", "a", SECOND, T0).job))).toBeUndefined();
    expect(interruption(dying(rest(aRunningJob(), "nap", T0 + HOUR, T0).job))).toBeUndefined();
  });

  it("must not when its rest is over", () => {
    const rested = rest(aRunningJob(), "nap", T0 + HOUR, T0).job;
    expect(interruption(dying(rested, T0 + HOUR))?.code).toBe("job_interrupted");
  });

  it("counts anew in the next attempt, and when it has to wait for its turn", () => {
    expect(dying(aRunningJob()).run.interrupted).toBeDefined();
    expect(nextAttempt(dying(aRunningJob()), "lost", T0).run.interrupted).toBeUndefined();
    expect(heard(dying(aRunningJob()), T0).run.interrupted).toBeUndefined();
  });
});

type Move = "start" | "act" | "rest" | "same mark" | "new mark";

/** What the rule says, in other words: starts since anything was new. */
function after(
  { job, deaths, steps }: { job: Job; deaths: number; steps: number },
  move: Move,
  now: number,
): { job: Job; deaths: number; steps: number } {
  const path = `s${steps}`;
  switch (move) {
    case "start":
      return { job: start(job, now), deaths: deaths + 1, steps };
    case "act":
      return {
        job: finish(begin(job, path, "t", SECOND, now).job, path, undefined, now),
        deaths: 0,
        steps: steps + 1,
      };
    case "rest": {
      const rested = rest(job, path, now + SECOND, now).job;
      return { job: applyMarks(rested, [{ path, status: "succeeded" }], now), deaths: 0, steps: steps + 1 };
    }
    case "new mark":
      return { job: applyMarks(job, [{ path, status: "succeeded" }], now), deaths: 0, steps: steps + 1 };
    case "same mark":
      return steps === 0
        ? { job, deaths, steps }
        : { job: applyMarks(job, [{ path: `s${steps - 1}`, status: "succeeded" }], now), deaths, steps };
    default:
      return move satisfies never;
  }
}

describe("over any course", () => {
  it("only starts in a row count, whatever a resume reports once more", () => {
    const moves = fc.array(
      fc.oneof(
        { weight: 20, arbitrary: fc.constant<Move>("start") },
        fc.constantFrom<Move>("act", "rest", "same mark", "new mark"),
      ),
      { maxLength: 80, minLength: 20 },
    );
    let reached = 0;
    fc.assert(
      fc.property(moves, (course) => {
        let state = { job: aRunningJob(), deaths: 0, steps: 0 };
        course.forEach((move, i) => {
          state = after(state, move, T0 + i * SECOND);
          expect(interruption(state.job) !== undefined).toBe(state.deaths > MAX_INTERRUPTED_TRIES);
          if (state.deaths > MAX_INTERRUPTED_TRIES) reached += 1;
        });
      }),
      { numRuns: 200 },
    );
    expect(reached).toBeGreaterThan(0);
  });
});
