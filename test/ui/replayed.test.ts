import { expect, it } from "vitest";
import type { EventView, JobStatus } from "../../src/jobs/view.ts";
import { stepsAt } from "../../ui/views/job/replayed.ts";

const step = { tries: 9, started_at: "x", completed_at: "x", error: "x", items: { total: 2, done: 2, failed: 0 } };
const at = (second: number): string => `2026-11-20T12:00:0${second}.000Z`;
const event = (seq: number, type: EventView["type"], path: string | null, message: string | null = null): EventView => {
  return { seq, at: at(seq), type, step: path, message };
};

const job: Pick<JobStatus, "steps" | "events"> = {
  steps: [
    { ...step, id: "get", type: "http", status: "failed" },
    { ...step, id: "rows", type: "map", status: "succeeded" },
  ],
  events: [
    event(1, "accepted", null),
    event(2, "step_started", "get"),
    event(3, "step_retrying", "get", "HTTP 500"),
    event(4, "step_succeeded", "get"),
    event(5, "step_started", "rows[3].page"),
  ],
};

it("steps stand as they stood after so many events", () => {
  const told = (count: number) =>
    stepsAt(job as JobStatus, count).map(({ status, tries, error }) => [status, tries, error]);
  expect(told(1)).toEqual([
    ["pending", 0, null],
    ["pending", 0, null],
  ]);
  expect(told(3)[0]).toEqual(["running", 2, "HTTP 500"]);
  expect(told(4)[0]).toEqual(["succeeded", 2, null]);
  expect(told(5)[1]).toEqual(["running", 0, null]);
  const [get, rows] = stepsAt(job as JobStatus, 5);
  expect([get?.started_at, get?.completed_at, rows?.items]).toEqual([at(2), at(4), undefined]);
});
