import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChangePlace, progressionSince } from "../../src/jobs/changes.ts";
import { accept } from "../../src/jobs/dispatch.ts";
import type { Job } from "../../src/jobs/job.ts";
import { answer, ask } from "../../src/jobs/run/awaiting.ts";
import { rest, start } from "../../src/jobs/run/reports.ts";
import { withEvent } from "../../src/jobs/run/timeline.ts";
import { settle } from "../../src/jobs/settle.ts";
import { isSettled } from "../../src/jobs/status.ts";
import { MAX_EVENTS } from "../../src/limits.ts";
import { aJob, HOUR, KEEP_MS, T0 } from "../support/jobs.ts";

type Act = (job: Job, now: number) => Job;

const question = (path: string) => ({
  request_id: path,
  message: "Go?",
  schema: {},
  expires_at: T0 + HOUR,
  fallback: null,
});

const ACTS: Record<string, Act> = {
  start,
  rest: (job, now) => rest(job, "nap", now + HOUR, now).job,
  askA: (job, now) => ask(job, "a", question("a"), now),
  askB: (job, now) => ask(job, "b.x", question("b.x"), now),
  answerA: (job, now) => answer(job, "a", "accept", null, now),
  expireB: (job, now) => answer(job, "b.x", "expired", null, now),
  retry: (job, now) => withEvent(job, "step_retrying", now, "nap"),
  cancel: (job, now) => settle(job, { name: "cancelled", reason: null }, now, KEEP_MS) ?? job,
};

const placeOf = (job: Job): ChangePlace => ({ seq: job.events.length, status: job.status });

/** Every status that somebody hears of who was at `place`, as it is told. */
function heard(job: Job, place: ChangePlace): string[] {
  const { past, changed, passing } = progressionSince(job, place);
  return [...past.map(({ status }) => status), ...(changed && !passing ? [job.status] : [])];
}

/** The job after each of the acts, itself first. Nothing but a start happens to a queued job, and nothing to a settled one. */
function livesOf(names: readonly string[]): Job[] {
  const lives = [accept(aJob(), T0)];
  for (const [i, name] of names.entries()) {
    const job = lives.at(-1);
    const act = ACTS[name];
    if (job === undefined || act === undefined || isSettled(job.status)) continue;
    if (job.status === "queued" && name !== "start" && name !== "cancel") continue;
    lives.push(act(job, T0 + i + 1));
  }
  return lives;
}

describe("whoever looks late at a job", () => {
  it("hears of the same statuses in the same order as whoever looked all the time, whenever it looked last", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Object.keys(ACTS)), { maxLength: 30, size: "max" }), (names) => {
        const lives = livesOf(names);
        const last = lives.at(-1);
        if (last === undefined) return;
        const live = lives.map((job, i) => (i === 0 ? [] : heard(job, placeOf(lives[i - 1] ?? job))));
        for (const [i, seen] of lives.entries()) {
          expect(heard(last, placeOf(seen))).toEqual(live.slice(i + 1).flat());
        }
      }),
    );
  });

  it("gets the place of each status, so that it can stop in the middle of them", () => {
    const job = livesOf(["start", "askA", "answerA", "rest", "cancel"]).at(-1) as Job;
    const { past } = progressionSince(job, { seq: 1, status: "queued" });
    expect(past.map(({ status, step, message }) => [status, step, message])).toEqual([
      ["running", null, null],
      ["input_required", "a", "Go?"],
      ["running", "a", "accept"],
    ]);
    const [, asked] = past;
    expect(asked && heard(job, asked)).toEqual(["running", "cancelled"]);
    expect(asked).toMatchObject({ at: new Date(T0 + 2).toISOString(), submitted_at: new Date(T0).toISOString() });
  });

  it("hears of a status for which the timeline had no room", () => {
    const [queued] = livesOf([]);
    if (queued === undefined) throw new Error("no job");
    let full = start(queued, T0);
    while (full.events.length < MAX_EVENTS - 1) full = withEvent(full, "step_retrying", T0, "a");
    expect(heard(ask(full, "a", question("a"), T0), placeOf(full))).toEqual(["input_required"]);
  });

  it("hears nothing when nothing has changed, and knows mere progress for what it is", () => {
    const [, running, resting] = livesOf(["start", "rest"]);
    if (running === undefined || resting === undefined) throw new Error("no lives");
    expect(progressionSince(running, placeOf(running))).toEqual({ past: [], changed: false, passing: true });
    expect(progressionSince(resting, placeOf(running))).toEqual({ past: [], changed: true, passing: true });
  });
});
