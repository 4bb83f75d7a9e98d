import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/jobs/job.ts";
import { answer, ask } from "../../../src/jobs/run/awaiting.ts";
import { begin, mayBeginAt, polled, retrying, start } from "../../../src/jobs/run/reports.ts";
import { asked, busyUntil, isFenced, takenOver, toldOf, undelivered } from "../../../src/jobs/run/takeover.ts";
import { AN_ERROR, aJob, aRunningJob, SECOND, T0 } from "../../support/jobs.ts";

const by = (token: string, process = "p1") => ({ process, token });
const acting = (job: Job, path = "a") => begin(job, path, "try", 30 * SECOND, T0).job;
/** Asks, and is answered. */
const answered = (job: Job): Job => {
  const question = { request_id: "ok", message: "Go?", schema: {}, expires_at: T0 + 60 * SECOND, fallback: null };
  return answer(ask(job, "ok", question, T0), "ok", "accept", null, T0);
};

describe("the fence", () => {
  it.each(["succeeded", "failed", "cancelled"] as const)("%s: keeps out every attempt", (status) => {
    expect(isFenced(aJob({ status }), { attempt: 1 })).toBe(true);
  });

  it.each(["queued", "running", "input_required"] as const)("%s: lets the present attempt in alone", (status) => {
    const job = aJob({ status, attempt: 2 });
    expect([1, 2, 3].map((attempt) => isFenced(job, { attempt }))).toEqual([true, false, true]);
  });

  it("lets the present run in, none before it, and none that has no number", () => {
    const job = takenOver(takenOver(aRunningJob(), by("t1")), by("t2"));
    const runs = [undefined, 1, 2].map((run) => isFenced(job, { attempt: job.attempt, run }));
    expect(runs).toEqual([true, true, false]);
  });

  it("lets a runner in that has no number, as long as none with a number came", () => {
    expect(isFenced(aRunningJob(), { attempt: 1 })).toBe(false);
  });
});

describe("who takes an attempt over", () => {
  it("gets the next number, and the same when the call is sent again", () => {
    const once = start(aJob(), T0, by("t1"));
    expect(start(once, T0, by("t1")).run.runner).toEqual(once.run.runner);
    expect(start(once, T0, by("t2")).run.runner).toMatchObject({ run: 2, since: 1, process: "p1" });
    expect(start(once, T0, by("t2", "p2")).run.runner).toMatchObject({ run: 2, since: 2, process: "p2" });
  });

  it("may not act where an earlier run of its process may still act, until that must have ended", () => {
    const job = takenOver(acting(takenOver(aRunningJob(), by("t1"))), by("t2"));
    expect(busyUntil(job, "a", T0)).toBe(T0 + 40 * SECOND);
    expect(mayBeginAt(job, "a", T0)).toBe(T0 + 40 * SECOND);
    expect(busyUntil(job, "a", T0 + 40 * SECOND)).toBeUndefined();
    expect(mayBeginAt(job, "b", T0)).toBe(T0);
  });

  it("acts at once where the process of the earlier run has ended, or the run itself has", () => {
    const first = acting(takenOver(aRunningJob(), by("t1")));
    expect(busyUntil(takenOver(first, by("t2", "p2")), "a", T0)).toBeUndefined();
    const ended = retrying(first, "a", AN_ERROR, 0, 30 * SECOND, T0);
    expect(busyUntil(takenOver(ended, by("t2")), "a", T0)).toBeUndefined();
  });

  it("acts at once where a runner without a number had begun", () => {
    expect(busyUntil(takenOver(acting(aRunningJob()), by("t1")), "a", T0)).toBeUndefined();
  });
});

describe("a pause that a step asked for", () => {
  it.each([
    ["retry", retrying(acting(takenOver(aRunningJob(), by("t1"))), "a", AN_ERROR, 20 * SECOND, 30 * SECOND, T0)],
    ["poll", polled(acting(takenOver(aRunningJob(), by("t1"))), "a", 20 * SECOND, 30 * SECOND, T0)],
  ])("before a %s holds for every run of the attempt, and ends with the next try", (_, job) => {
    expect(mayBeginAt(job, "a", T0 + SECOND)).toBe(T0 + 20 * SECOND);
    const next = begin(job, "a", "next", 30 * SECOND, T0 + 20 * SECOND).job;
    expect(mayBeginAt(next, "a", T0 + 21 * SECOND)).toBe(T0 + 21 * SECOND);
  });

  it("does not hold for a runner that has no number: its engine keeps it", () => {
    const job = retrying(acting(aRunningJob()), "a", AN_ERROR, 20 * SECOND, 30 * SECOND, T0);
    expect(mayBeginAt(job, "a", T0 + SECOND)).toBe(T0 + SECOND);
  });

  it("is counted in rounds, over all tries", () => {
    const once = polled(acting(aRunningJob()), "a", SECOND, SECOND, T0);
    const twice = polled(begin(once, "a", "again", SECOND, T0).job, "a", SECOND, SECOND, T0);
    expect(twice.run.open.a).toMatchObject({ rounds: 2, polls: 2 });
  });
});

describe("the word that something is there", () => {
  it("is one event for all, until the run has asked", () => {
    const first = toldOf(takenOver(aRunningJob(), by("t1")), "ok");
    expect(first.events).toEqual(["wake"]);
    expect(toldOf(first.job, "other").events).toEqual([]);
    expect(toldOf(asked(first.job), "other").events).toEqual(["wake"]);
    expect(toldOf(takenOver(first.job, by("t2")), "other").events).toEqual(["wake"]);
  });

  it("is an event for each step, for a runner that has no number", () => {
    expect(toldOf(aRunningJob(), "a.b").events).toEqual(["wake-a-b"]);
  });

  it("is said again as long as what is there was not fetched", () => {
    expect(undelivered(takenOver(aRunningJob(), by("t1")))).toEqual([]);
    expect(undelivered(toldOf(answered(takenOver(aRunningJob(), by("t1"))), "ok").job)).toEqual(["wake"]);
    expect(undelivered(answered(aRunningJob()))).toEqual(["wake-ok"]);
    const told = toldOf(answered(takenOver(aRunningJob(), by("t1"))), "ok").job;
    const fetchedForNobody = { ...told, run: { ...told.run, open: {} } };
    expect(undelivered(fetchedForNobody)).toEqual(["wake"]);
    expect(undelivered(asked(fetchedForNobody))).toEqual([]);
  });
});
