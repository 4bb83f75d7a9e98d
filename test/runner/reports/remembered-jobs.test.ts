import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/jobs/job.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { JobCache } from "../../../src/registry/storage/job-cache.ts";
import { fromRecord, toRecord } from "../../../src/registry/storage/rows.ts";
import { CALLER, inRegistry } from "../../registry/bench.ts";
import { json, runSteps, scripted } from "../bench.ts";

const http = (id: string, more: JsonObject = {}): JsonObject => {
  return { id, type: "http", url: `https://api.example.com/${id}`, ...more };
};
const QUESTION = { message: "Which?", schema: { type: "object", properties: {} } };
const CHILD = { name: "child", steps: [http("inner")] };

const LIVES: JsonObject[][] = [
  [http("one"), { id: "nap", type: "sleep", for: "1 hour" }, http("two", { when: "{% false %}" })],
  [
    http("one", { on_error: "continue", retry: { limit: 2 } }),
    http("two", { undo: { type: "http", url: "https://a.b" } }),
  ],
  [{ id: "ask", type: "input", ...QUESTION, timeout: "1 hour", default: {} }, http("one")],
  [{ id: "rows", type: "map", over: [1, 2, 3], concurrency: 2, steps: [http("row")] }],
  [{ id: "both", type: "parallel", branches: { a: [http("left")], b: [http("right")] } }],
  [{ id: "again", type: "repeat", until: "{% $round = 2 %}", steps: [http("turn")] }],
  [{ id: "kid", type: "job", blueprint: CHILD, input: {}, detached: true }],
  [{ id: "work", type: "worker", queue: "films", input: {}, timeout: "1 hour", on_error: "continue" }],
];

/** Without what means nothing: fields that are not there, and nulls at the end of an event. */
function plain(job: Job): Json {
  const events = job.events.map(([type, at, step, message]) => [type, at, step ?? null, message ?? null]);
  return JSON.parse(JSON.stringify({ ...job, events }));
}

describe("a job that runs", () => {
  it("is remembered after each write as its row has it, through the lives of all kinds of steps", () =>
    inRegistry(async (bench) => {
      const written: [Job, Job][] = [];
      const { wrote } = JobCache.prototype;
      JobCache.prototype.wrote = function (job) {
        written.push([job, fromRecord(toRecord(job))]);
        wrote.call(this, job);
      };
      try {
        for (const steps of LIVES) {
          const reset = () => Promise.reject(new TypeError("reset"));
          const { fetch } = scripted(json({ n: 1 }), reset, json({ n: 2 }));
          const run = await runSteps(bench, steps, { fetch });
          await bench.caller.retry(CALLER, run.id, { from_step: String(steps[0]?.id), input: null });
          await bench.settleBackground();
        }
      } finally {
        JobCache.prototype.wrote = wrote;
      }
      expect(written.length).toBeGreaterThan(40);
      for (const [job, row] of written) expect(plain(job)).toEqual(plain(row));
    }));
});
