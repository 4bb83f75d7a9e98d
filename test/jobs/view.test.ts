import { describe, expect, it } from "vitest";
import { JobRow, JobStatus, toJobRow, toJobStatus } from "../../src/jobs/view.ts";
import { aDoneStep, aJob, aRunningJob, aStep, HOUR, SECOND, T0 } from "../support/jobs.ts";

const OUTLINE = [
  { id: "first", type: "http" },
  { id: "pages", type: "map" },
  { id: "last", type: "transform" },
];

const job = aRunningJob({
  step_count: 3,
  step: "pages",
  metadata: { team: "core", tags: ["a", 1, null] },
  run: {
    steps: { first: aDoneStep({ tries: 2 }), pages: aStep({ items: { total: 4, done: 1, failed: 1 } }) },
    open: {},
  },
  events: [
    ["accepted", T0],
    ["step_failed", T0 + 7, "pages[0].get", "The answer was 500."],
  ],
});

const resultOf = (resultJson: string) => toJobStatus(job, { resultJson }, T0).result;

describe("the status of a job", () => {
  it("of every kind of job is what the schema says", () => {
    const jobs = [
      aJob(),
      aJob({ run_at: T0 + HOUR, idempotency_key: "k", parent_id: "job_p", retried_from: "job_r" }),
      job,
      { ...job, status: "input_required" as const },
      { ...job, status: "succeeded" as const, settled_at: T0 + 1, result_path: "$result" },
      { ...job, status: "failed" as const, settled_at: T0 + 1, error: "Step pages: no.", error_code: "http_status" },
      { ...job, status: "cancelled" as const, settled_at: T0 + 1 },
    ];
    for (const one of jobs) {
      const view = toJobStatus(one, { outline: OUTLINE, events: true, resultJson: "[1]" }, T0 + SECOND);
      expect(JobStatus.parse(view)).toEqual(view);
      expect(JobRow.parse(toJobRow(one))).toEqual(toJobRow(one));
    }
  });

  it("says who submitted the job where that is known", () => {
    const by = "key_1/client";
    expect(toJobStatus(aJob({ submitted_by: by }), {}, T0).submitted_by).toBe(by);
    expect(toJobStatus(aJob({ submitted_by: null }), {}, T0)).not.toHaveProperty("submitted_by");
  });

  it("opens with the ten classic fields", () => {
    expect(toJobStatus(job, {}, T0)).toMatchObject({
      id: job.job_id,
      name: "digest",
      status: "running",
      submitted_at: "2026-11-01T00:00:00.000Z",
      started_at: "2026-11-01T00:00:00.000Z",
      completed_at: null,
      progress: 0.42,
      metadata: { team: "core", tags: ["a", 1, null] },
      result: null,
      error: null,
    });
    const classic = "id name status submitted_at started_at completed_at progress metadata result error";
    expect(Object.keys(toJobStatus(job, {}, T0)).slice(0, 10)).toEqual(classic.split(" "));
    expect(Object.keys(JobStatus.shape).slice(0, 10)).toEqual(classic.split(" "));
  });

  it("never tells the tenant, the idempotency key or what only the registry needs", () => {
    const keys = Object.keys(toJobStatus({ ...job, idempotency_key: "k" }, { outline: OUTLINE, events: true }, T0));
    expect(keys.filter((key) => /tenant|idempotency|attempt|nudges|due|expected|plan|run/.test(key))).toEqual([]);
  });

  it("says when a settled job is purged, and of no other", () => {
    const due_at = T0 + HOUR;
    const settled = toJobStatus({ ...job, status: "failed", settled_at: T0, due_at }, {}, T0);
    expect(settled).toMatchObject({ expires_at: "2026-11-01T01:00:00.000Z", poll_after_ms: 0 });
    expect(toJobStatus({ ...job, due_at }, {}, T0).expires_at).toBeNull();
  });

  const open = (more: object) => ({ tries: 1, ended: 0, failures: 0, expected_by: T0, ...more });
  const asks = { request_id: "q", message: "?", schema: {}, expires_at: T0 + HOUR, fallback: null };

  it.each([
    ["nothing that waits", {}, undefined],
    ["an action", { a: open({}) }, undefined],
    ["a child", { a: open({ child_id: "job_1" }) }, undefined],
    ["a sleep", { a: open({ wake_at: T0 + SECOND }) }, "2026-11-01T00:00:01.000Z"],
    ["a question", { a: open({ question: asks }) }, "2026-11-01T01:00:00.000Z"],
    ["a question that was answered", { a: open({ question: asks, ready: true }) }, undefined],
    [
      "a sleep beside a question",
      { a: open({ question: asks }), b: open({ wake_at: T0 }) },
      "2026-11-01T00:00:00.000Z",
    ],
  ])("says when it wakes, with %s open", (_name, work, at) => {
    expect(toJobStatus({ ...job, run: { ...job.run, open: work } }, {}, T0).wakes_at).toBe(at);
  });

  it("says when it may start, as long as it has not", () => {
    const later = { ...job, status: "queued" as const, started_at: null, run_at: T0 + HOUR };
    expect(toJobStatus(later, {}, T0).run_at).toBe("2026-11-01T01:00:00.000Z");
    expect(Object.keys(toJobStatus({ ...later, started_at: T0 + HOUR }, {}, T0))).not.toContain("run_at");
    expect(Object.keys(toJobStatus({ ...later, run_at: null }, {}, T0))).not.toContain("run_at");
  });

  it("has steps and events only when they were asked for", () => {
    expect(Object.keys(toJobStatus(job, {}, T0))).not.toEqual(expect.arrayContaining(["steps"]));
    expect(Object.keys(toJobStatus(job, {}, T0))).not.toEqual(expect.arrayContaining(["events"]));
  });
});

describe("the steps of a job", () => {
  it("are all those of the plan, in its order, begun or not", () => {
    expect(toJobStatus(job, { outline: OUTLINE }, T0).steps).toEqual([
      {
        id: "first",
        type: "http",
        status: "succeeded",
        tries: 2,
        started_at: "2026-11-01T00:00:00.000Z",
        completed_at: "2026-11-01T00:00:01.000Z",
        error: null,
      },
      {
        id: "pages",
        type: "map",
        status: "running",
        tries: 1,
        started_at: "2026-11-01T00:00:00.000Z",
        completed_at: null,
        error: null,
        items: { total: 4, done: 1, failed: 1 },
      },
      {
        id: "last",
        type: "transform",
        status: "pending",
        tries: 0,
        started_at: null,
        completed_at: null,
        error: null,
      },
    ]);
  });

  it("may be called constructor", () => {
    const { steps } = toJobStatus(job, { outline: [{ id: "constructor", type: "http" }] }, T0);
    expect(steps).toMatchObject([{ id: "constructor", status: "pending" }]);
  });
});

describe("the events of a job", () => {
  it("are numbered from 1", () => {
    expect(toJobStatus(job, { events: true }, T0).events).toEqual([
      { seq: 1, at: "2026-11-01T00:00:00.000Z", type: "accepted", step: null, message: null },
      {
        seq: 2,
        at: "2026-11-01T00:00:00.007Z",
        type: "step_failed",
        step: "pages[0].get",
        message: "The answer was 500.",
      },
    ]);
  });
});

describe("the result of a job", () => {
  it.each(["null", "0", '"text"', "[1,2]", "false"])("%s is wrapped into an object", (json) => {
    expect(resultOf(json)).toEqual({ value: JSON.parse(json) });
  });

  it("that is an object stays as it is", () => {
    expect(resultOf('{"value":{"a":[]},"b":1}')).toEqual({ value: { a: [] }, b: 1 });
    expect(resultOf("{}")).toEqual({});
  });

  const ofBytes = (bytes: number) => JSON.stringify({ text: "x".repeat(bytes - '{"text":""}'.length) });

  it("of 8 KiB is given whole", () => {
    expect(resultOf(ofBytes(8_192))).toEqual(JSON.parse(ofBytes(8_192)));
  });

  it("of more is told by its size and its beginning", () => {
    const json = ofBytes(8_193);
    expect(resultOf(json)).toEqual({ truncated: true, total_bytes: 8_193, preview: json.slice(0, 1_024) });
  });

  it("is measured in bytes, not in characters", () => {
    expect(resultOf(JSON.stringify({ text: "é".repeat(5_000) }))).toMatchObject({ truncated: true });
  });

  it.each([0, 1])("is never cut inside a character (%i)", (shift) => {
    const { preview } = resultOf(JSON.stringify(`${"x".repeat(shift)}${"😀".repeat(5_000)}`)) ?? {};
    expect(String(preview).isWellFormed()).toBe(true);
  });
});
