import { describe, expect, it } from "vitest";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { pause, stepStatuses, useBench } from "./bench.ts";
import { child, map, question, sleep, stageOf } from "./steps.ts";

const bench = useBench();
const { http, effect } = stageOf(bench);

/** Within this time every job of these tests would have gone on, had it not been cancelled. */
const LATER_MS = 5_000;

const cancel = (id: string) => bench().job("jobs_cancel", { job_id: id, reason: "enough" });
const childrenOf = async (id: string) => {
  const { structured } = await bench().call("jobs_list", { limit: 100 });
  return (structured.jobs as JobStatus[]).filter((job) => job.parent_id === id);
};

interface Case {
  steps: () => object[];
  /** How long the start is put off. */
  inMs?: number;
  /** When to cancel. */
  when: (job: JobStatus) => boolean;
  /** Requests by step path, then and for ever. */
  requests: object;
  after: Record<string, string>;
  /** The engine never had it. */
  unknown?: true;
}

const slow = (id: string, ms = 3_000) => http(id, `/slow?ms=${ms}`);
const isAt = (step: string) => (job: JobStatus) => job.step === step;

const CASES: Record<string, Case> = {
  "before its time has come": {
    steps: () => [effect("first")],
    inMs: 4_000,
    when: (job) => job.status === "queued",
    requests: {},
    after: { first: "pending" },
    unknown: true,
  },
  "while it sleeps": {
    steps: () => [effect("first"), sleep("nap", 4), effect("after")],
    when: isAt("nap"),
    requests: { first: 1 },
    after: { first: "succeeded", nap: "cancelled", after: "pending" },
  },
  "while a request is under way": {
    steps: () => [effect("first"), slow("busy"), effect("after")],
    when: isAt("busy"),
    requests: { first: 1, busy: 1 },
    after: { first: "succeeded", busy: "cancelled", after: "pending" },
  },
  "between two tries": {
    steps: () => [http("flaky", "/broken", { retry: { limit: 5, delay: "4 seconds" } }), effect("after")],
    when: (job) => job.events?.some((event) => event.type === "step_retrying") ?? false,
    requests: { flaky: 1 },
    after: { flaky: "cancelled", after: "pending" },
  },
  "between two polls": {
    steps: () => [http("poll", "/ok.json", { until: "{% false %}", every: "4 seconds" }), effect("after")],
    when: (job) => job.message?.startsWith("Poll 1") ?? false,
    requests: { poll: 1 },
    after: { poll: "cancelled", after: "pending" },
  },
  "while it asks": {
    steps: () => [effect("first"), question("ask", { timeout: "4 seconds", default: { tag: "x" } }), effect("after")],
    when: (job) => job.status === "input_required",
    requests: { first: 1 },
    after: { first: "succeeded", ask: "cancelled", after: "pending" },
  },
  "in branches": {
    steps: () => [
      {
        id: "both",
        type: "parallel",
        branches: { left: [sleep("nap", 4), effect("l")], right: [effect("r"), question("ask"), effect("rr")] },
      },
      effect("after"),
    ],
    when: (job) => job.status === "input_required",
    requests: { "both.right.r": 1 },
    after: { both: "cancelled", after: "pending" },
  },
};

describe("cancel", () => {
  it.concurrent.each(Object.entries(CASES))("%s ends the job for good", async (_name, it) => {
    const run_at = new Date(Date.now() + (it.inMs ?? 0)).toISOString();
    const id = await bench().submit(it.steps(), { run_at });
    await bench().until(id, it.when);
    const reply = await cancel(id);
    expect(reply).toMatchObject({ status: "cancelled", error: "enough", changed: true });
    const then = await bench().status(id);
    expect(stepStatuses(then)).toEqual(it.after);
    expect((await bench().untilGone(id)) === undefined).toBe(it.unknown === true);
    await pause(LATER_MS);
    expect(bench().requests(id)).toEqual(it.requests);
    expect(await bench().status(id)).toEqual(then);
    expect((await bench().instance(id))?.status).toBe(it.unknown ? undefined : "terminated");
  });

  it.concurrent("inside a map: no item begins afterwards", async () => {
    const items = Array.from({ length: 20 }, (_, i) => i);
    const id = await bench().submit([
      map("each", items, [slow("call", 400), effect("noted")], { concurrency: 3 }),
      effect("after"),
    ]);
    await bench().until(id, (job) => (job.steps?.[0]?.items?.done ?? 0) >= 3);
    expect(await cancel(id)).toMatchObject({ status: "cancelled", step: "each" });
    const then = await bench().status(id);
    expect(then.steps?.[0]?.items?.done).toBeLessThan(20);
    await bench().untilGone(id);
    // What an item had begun before the cancel reached it may still arrive; nothing else may.
    const sent = bench().requests(id);
    await pause(LATER_MS);
    expect(bench().requests(id)).toEqual(sent);
    expect(Object.keys(sent).filter((path) => path.endsWith(".call")).length).toBeLessThanOrEqual(
      (then.steps?.[0]?.items?.done ?? 0) + 3,
    );
    expect(Object.values(sent).every((count) => count === 1)).toBe(true);
    expect(sent).not.toHaveProperty("after");
    expect(await bench().status(id)).toEqual(then);
  });

  it.concurrent("with children and grandchildren: all end, and none goes on", async () => {
    const grandchild = { name: "grandkid", steps: [sleep("nap", 4), effect("late")] };
    const kid = { name: "kid", steps: [child("deep", grandchild), effect("later")] };
    const branches = {
      one: [child("kid", kid)],
      two: [child("ask", { name: "asks", steps: [question("q"), effect("never")] })],
    };
    const id = await bench().submit([{ id: "both", type: "parallel", branches }, effect("after")]);
    const family = async (): Promise<JobStatus[]> => {
      const kids = await childrenOf(id);
      const grandkids = await Promise.all(kids.map((kid) => childrenOf(kid.id)));
      return [...kids, ...grandkids.flat()];
    };
    // The deepest one sleeps, the other one asks.
    for (
      let seen: JobStatus[] = [];
      seen.length < 3 || seen.some((job) => job.status === "queued");
      seen = await family()
    ) {
      await pause(50);
    }
    expect(await cancel(id)).toMatchObject({ status: "cancelled" });
    const ids = (await family()).map((job) => job.id);
    expect(ids).toHaveLength(3);
    const then = await Promise.all(ids.map((each) => bench().status(each)));
    expect(then.map((job) => [job.status, job.error])).toEqual(Array(3).fill(["cancelled", "its parent ended"]));
    for (const each of [id, ...ids]) expect((await bench().untilGone(each))?.status).toBe("terminated");
    await pause(LATER_MS);
    for (const each of [id, ...ids]) expect(bench().requests(each)).toEqual({});
    expect(await Promise.all(ids.map((each) => bench().status(each)))).toEqual(then);
  });

  it.concurrent("of a child alone fails its parent with the reason", async () => {
    const id = await bench().submit([child("kid", { name: "kid", steps: [sleep("nap", 20)] }), effect("after")]);
    await bench().until(id, (job) => job.events?.some((event) => event.type === "child_started") ?? false);
    const [kid] = await childrenOf(id);
    await cancel(kid?.id ?? "");
    expect(await bench().settled(id)).toMatchObject({
      status: "failed",
      error_code: "child_cancelled",
      error: expect.stringContaining("enough"),
    });
    expect(bench().requests(id)).toEqual({});
  });

  it.concurrent("again, or of a job that has ended, changes nothing", async () => {
    const id = await bench().submit([sleep("nap", 20)]);
    const first = await cancel(id);
    const again = await bench().call("jobs_cancel", { job_id: id, reason: "other" });
    expect(again.structured).toMatchObject({
      changed: false,
      status: "cancelled",
      error: "enough",
      completed_at: first.completed_at,
    });
    const done = await bench().run([effect("only")]);
    expect((await bench().call("jobs_cancel", { job_id: done.id })).structured).toMatchObject({
      changed: false,
      status: "succeeded",
    });
  });

  it.concurrent("while it asks makes a late answer an error", async () => {
    const id = await bench().submit([question("ask"), effect("after")]);
    await bench().until(id, (job) => job.status === "input_required");
    await cancel(id);
    const late = await bench().call("jobs_respond", {
      job_id: id,
      request_id: "ask",
      action: "accept",
      content: { tag: "x" },
    });
    expect(late).toMatchObject({ isError: true, text: expect.stringContaining("Not answered") });
    expect(await bench().status(id)).toMatchObject({ status: "cancelled", input_requests: [] });
  });
});
