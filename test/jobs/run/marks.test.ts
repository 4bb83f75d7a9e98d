import { describe, expect, it } from "vitest";
import { nextAttempt } from "../../../src/jobs/dispatch.ts";
import { applyMarks, begin, type Mark, rest } from "../../../src/jobs/run/reports.ts";
import { AN_ERROR, aDoneStep, aRunningJob, aStep, eventTypes, HOUR, SECOND, T0 } from "../../support/jobs.ts";

const NOW = T0 + SECOND;
const succeeded = (path: string): Mark => ({ path, status: "succeeded" });
const counted = (path: string, done: number, failed = 0): Mark => {
  return { path, status: "running", items: { total: 4, done, failed } };
};

describe("marks of top-level steps", () => {
  it("succeeded: starts and ends the step", () => {
    const job = applyMarks(aRunningJob(), [succeeded("pick")], NOW);
    expect(job.step).toBe("pick");
    expect(job.run.steps).toEqual({ pick: aDoneStep({ tries: 0, started_at: NOW }) });
    expect(eventTypes(job).slice(1)).toEqual(["step_started", "step_succeeded"]);
  });

  it("failed: ends the step with its error, and the job goes on", () => {
    const job = applyMarks(aRunningJob(), [{ path: "pick", status: "failed", error: AN_ERROR }], NOW);
    expect(job.status).toBe("running");
    expect(job.run.steps).toEqual({
      pick: aDoneStep({ status: "failed", tries: 0, started_at: NOW, error: AN_ERROR.message }),
    });
    expect(job.events.at(-1)).toEqual(["step_failed", NOW, "pick", AN_ERROR.message]);
  });

  it("skipped: ends the step without ever being the job's step", () => {
    const job = applyMarks(aRunningJob({ step: "first" }), [{ path: "pick", status: "skipped" }], NOW);
    expect(job.step).toBe("first");
    expect(job.run.steps).toEqual({ pick: aDoneStep({ status: "skipped", tries: 0, started_at: NOW }) });
    expect(eventTypes(job).slice(1)).toEqual(["step_skipped"]);
  });

  it("running: starts the map with its counts", () => {
    const job = applyMarks(aRunningJob(), [counted("pages", 1, 1)], NOW);
    expect(job.step).toBe("pages");
    expect(job.run.steps).toEqual({
      pages: aStep({ tries: 0, started_at: NOW, items: { total: 4, done: 1, failed: 1 } }),
    });
    expect(eventTypes(job).slice(1)).toEqual(["step_started"]);
  });

  it("running with smaller counts, as after a resume: keeps the larger ones", () => {
    const job = applyMarks(aRunningJob(), [counted("pages", 3, 1), counted("pages", 0), counted("pages", 2, 2)], NOW);
    expect(job.run.steps.pages?.items).toEqual({ total: 4, done: 3, failed: 2 });
  });

  it("in one report apply in their order", () => {
    const marks: Mark[] = [
      counted("pages", 4),
      succeeded("pages"),
      { path: "no", status: "skipped" },
      succeeded("pick"),
    ];
    const job = applyMarks(aRunningJob(), marks, NOW);
    expect(Object.entries(job.run.steps).map(([id, step]) => [id, step.status])).toEqual([
      ["pages", "succeeded"],
      ["no", "skipped"],
      ["pick", "succeeded"],
    ]);
  });

  it("end a rest when it was to end, however late they come", () => {
    const { job } = rest(aRunningJob(), "nap", NOW, T0);
    const over = applyMarks(job, [succeeded("nap")], NOW + HOUR);
    expect(over.run.open).toEqual({});
    expect(over.run.steps.nap).toEqual(aDoneStep());
  });

  it("of a step called constructor count like any other", () => {
    const skipped = applyMarks(aRunningJob(), [{ path: "constructor", status: "skipped" }], NOW);
    expect(skipped.run.steps).toMatchObject({ constructor: { status: "skipped" } });
  });
});

describe("marks of steps inside a map", () => {
  it.each<Mark>([
    succeeded("pages[0].pick"),
    { path: "pages[0].pick", status: "skipped" },
    { path: "pages[0].pick", status: "failed", error: AN_ERROR },
    counted("pages[0].inner", 2),
  ])("$status: shows in the map's counts alone", (mark) => {
    const job = aRunningJob();
    expect(applyMarks(job, [mark], NOW)).toEqual(job);
  });

  it("end a rest that is over", () => {
    const { job } = rest(aRunningJob(), "pages[0].nap", T0, T0);
    expect(applyMarks(job, [succeeded("pages[0].nap")], NOW).run.open).toEqual({});
  });
});

describe("marks that come again, as after a resume", () => {
  const marks: Mark[] = [
    counted("pages", 4),
    succeeded("pages"),
    { path: "no", status: "skipped" },
    { path: "pick", status: "failed", error: AN_ERROR },
  ];

  it("change nothing", () => {
    const job = applyMarks(aRunningJob(), marks, NOW);
    expect(applyMarks(job, marks, NOW + SECOND)).toEqual(job);
  });

  it("change nothing when a later step has begun, not even which step the job is at", () => {
    const { job } = rest(applyMarks(aRunningJob(), marks, NOW), "nap", T0 + HOUR, NOW);
    expect(applyMarks(job, marks, NOW + SECOND)).toEqual(job);
  });
});

describe("a rest that is over", () => {
  const DAY = 24 * HOUR;
  const rested = (path: string) => applyMarks(rest(aRunningJob(), path, NOW, T0).job, [succeeded(path)], NOW);

  it("is not waited for again at a resume", () => {
    const job = begin(rested("nap"), "last", "token", 30 * SECOND, NOW).job;
    const resumed = rest(job, "nap", NOW + DAY, NOW + SECOND);
    expect(resumed.wakeAt).toBeLessThanOrEqual(NOW + SECOND);
    expect(resumed.job).toEqual(job);
  });

  it("is not slept again in the next attempt", () => {
    const job = nextAttempt(rested("nap"), "lost", NOW);
    expect(rest(job, "nap", NOW + DAY, NOW + SECOND).wakeAt).toBeLessThanOrEqual(NOW + SECOND);
  });
});
