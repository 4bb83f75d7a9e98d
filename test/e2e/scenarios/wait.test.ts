import { describe, expect, it } from "vitest";
import type { JobRow, JobStatus } from "../../../src/jobs/view.ts";
import { recordFigures } from "../../../tooling/figures.ts";
import { seeded } from "../../../tooling/random.ts";
import { rawRequest, toolCall } from "../../../tooling/raw.ts";
import { pause, useBench } from "./bench.ts";
import { child, question, sleep, stageOf, value } from "./steps.ts";

/** What `jobs_wait` answers. */
interface Report {
  jobs: (JobRow & Pick<JobStatus, "input_requests">)[];
  timed_out: boolean;
}

const bench = useBench();
const { http, effect } = stageOf(bench);

const wait = async (job_ids: string[], more: object = {}): Promise<Report> => {
  const reply = await bench().call("jobs_wait", { job_ids, timeout_seconds: 30, ...more });
  expect(reply.isError).toBe(false);
  return reply.structured as unknown as Report;
};
const statuses = ({ jobs }: Report) => jobs.map((job) => job.status);

/** From the settlement to the reply that tells it. */
const latencies: number[] = [];
const measured = async (pending: Promise<Report>, which: number): Promise<Report> => {
  const report = await pending;
  latencies.push(Date.now() - Date.parse(report.jobs[which]?.completed_at ?? ""));
  return report;
};
const print = (what: string, ms: readonly number[]): void => {
  const sorted = ms.toSorted((a, b) => a - b);
  console.info(
    `${what}: median ${sorted[Math.floor(sorted.length / 2)]} ms, most ${sorted.at(-1)} ms, of ${ms.length}`,
  );
};

describe("wait", () => {
  it("for any wakes with the first that settles, for all with the last", async () => {
    for (let round = 0; round < 3; round++) {
      const slow = await bench().submit([sleep("nap", 2)]);
      const fast = await bench().submit([sleep("nap", 1)]);
      const [any, all] = await Promise.all([
        measured(wait([slow, fast], { until: "any" }), 1),
        measured(wait([slow, fast], { until: "all" }), 0),
      ]);
      expect([any.timed_out, all.timed_out]).toEqual([false, false]);
      expect([statuses(any), statuses(all)]).toEqual([
        ["running", "succeeded"],
        ["succeeded", "succeeded"],
      ]);
    }
    print("jobs_wait, from settled to told", latencies);
    // A waiter that only a timer wakes would come with the timeout.
    expect(Math.max(...latencies)).toBeLessThan(5_000);
  });

  it("wakes all of many waiters of one job", async () => {
    const id = await bench().submit([sleep("nap", 1)]);
    const reports = await Promise.all(Array.from({ length: 20 }, () => wait([id])));
    expect(reports.map(statuses)).toEqual(Array(20).fill(["succeeded"]));
  });

  it("loses nothing to 500 callers that hang up, in both eras", async (test) => {
    const DROPS = 500;
    const AT_ONCE = 50;
    const random = seeded(1);
    const later = { run_at: new Date(Date.now() + 3_600_000).toISOString() };
    const scheduled = await bench().submit([value("end", 7)], later);
    const asking = await Promise.all(
      Array.from({ length: 5 }, () => bench().submit([question("ask"), value("end", 7)])),
    );
    await Promise.all(asking.map((id) => bench().until(id, ({ status }) => status === "input_required")));
    // For all of them: no such wait ends by itself.
    const call = toolCall("jobs_wait", { job_ids: [...asking, scheduled], until: "all", timeout_seconds: 50 });
    const hangUp = async (i: number): Promise<string> => {
      const request = rawRequest(bench().place.key, i % 2 === 0 ? "2025-11-25" : "2026-07-28", call);
      const signal = AbortSignal.timeout(50 + Math.floor(random() * 250));
      const whole = fetch(bench().place.endpoint, { ...request, signal }).then((response) => response.text());
      return whole.catch((error: Error) => error.name);
    };
    const ends: string[] = [];
    for (let i = 0; i < DROPS; i += AT_ONCE) {
      ends.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => hangUp(i + k)))));
    }
    expect(new Set(ends)).toEqual(new Set(["TimeoutError"]));
    const settled = asking.map(async (id) => {
      await bench().job("jobs_respond", { job_id: id, request_id: "ask", action: "decline" });
      return [await bench().settled(id), await bench().status(id)];
    });
    for (const status of (await Promise.all(settled)).flat()) {
      expect(status).toMatchObject({ status: "succeeded", result: { value: 7 } });
    }
    const cancelled = await bench().call("jobs_cancel", { job_id: scheduled });
    expect(cancelled).toMatchObject({ isError: false, structured: { id: scheduled, changed: true } });
    const counts = { "waits dropped": DROPS, jobs: asking.length + 1 };
    recordFigures(test, { harness: "waits whose callers hang up", seed: 1, counts });
  });

  it("wakes at a cancel, a failure and a question", async () => {
    const [cancelled, failing, asking] = await Promise.all([
      bench().submit([sleep("nap", 20)]),
      bench().submit([sleep("nap", 1), http("call", "/missing")]),
      bench().submit([sleep("nap", 1), question("ask")]),
    ]);
    const pending = [cancelled, failing, asking].map((id) => wait([id]));
    await pause(500);
    await bench().job("jobs_cancel", { job_id: cancelled });
    const reports = await Promise.all(pending);
    expect(reports.map(statuses)).toEqual([["cancelled"], ["failed"], ["input_required"]]);
    expect(reports[2]?.jobs[0]?.input_requests).toMatchObject([{ request_id: "ask", message: "Which tag?" }]);
    await bench().job("jobs_cancel", { job_id: asking });
  });

  it("is no error when the time is over, and 0 seconds only look", async () => {
    const id = await bench().submit([sleep("nap", 20)]);
    const started = Date.now();
    expect(await wait([id], { timeout_seconds: 1 })).toMatchObject({ timed_out: true, jobs: [{ id }] });
    expect(Date.now() - started).toBeGreaterThan(980);
    expect(await wait([id], { timeout_seconds: 0 })).toMatchObject({ timed_out: true });
    await bench().job("jobs_cancel", { job_id: id });
    expect(await wait([id], { timeout_seconds: 0 })).toMatchObject({
      timed_out: false,
      jobs: [{ status: "cancelled" }],
    });
  });

  it("for an unknown job says so at once, though others go on", async () => {
    const id = await bench().submit([sleep("nap", 20)]);
    const reply = await bench().call("jobs_wait", { job_ids: [id, "job_0"], timeout_seconds: 30 });
    expect(reply).toMatchObject({ isError: true, text: "Unknown job: job_0" });
    await bench().job("jobs_cancel", { job_id: id });
  });
});

describe("a saved blueprint", () => {
  const plan = (n: number) => ({
    name: "greet",
    input: { type: "object", required: ["who"] },
    steps: [effect("act"), value("n", n)],
  });
  const save = async (blueprint: object) => (await bench().call("blueprints_save", { blueprint })).structured;
  const saved = (version: number) => {
    return { next: expect.stringContaining(`"greet@${version}"`), name: "greet", version };
  };
  const run = (blueprint: string) =>
    bench().job("jobs_submit_blueprint", { blueprint, input: { who: "you" }, wait_seconds: 30 });

  it("runs by its name, by name and version, and as a child", async () => {
    expect(await save(plan(1))).toEqual(saved(1));
    expect(await save(plan(2))).toEqual(saved(2));
    expect(await save(plan(2))).toEqual(saved(2));
    expect(await run("greet")).toMatchObject({ status: "succeeded", blueprint: "greet@2", result: { value: 2 } });
    expect(await run("greet@1")).toMatchObject({ status: "succeeded", blueprint: "greet@1", result: { value: 1 } });
    const input = { who: "them" };
    const steps = [child("new", "greet", { input }), child("old", "greet@1", { input })];
    const job = await bench().run(steps, { output: "{% [$steps.new, $steps.old] %}" });
    expect(job.result).toEqual({ value: [2, 1] });
    const noSuch = child("no_such", "greet@9", { input, on_error: "continue" });
    const unknown = await bench().call("jobs_submit_blueprint", { blueprint: { name: "scenario", steps: [noSuch] } });
    expect(unknown).toMatchObject({
      isError: true,
      text: expect.stringContaining("blueprint.steps[0].blueprint: has no version 9. Use one of: greet@1, greet@2"),
    });
    const lacking = await bench().run([child("kid", "greet", { input: {} })]);
    expect(lacking).toMatchObject({ status: "failed", error_code: "child_input" });
    const refused = await bench().call("jobs_submit_blueprint", { blueprint: "greet@9", input });
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining("has no version 9") });
  });
});

describe("a result", () => {
  it("that is too large for a reply is read in pages, and deleted with its job", async () => {
    const job = await bench().run([http("big", "/big?bytes=200000")]);
    expect(job.result).toMatchObject({ truncated: true });
    let text = "";
    for (let offset: unknown = 0; offset !== undefined; ) {
      const { structured } = await bench().call("jobs_get_result", {
        job_id: job.id,
        pointer: "/body",
        offset,
        max_bytes: 10_000,
      });
      expect(structured.total_bytes).toBe(200_000);
      text += structured.text;
      offset = structured.next_offset;
    }
    expect(text).toBe("x".repeat(200_000));
    expect((await bench().call("jobs_delete", { job_id: job.id })).structured).toMatchObject({ deleted: true });
    for (const tool of ["jobs_get_status", "jobs_get_result", "jobs_delete", "jobs_cancel", "jobs_retry"]) {
      expect(await bench().call(tool, { job_id: job.id })).toMatchObject({
        isError: true,
        text: `Unknown job: ${job.id}`,
      });
    }
  });
});
