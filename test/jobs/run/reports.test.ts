import { describe, expect, it } from "vitest";
import { nextAttempt } from "../../../src/jobs/dispatch.ts";
import type { Job } from "../../../src/jobs/job.ts";
import { begin, finish, rest, retrying, start } from "../../../src/jobs/run/reports.ts";
import { MAX_ERROR_CHARS, MAX_INTERRUPTED_TRIES } from "../../../src/limits.ts";
import { AN_ERROR, aDoneStep, aJob, aRunningJob, aStep, eventTypes, HOUR, SECOND, T0 } from "../../support/jobs.ts";

const WITHIN = 30 * SECOND;
/** Another run of the engine step: its token is unlike the one before. */
const oneTry = (job: Job, path: string, withinMs: number, now: number) =>
  begin(job, path, `${job.run.open[path]?.token ?? ""}+`, withinMs, now);
const begun = (job: Job, path: string, now = T0): Job => oneTry(job, path, WITHIN, now).job;
const again = (job: Job, path: string, now = T0): Job => retrying(job, path, AN_ERROR, 2 * SECOND, WITHIN, now);
const newEvents = (before: Job, after: Job): string[] => eventTypes(after).slice(before.events.length);

describe("start", () => {
  it("queued -> running: notes it and expects the first report within 30 seconds", () => {
    const job = start(aJob({ dispatched_at: T0 }), T0 + SECOND);
    expect(job).toMatchObject({ status: "running", started_at: T0 + SECOND, expected_by: T0 + 31 * SECOND });
    expect(eventTypes(job)).toEqual(["accepted", "started"]);
  });

  it("that comes before the engine's answer also means that the job was handed over", () => {
    const job = start(aJob(), T0 + SECOND);
    expect(job).toMatchObject({ status: "running", dispatched_at: T0 + SECOND });
    expect(eventTypes(job)).toEqual(["accepted", "dispatched", "started"]);
  });

  it("again: changes nothing but the count of such beginnings", () => {
    const job = start(aJob(), T0);
    expect(start(job, T0 + SECOND)).toEqual({ ...job, run: { ...job.run, interrupted: 1 } });
  });

  it("of a later attempt: keeps the first start", () => {
    const job = start(nextAttempt(start(aJob(), T0), "lost", T0 + HOUR), T0 + HOUR);
    expect(job).toMatchObject({ status: "running", attempt: 2, started_at: T0, dispatched_at: T0 + HOUR });
    expect(eventTypes(job)).toEqual(["accepted", "dispatched", "started", "redispatched", "dispatched"]);
  });
});

describe("begin", () => {
  it("opens the step and expects it to report within its time and 10 seconds", () => {
    const { job, opening } = oneTry(aRunningJob(), "first", WITHIN, T0 + SECOND);
    expect(opening).toEqual({ do: "run", try: 1, failures: 0 });
    expect(job).toMatchObject({ step: "first", expected_by: T0 + 41 * SECOND });
    expect(job.run.steps).toEqual({ first: aStep({ started_at: T0 + SECOND }) });
    expect(job.events.at(-1)).toEqual(["step_started", T0 + SECOND, "first"]);
  });

  it("inside a map: opens the item's step alone, and the map is the job's step", () => {
    const job = begun(aRunningJob(), "pages[3].get");
    expect(job.step).toBe("pages");
    expect(job.run.steps).toEqual({});
    expect(Object.keys(job.run.open)).toEqual(["pages[3].get"]);
  });

  it("after a failed try: is the next try, of a step that started before", () => {
    const failed = again(begun(aRunningJob(), "first"), "first");
    const { job, opening } = oneTry(failed, "first", WITHIN, T0 + 3 * SECOND);
    expect(opening).toEqual({ do: "run", try: 2, failures: 1 });
    expect(job.run.steps.first).toMatchObject({ tries: 2, started_at: T0 });
    expect(newEvents(failed, job)).toEqual([]);
  });

  it("after a try that died: says so in the timeline and runs again", () => {
    const { job, opening } = oneTry(begun(aRunningJob(), "first"), "first", WITHIN, T0 + HOUR);
    expect(opening).toEqual({ do: "run", try: 2, failures: 0 });
    expect(job.events.at(-1)).toMatchObject(["step_retrying", T0 + HOUR, "first", /interrupted/]);
  });

  it("shows that the engine is alive, so that nudges count anew", () => {
    expect(begun(aRunningJob({ nudges: 4 }), "first").nudges).toBe(0);
  });

  it("gives up when one try more than may has died, however many failed in between", () => {
    let job = aRunningJob();
    for (let died = 0; died < MAX_INTERRUPTED_TRIES; died++) job = begun(again(begun(job, "first"), "first"), "first");
    const last = { do: "run", try: 2 * MAX_INTERRUPTED_TRIES + 1, failures: MAX_INTERRUPTED_TRIES };
    expect(oneTry(job, "first", WITHIN, T0).opening).toEqual(last);
    const dead = begun(job, "first");
    expect(oneTry(dead, "first", WITHIN, T0)).toEqual({
      job: dead,
      opening: { do: "fail", error: { code: "step_interrupted", message: expect.stringContaining("11 times") } },
    });
  });

  it("counts anew in the next attempt", () => {
    const job = nextAttempt(begun(begun(aRunningJob(), "first"), "first"), "lost", T0);
    expect(oneTry(job, "first", WITHIN, T0).opening).toEqual({ do: "run", try: 1, failures: 0 });
  });

  it("of a step called constructor: starts it like any other", () => {
    const job = begun(aRunningJob(), "constructor");
    expect(job.run.steps).toEqual({ constructor: aStep() });
    expect(eventTypes(job)).toEqual(["accepted", "step_started"]);
  });

  it("is measured by the earliest report that is missing", () => {
    const two = oneTry(begun(aRunningJob(), "pages[0].get"), "pages[1].get", 5 * SECOND, T0 + SECOND).job;
    expect(two.expected_by).toBe(T0 + 16 * SECOND);
    expect(finish(two, "pages[1].get", undefined, T0 + 2 * SECOND).expected_by).toBe(T0 + 40 * SECOND);
  });
});

describe("retrying", () => {
  const failed = again(begun(aRunningJob(), "first"), "first", T0 + SECOND);

  it("counts the failure, and expects the next try to report within delay, time and 10 seconds", () => {
    expect(failed.run.open.first).toMatchObject({ tries: 1, failures: 1, expected_by: T0 + 43 * SECOND });
  });

  it("tells what went wrong and when the next try comes", () => {
    expect(failed.message).toBe("The answer was 500. Next try in 2 s.");
    expect(failed.events.at(-1)).toEqual(["step_retrying", T0 + SECOND, "first", failed.message]);
  });

  it("that is sent twice counts one failure", () => {
    expect(again(failed, "first", T0 + 2 * SECOND).run.open.first).toMatchObject({ tries: 1, failures: 1 });
  });
});

describe("finish", () => {
  it("ends the step and clears the progress line", () => {
    const job = finish(again(begun(aRunningJob(), "first"), "first"), "first", undefined, T0 + SECOND);
    expect(job).toMatchObject({ message: null, expected_by: T0 + 31 * SECOND, run: { open: {} } });
    expect(job.run.steps.first).toEqual(aDoneStep());
    expect(job.events.at(-1)).toEqual(["step_succeeded", T0 + SECOND, "first", null]);
  });

  it("with an error that the blueprint goes on from: the step failed, the job did not", () => {
    const job = finish(begun(aRunningJob(), "first"), "first", AN_ERROR, T0 + SECOND);
    expect(job).toMatchObject({ status: "running", error: null });
    expect(job.run.steps.first).toEqual(aDoneStep({ status: "failed", error: AN_ERROR.message }));
    expect(job.events.at(-1)).toEqual(["step_failed", T0 + SECOND, "first", AN_ERROR.message]);
  });

  it("again: changes neither the step nor the timeline", () => {
    const job = finish(begun(aRunningJob(), "first"), "first", undefined, T0 + SECOND);
    const twice = finish(job, "first", AN_ERROR, T0 + 2 * SECOND);
    expect([twice.run, twice.events]).toEqual([job.run, job.events]);
  });

  it("again, inside a map: changes nothing but the time that is waited for", () => {
    const job = finish(begun(aRunningJob(), "pages[0].get"), "pages[0].get", undefined, T0 + SECOND);
    const twice = finish(job, "pages[0].get", undefined, T0 + 2 * SECOND);
    expect([twice.run, twice.events]).toEqual([job.run, job.events]);
  });

  it("of a step called constructor: ends it like any other", () => {
    const job = finish(aRunningJob(), "constructor", undefined, T0);
    expect(job.run.steps).toMatchObject({ constructor: { status: "succeeded" } });
  });
});

describe("what a service says in its errors", () => {
  const loud = { code: "http_status", message: `\u001b[31mno\u202e\n${"x".repeat(900)}` };

  it("is kept as one line of bounded length, without what nobody sees", () => {
    const opened = begin(aRunningJob(), "first", "token", SECOND, T0).job;
    const retried = retrying(opened, "first", loud, SECOND, SECOND, T0);
    const finished = finish(retried, "first", loud, T0);
    const messages = [
      retried.message,
      finished.run.steps.first?.error,
      ...finished.events.map((event) => event[3] ?? ""),
    ];
    expect(messages.filter((text) => /[^ -~…]/.test(text ?? ""))).toEqual([]);
    expect(Math.max(...messages.map((text) => text?.length ?? 0))).toBeLessThan(MAX_ERROR_CHARS + 30);
    expect(finished.run.steps.first?.error).toMatch(/^\[31mno x+…$/);
  });
});

describe("rest", () => {
  const WAKE = T0 + HOUR;
  const resting = rest(aRunningJob({ timeout_ms: 2 * HOUR }), "nap", WAKE, T0);

  it("waits, and expects no report until 10 seconds after it ends", () => {
    expect(resting.wakeAt).toBe(WAKE);
    expect(resting.job).toMatchObject({ step: "nap", expected_by: WAKE + 10 * SECOND });
    expect(resting.job.run.steps).toEqual({ nap: aStep({ status: "waiting" }) });
    expect(eventTypes(resting.job).slice(1)).toEqual(["step_started", "step_waiting"]);
  });

  it("again: keeps the first wake time and changes nothing", () => {
    expect(rest(resting.job, "nap", WAKE + HOUR, T0 + SECOND)).toEqual({ job: resting.job, wakeAt: WAKE });
  });

  it("in the next attempt: keeps the first wake time", () => {
    const job = nextAttempt(resting.job, "lost", T0 + SECOND);
    expect(rest(job, "nap", WAKE + HOUR, T0 + 2 * SECOND)).toEqual({ job, wakeAt: WAKE });
  });

  it("inside a map: is open without a step of its own", () => {
    const { job } = rest(aRunningJob(), "pages[0].nap", WAKE, T0);
    expect(job).toMatchObject({ step: "pages", run: { steps: {} } });
    expect(job.run.open["pages[0].nap"]).toMatchObject({ wake_at: WAKE });
  });
});
