import { describe, expect, it } from "vitest";
import { matchesFilter } from "../../src/events/event-filter.ts";
import { eventsOf } from "../../src/events/job-facts.ts";
import type { Job } from "../../src/jobs/job.ts";
import { ask } from "../../src/jobs/run/awaiting.ts";
import { JOB_STATUSES } from "../../src/jobs/status.ts";
import { MAX_EVENT_RESULT_BYTES } from "../../src/limits.ts";
import { aJob, aRunningJob, SECOND, T0 } from "../support/jobs.ts";

const NOW = T0 + 9 * SECOND;
const noResult = () => undefined;
const namesOf = (before: Job, after: Job) => eventsOf(before, after, noResult, NOW).map(({ name }) => name);
const question = (request_id: string) => ({
  request_id,
  message: "Go on?",
  schema: { type: "object" },
  expires_at: T0 + 60 * SECOND,
  fallback: null,
});

describe("the events of a job", () => {
  it("tell its end once, with all that a listener needs to know", () => {
    const job = aRunningJob({ metadata: { order: 17 }, parent_id: "job_parent" });
    const ended: Job = { ...job, status: "failed", error: "Step a: 500", error_code: "http_status" };
    expect(eventsOf(job, ended, noResult, NOW)).toEqual([
      {
        name: "job.settled",
        at: NOW,
        data: {
          job_id: job.job_id,
          name: "digest",
          status: "failed",
          blueprint: "digest@1",
          metadata: { order: 17 },
          trigger: null,
          batch_id: null,
          parent_id: "job_parent",
          error: "Step a: 500",
          error_code: "http_status",
          result: null,
        },
      },
    ]);
    expect(eventsOf(ended, { ...ended, due_at: 1 }, noResult, NOW)).toEqual([]);
  });

  it("say what the job belongs to, of its end as of its questions, so that filters find them", () => {
    const job = aRunningJob();
    const started: Job = { ...job, run: { ...job.run, trigger: { name: "nightly" }, batch: "batch_1" } };
    const events = [
      ...eventsOf(started, ask(started, "a.ok", question("q1"), NOW), noResult, NOW),
      ...eventsOf(started, { ...started, status: "succeeded" }, noResult, NOW),
    ];
    expect(events.map(({ name }) => name)).toEqual(["job.input_required", "job.settled"]);
    for (const event of events) {
      expect(event.data).toMatchObject({ trigger: "nightly", batch_id: "batch_1" });
      expect(matchesFilter(event, { trigger: "nightly", batch_id: "batch_1" })).toBe(true);
      expect(matchesFilter(event, { trigger: "weekly" })).toBe(false);
      expect(matchesFilter(event, { batch_id: "batch_2" })).toBe(false);
    }
  });

  it("are none for any other change of status", () => {
    for (const from of JOB_STATUSES) {
      for (const to of JOB_STATUSES) {
        const isEnd = ["succeeded", "failed", "cancelled"].includes(to);
        const wasEnd = ["succeeded", "failed", "cancelled"].includes(from);
        expect(namesOf(aJob({ status: from }), aJob({ status: to }))).toEqual(isEnd && !wasEnd ? ["job.settled"] : []);
      }
    }
  });

  it.each([
    { bytes: MAX_EVENT_RESULT_BYTES, result: { value: "a".repeat(MAX_EVENT_RESULT_BYTES - 2) } },
    { bytes: MAX_EVENT_RESULT_BYTES + 1, result: { truncated: true, total_bytes: MAX_EVENT_RESULT_BYTES + 1 } },
  ])("hold a result of $bytes bytes, or say how large it is", ({ bytes, result }) => {
    const json = JSON.stringify("a".repeat(bytes - 2));
    const [event] = eventsOf(aRunningJob(), aJob({ status: "succeeded" }), () => json, NOW);
    expect(event?.data.result).toEqual(result);
  });

  it("tell each question when it is asked, also one beside another, and none twice", () => {
    const job = aRunningJob();
    const asking = ask(job, "a.ok", question("q1"), NOW);
    const both = ask(asking, "b.ok", question("q2"), NOW);
    expect(eventsOf(job, asking, noResult, NOW)).toMatchObject([
      {
        name: "job.input_required",
        data: {
          job_id: job.job_id,
          status: "input_required",
          request_id: "q1",
          step: "a.ok",
          message: "Go on?",
          schema: { type: "object" },
          expires_at: "2026-11-01T00:01:00.000Z",
        },
      },
    ]);
    expect(eventsOf(asking, both, noResult, NOW).map(({ data }) => data.request_id)).toEqual(["q2"]);
    expect(namesOf(both, { ...both, message: "still" })).toEqual([]);
  });
});
