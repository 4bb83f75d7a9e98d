import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextDue } from "../../../src/jobs/due.ts";
import type { ItemCounts, Job } from "../../../src/jobs/job.ts";
import { progressOf } from "../../../src/jobs/run/progress.ts";
import { isSettled } from "../../../src/jobs/status.ts";
import { eventViews, JobStatus, toJobRow, toJobStatus } from "../../../src/jobs/view.ts";
import { MAX_INTERRUPTED_TRIES } from "../../../src/limits.ts";
import { after, anyCourse, newRun, OUTLINE, type Run } from "./run-model.ts";

/** Checks every step of any course: the run before it, and after it. */
function always(check: (before: Run, after: Run) => void): void {
  fc.assert(
    fc.property(anyCourse(), (course) => {
      course.reduce((before, happening) => {
        const next = after(before, happening);
        check(before, next);
        return next;
      }, newRun());
    }),
    { numRuns: 300 },
  );
}

const itemsOf = (job: Job): ItemCounts => job.run.steps.pages?.items ?? { total: 0, done: 0, failed: 0 };
const wakesOf = (job: Job): [string, number][] =>
  Object.entries(job.run.open).flatMap(([path, { wake_at }]) => (wake_at === undefined ? [] : [[path, wake_at]]));

describe("whatever happens to a job", () => {
  it("its progress never falls, and is 1 exactly when it succeeded", () => {
    always((before, { job }) => {
      expect(progressOf(job)).toBeGreaterThanOrEqual(progressOf(before.job));
      expect(progressOf(job) === 1).toBe(job.status === "succeeded");
    });
  });

  it("it settles at most once, and changes no more when it has", () => {
    always((before, { job, settlements }) => {
      expect(settlements).toBe(isSettled(job.status) ? 1 : 0);
      if (isSettled(before.job.status)) expect(job).toEqual(before.job);
    });
  });

  it("nothing is open when it has settled, and no step of a failed one runs on", () => {
    always((_before, { job, now }) => {
      if (!isSettled(job.status)) return;
      expect(job.run.open).toEqual({});
      expect(job.settled_at).toBeLessThanOrEqual(now);
      if (job.status !== "failed") return;
      expect(Object.values(job.run.steps).filter(({ completed_at }) => completed_at === null)).toEqual([]);
    });
  });

  it("its timeline only grows, in order of time, without gaps, and ends with its settling", () => {
    always((before, { job }) => {
      expect(job.events.slice(0, before.job.events.length)).toEqual(before.job.events);
      expect(eventViews(job).map(({ seq }) => seq)).toEqual(job.events.map((_, i) => i + 1));
      const times = job.events.map(([, at]) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const settlings = job.events.flatMap(([type], i) => (type === "settled" ? [i] : []));
      expect(settlings).toEqual(isSettled(job.status) ? [job.events.length - 1] : []);
    });
  });

  it("the alarm looks at it no later than it must", () => {
    always((_before, { job }) => {
      expect(job.due_at).toBeLessThanOrEqual(nextDue(job));
      expect(Number.isFinite(job.due_at)).toBe(true);
    });
  });

  it("tries that died with their process are counted, and only so many are gone on from", () => {
    always((_before, { job }) => {
      for (const { tries, ended, failures } of Object.values(job.run.open)) {
        expect(failures).toBeLessThanOrEqual(ended);
        expect(tries - 1 - ended).toBeLessThanOrEqual(MAX_INTERRUPTED_TRIES);
      }
    });
  });

  it("a failed try that another one follows is counted once", () => {
    always((before, { job }) => {
      for (const [path, { tries, failures }] of Object.entries(job.run.open)) {
        const known = before.job.run.open[path] ?? { tries: 0, failures: 0 };
        expect(tries - known.tries).toBeLessThanOrEqual(1);
        expect(failures - known.failures).toBeLessThanOrEqual(1);
      }
    });
  });

  it("a rest keeps its first wake time until it ends, over attempts too", () => {
    always((before, { job, wake }) => {
      const open = new Map(wakesOf(job));
      const known = new Map(wakesOf(before.job));
      for (const [path, at] of known) expect(open.get(path) ?? at).toBe(at);
      if (wake !== undefined) expect(wake.at).toBe(known.get(wake.path) ?? wake.at);
      if (job.attempt !== before.job.attempt) expect(open).toEqual(known);
    });
  });

  it("a step that has ended stays as it ended", () => {
    always((before, { job }) => {
      const ended = Object.entries(before.job.run.steps).filter(([, { completed_at }]) => completed_at !== null);
      const statuses = ended.map(([id, { status, completed_at, error }]) => [id, { status, completed_at, error }]);
      expect(job.run.steps).toMatchObject(Object.fromEntries(statuses));
    });
  });

  it("no step that has ended is open", () => {
    always((_before, { job }) => {
      const ended = Object.keys(job.run.steps).filter((id) => job.run.steps[id]?.completed_at !== null);
      expect(ended.filter((id) => job.run.open[id] !== undefined)).toEqual([]);
    });
  });

  it("the counts of a map never fall", () => {
    always((before, { job }) => {
      expect(itemsOf(job).done).toBeGreaterThanOrEqual(itemsOf(before.job).done);
      expect(itemsOf(job).failed).toBeGreaterThanOrEqual(itemsOf(before.job).failed);
      expect(itemsOf(job).done).toBeLessThanOrEqual(itemsOf(job).total);
    });
  });

  it("callers see it in the shape that they were promised", () => {
    always((_before, { job, now }) => {
      const view = toJobStatus(job, { outline: OUTLINE, events: true }, now);
      expect(JobStatus.parse(view)).toEqual(view);
      expect(view).toMatchObject(toJobRow(job));
    });
  });
});
