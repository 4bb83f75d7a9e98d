import { describe, expect, it } from "vitest";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { stepStatuses, useBench } from "./bench.ts";
import { child, map, NO_RETRY, question, sleep, stageOf, value } from "./steps.ts";

const bench = useBench();
const { http, effect } = stageOf(bench);

/** Fails once for each key. */
const once = (id: string, key: string, more: object = {}) => {
  return http(id, `/flaky?key=${key}&times=1`, { retry: NO_RETRY, ...more });
};
const retried = (job_id: string, more: object = {}) => bench().job("jobs_retry", { job_id, ...more });
const refused = async (job_id: string, more: object = {}) => {
  const reply = await bench().call("jobs_retry", { job_id, ...more });
  expect(reply.isError).toBe(true);
  return reply.text;
};

describe("retry", () => {
  it.concurrent("of a failed job runs the failed step and what follows, and nothing before", async () => {
    const steps = [
      effect("first", { body: { n: "{% $input.n %}" } }),
      sleep("nap", 1),
      value("two", "{% $input.n * 2 %}"),
      effect("skipped", { when: "{% false %}" }),
      http("lost", "/missing", { on_error: "continue" }),
      map("each", [1, 2], [effect("item")]),
      once("breaks", "from-failed"),
      effect("last", { body: { count: "{% $steps.first.body.count %}", lost: "{% $steps.lost.error.code %}" } }),
    ];
    const output = { two: "{% $steps.two %}", items: "{% $count($steps.each) %}" };
    const broken = await bench().run(steps, { output, input: { n: 21 }, name: "repairable", metadata: { ticket: 7 } });
    expect(broken).toMatchObject({ status: "failed", step: "breaks" });
    const before = bench().requests(broken.id);
    const accepted = await retried(broken.id);
    expect(accepted).toMatchObject({ retried_from: broken.id, name: "repairable", metadata: { ticket: 7 } });
    const job = await bench().settled(accepted.id);
    expect(job).toMatchObject({ status: "succeeded", result: { two: 42, items: 2 } });
    expect(bench().requestsSince(broken.id, before)).toEqual({ breaks: 1, last: 1 });
    expect(bench().service.effects.find((seen) => seen.idempotencyKey === `${broken.id}.last`)?.body).toEqual({
      count: 1,
      lost: "http_status",
    });
    // It sleeps no second time.
    expect((await bench().instance(job.id))?.steps.filter((step) => step.type === "sleep")).toEqual([]);
    expect(await bench().status(broken.id)).toEqual(broken);
  });

  it.concurrent("from an earlier step runs that step and what follows", async () => {
    const done = await bench().run([effect("a"), effect("b"), effect("c")]);
    expect(done.status).toBe("succeeded");
    const before = bench().requests(done.id);
    const job = await bench().settled((await retried(done.id, { from_step: "b" })).id);
    expect(job.status).toBe("succeeded");
    expect(bench().requestsSince(done.id, before)).toEqual({ b: 1, c: 1 });
  });

  it.concurrent("with a new input runs all, or with from_step the rest with the new input", async () => {
    const steps = [effect("a", { body: "{% $input %}" }), effect("b", { body: "{% $input %}" })];
    const done = await bench().run(steps, { input: { v: "old" } });
    const old = bench().requests(done.id);
    await bench().settled((await retried(done.id, { input: { v: "all" }, from_step: "a" })).id);
    expect(bench().requestsSince(done.id, old)).toEqual({ a: 1, b: 1 });
    const all = bench().requests(done.id);
    await bench().settled((await retried(done.id, { input: { v: "rest" }, from_step: "b" })).id);
    expect(bench().requestsSince(done.id, all)).toEqual({ b: 1 });
    const effects = bench().service.effects.filter(({ idempotencyKey }) => idempotencyKey?.startsWith(done.id));
    expect(effects.slice(2).map((seen) => seen.body)).toEqual([{ v: "all" }, { v: "all" }, { v: "rest" }]);
    const broken = await bench().run([effect("a"), once("b", "new-input")], { input: { v: 1 } });
    const before = bench().requests(broken.id);
    await bench().settled((await retried(broken.id, { input: { v: 2 } })).id);
    expect(bench().requestsSince(broken.id, before)).toEqual({ a: 1, b: 1 });
  });

  it.concurrent("repeated is the same job until that has settled", async () => {
    const broken = await bench().run([once("breaks", "repeated"), sleep("nap", 1), effect("last")]);
    const before = bench().requests(broken.id);
    const jobs = await Promise.all(Array.from({ length: 10 }, () => retried(broken.id)));
    const ids = new Set(jobs.map((job) => job.id));
    expect(ids.size).toBe(1);
    const [id = ""] = ids;
    expect((await bench().settled(id)).status).toBe("succeeded");
    expect(bench().requestsSince(broken.id, before)).toEqual({ breaks: 1, last: 1 });
    const other = await retried(broken.id);
    expect(ids.has(other.id)).toBe(false);
    await bench().settled(other.id);
  });

  it.concurrent("of a cancelled job goes on where it was", async () => {
    const id = await bench().submit([effect("first"), question("ask"), effect("last")]);
    await bench().until(id, (job) => job.status === "input_required");
    await bench().job("jobs_cancel", { job_id: id });
    const before = bench().requests(id);
    const again = (await retried(id)).id;
    await bench().until(again, (job) => job.status === "input_required");
    await bench().job("jobs_respond", { job_id: again, request_id: "ask", action: "accept", content: { tag: "v1" } });
    expect((await bench().settled(again)).status).toBe("succeeded");
    expect([before, bench().requestsSince(id, before)]).toEqual([{ first: 1 }, { last: 1 }]);
  });

  it.concurrent("of a retry that failed again goes on from there", async () => {
    const twice = http("breaks", "/flaky?key=again&times=2", { retry: NO_RETRY });
    const first = await bench().run([effect("first"), twice, effect("last")]);
    const second = await bench().settled((await retried(first.id)).id);
    expect(second.status).toBe("failed");
    const before = bench().requests(first.id);
    const third = await bench().settled((await retried(second.id)).id);
    expect(third).toMatchObject({ status: "succeeded", retried_from: second.id });
    expect(bench().requestsSince(first.id, before)).toEqual({ breaks: 1, last: 1 });
  });

  it.concurrent("of a job whose child failed starts the child anew", async () => {
    const kid = { name: "kid", steps: [effect("act"), once("breaks", "kid")] };
    const broken = await bench().run([effect("first"), child("kid", kid), effect("last")]);
    expect(broken).toMatchObject({ status: "failed", error_code: "child_failed" });
    const before = bench().requests(broken.id);
    const job = await bench().settled((await retried(broken.id)).id);
    expect(job.status).toBe("succeeded");
    expect(bench().requestsSince(broken.id, before)).toEqual({ last: 1 });
    const { structured } = await bench().call("jobs_list", { limit: 100 });
    expect((structured.jobs as JobStatus[]).filter((row) => row.parent_id === job.id)).toHaveLength(1);
  });

  it.concurrent("of what cannot be retried is refused with what to do", async () => {
    const running = await bench().submit([sleep("nap", 20), effect("after")]);
    expect(await refused(running)).toMatch(/Not retried: job .+ is still (queued|running)/);
    await bench().job("jobs_cancel", { job_id: running });
    expect(await refused(running, { from_step: "after" })).toContain("Use one of: nap.");
    expect(await refused(running, { from_step: "nowhere" })).toContain("Use one of: nap.");
    const done = await bench().run([value("a", 1)]);
    expect(await refused(done.id)).toContain("from_step");
    expect(await refused("job_0")).toBe("Unknown job: job_0");
  });
});

describe("respond", () => {
  const asking = async (more: object = {}) => {
    const id = await bench().submit([question("ask", more), effect("told", { body: "{% $steps.ask %}" })]);
    await bench().until(id, (job) => job.status === "input_required");
    return id;
  };
  const respond = (job_id: string, answer: object) =>
    bench().call("jobs_respond", { job_id, request_id: "ask", ...answer });
  const told = (id: string) =>
    bench()
      .service.effects.filter((seen) => seen.idempotencyKey === `${id}.told`)
      .map((seen) => seen.body);

  it.concurrent("with what does not fit leaves the question open; the first that fits stands", async () => {
    const id = await asking();
    expect(await bench().status(id)).toMatchObject({
      status: "input_required",
      input_requests: [{ request_id: "ask", step: "ask", message: "Which tag?" }],
    });
    for (const content of [{}, { tag: 1 }, { tag: "too long" }]) {
      expect(await respond(id, { action: "accept", content })).toMatchObject({
        isError: true,
        text: expect.stringContaining("tag"),
      });
    }
    expect(await respond(id, { request_id: "other", action: "accept", content: { tag: "v1" } })).toMatchObject({
      isError: true,
      text: expect.stringContaining("Open: ask"),
    });
    const answers = await Promise.all(
      ["v1", "v2", "v3"].map((tag) => respond(id, { action: "accept", content: { tag } })),
    );
    expect(answers.filter((reply) => !reply.isError)).toHaveLength(1);
    for (const reply of answers.filter(({ isError }) => isError)) expect(reply.text).toContain("was accepted at");
    const first = ["v1", "v2", "v3"][answers.findIndex((reply) => !reply.isError)];
    expect((await bench().settled(id)).status).toBe("succeeded");
    expect(told(id)).toEqual([{ action: "accept", content: { tag: first } }]);
    expect(await respond(id, { action: "decline" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("was accepted at"),
    });
  });

  it.concurrent("with decline goes on with no content", async () => {
    const id = await asking();
    expect((await respond(id, { action: "decline" })).isError).toBe(false);
    expect((await bench().settled(id)).status).toBe("succeeded");
    expect(told(id)).toEqual([{ action: "decline", content: null }]);
  });

  it.concurrent("too late finds the default in its place", async () => {
    const id = await asking({ timeout: "1 second", default: { tag: "none" } });
    expect((await bench().settled(id)).status).toBe("succeeded");
    expect(told(id)).toEqual([{ action: "expired", content: { tag: "none" } }]);
    expect(await respond(id, { action: "accept", content: { tag: "v1" } })).toMatchObject({
      isError: true,
      text: expect.stringContaining("expired at"),
    });
  });

  it.concurrent("to several questions at once in any order", async () => {
    const branches = { left: [question("ask"), effect("l")], right: [question("other"), effect("r")] };
    const id = await bench().submit([{ id: "both", type: "parallel", branches }]);
    await bench().until(id, (job) => job.input_requests.length === 2);
    expect(
      (await respond(id, { request_id: "other", action: "accept", content: { tag: "v2" } })).structured,
    ).toMatchObject({ status: "input_required" });
    await bench().until(id, () => bench().requests(id)["both.right.r"] === 1);
    expect((await respond(id, { action: "decline" })).structured).toMatchObject({ status: "running" });
    expect((await bench().settled(id)).status).toBe("succeeded");
    expect(bench().requests(id)).toEqual({ "both.left.l": 1, "both.right.r": 1 });
    expect(stepStatuses(await bench().status(id))).toEqual({ both: "succeeded" });
  });
});
