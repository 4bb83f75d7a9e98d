import { describe, expect, it } from "vitest";
import { RETRY_SPREAD } from "../../../src/limits.ts";
import { rowDigest } from "../../support/row-digest.ts";
import { pause, stepStatuses, useBench } from "./bench.ts";
import { child, map, NO_RETRY, question, retry, sleep, stageOf, value } from "./steps.ts";

const bench = useBench();
const { http, effect } = stageOf(bench);

/** Timers may fire a little early on another process's clock, and late on a busy machine, but not twice as late. */
const EARLY_MS = 20;
const LATE_MS = 1_900;

/** What stands for a row of a map in a key: a digest of its item, and from the second equal item on which it is. */
const rowOf = (item: string, nth = 1): string => {
  const digest = rowDigest(item);
  return nth === 1 ? digest : `${digest}-${nth}`;
};

describe("retry", () => {
  it.concurrent("waits as its backoff says", async () => {
    const branch = (backoff: string) => [
      http(`call_${backoff}`, `/flaky?key=${backoff}&times=3`, { retry: { limit: 3, delay: "1 second", backoff } }),
    ];
    const branches = { fixed: branch("fixed"), linear: branch("linear"), exponential: branch("exponential") };
    const job = await bench().run([{ id: "all", type: "parallel", branches }]);
    expect(job.status).toBe("succeeded");
    for (const [backoff, seconds] of Object.entries({ fixed: [1, 1, 1], linear: [1, 2, 3], exponential: [1, 2, 4] })) {
      const path = `all.${backoff}.call_${backoff}`;
      const gaps = bench().gaps(job.id, path);
      expect(gaps).toHaveLength(3);
      for (const [i, s] of seconds.entries()) {
        expect(gaps[i], `${backoff} delay ${i + 1}`).toBeGreaterThan(s * 1_000 - EARLY_MS);
        expect(gaps[i], `${backoff} delay ${i + 1}`).toBeLessThan(s * 1_000 * (1 + RETRY_SPREAD) + LATE_MS);
      }
      const retries = job.events?.filter((event) => event.type === "step_retrying" && event.step === path);
      const said = retries?.map((event) => Number(event.message?.match(/Next try in (\d+) s/)?.[1]));
      expect(said).toHaveLength(3);
      for (const [i, s] of seconds.entries()) {
        // The delay with its spread, in whole seconds upwards.
        expect(said?.[i], `${backoff} delay ${i + 1} as told`).toBeGreaterThanOrEqual(s);
        expect(said?.[i], `${backoff} delay ${i + 1} as told`).toBeLessThanOrEqual(Math.ceil(s * (1 + RETRY_SPREAD)));
      }
    }
  });

  it.concurrent("honours Retry-After where it is longer than the delay", async () => {
    const job = await bench().run([http("call", "/too-many?key=after&after=2", { retry: retry(1) }), effect("after")]);
    expect(job).toMatchObject({
      status: "succeeded",
      steps: [
        { id: "call", tries: 2 },
        { id: "after", tries: 1 },
      ],
    });
    expect(bench().requests(job.id)).toEqual({ call: 2, after: 1 });
    expect(bench().gaps(job.id, "call")[0]).toBeGreaterThan(2_000 - EARLY_MS);
  });

  it.concurrent.each<[what: string, path: string, tries: number, code: string]>([
    ["a broken service", "/broken", 3, "http_status"],
    ["a cut answer", "/cut", 3, "network"],
    ["no answer in time", "/hang", 3, "step_timeout"],
    ["a refusal that will pass", "/too-many?key=always&times=99&after=0", 3, "http_status"],
    ["a missing page: never", "/missing", 1, "http_status"],
    ["too large an answer: never", "/big?bytes=999999", 1, "http_too_large"],
  ])("is done for %s", async (_what, path, tries, code) => {
    const job = await bench().run([http("call", path, { retry: retry(2), timeout: "1 second" }), effect("after")]);
    expect(job).toMatchObject({ status: "failed", error_code: code, step: "call" });
    expect(job.steps).toMatchObject([
      { id: "call", status: "failed", tries },
      { id: "after", status: "pending", tries: 0 },
    ]);
    expect(bench().requests(job.id)).toEqual({ call: tries });
    expect(job.events?.filter((event) => event.type === "step_retrying")).toHaveLength(tries - 1);
  });

  it.concurrent("is done with one key, so that the service can tell", async () => {
    const job = await bench().run([http("call", "/flaky?key=one-key&times=2", { retry: retry(2) })]);
    expect(
      bench()
        .service.requests.filter(({ path }) => path.includes("key=one-key"))
        .map((seen) => seen.idempotencyKey),
    ).toEqual(Array(3).fill(`${job.id}.call`));
  });
});

describe("on_error: continue", () => {
  const CONTINUE = { on_error: "continue", retry: NO_RETRY };

  it.concurrent("goes on with the error as output, for each kind", async () => {
    const steps = [
      http("status", "/broken", CONTINUE),
      http("cut", "/cut", { ...CONTINUE, retry: retry(1) }),
      value("sum", "{% 1 + $string('x') %}", { on_error: "continue" }),
      question("ask", { on_error: "continue", timeout: "1 second" }),
      child("kid", { name: "kid", steps: [http("call", "/missing")] }, { on_error: "continue" }),
      map("each", [1, 2], [http("item", "/missing")], { on_error: "continue" }),
      effect("after", { body: { code: "{% $steps.status.error.code %}", status: "{% $steps.status.error.status %}" } }),
    ];
    const output = {
      codes: "{% [$steps.status, $steps.cut, $steps.sum, $steps.ask, $steps.kid, $steps.each].error.code %}",
    };
    const job = await bench().run(steps, { output });
    expect(job).toMatchObject({ status: "succeeded", progress: 1 });
    expect(job.result).toEqual({
      codes: ["http_status", "network", "expression", "input_expired", "child_failed", "http_status"],
    });
    expect(stepStatuses(job)).toEqual({
      status: "failed",
      cut: "failed",
      sum: "failed",
      ask: "failed",
      kid: "failed",
      each: "failed",
      after: "succeeded",
    });
    expect(bench().requests(job.id)).toMatchObject({ status: 1, cut: 2, after: 1 });
    expect(bench().service.effects.find((seen) => seen.idempotencyKey === `${job.id}.after`)?.body).toEqual({
      code: "http_status",
      status: 500,
    });
  });

  it.concurrent("inside a map yields the error for that item alone", async () => {
    const over = ["ok.json", "missing", "broken", "ok.json"];
    const call = http("call", "/{% $item %}", CONTINUE);
    const job = await bench().run([
      map("each", over, [
        call,
        effect("noted", { when: "{% $steps.call.status = 200 %}" }),
        value("end", "{% $steps.call.error.code %}"),
      ]),
    ]);
    // Where `end` yields nothing, the row's output is that of the last step that yields one.
    const noted = expect.objectContaining({ status: 200, url: `${bench().service.url}/effects` });
    expect(job.result).toEqual({ value: [noted, "http_status", "http_status", noted] });
    expect(job.steps?.[0]).toMatchObject({ status: "succeeded", items: { total: 4, done: 4, failed: 2 } });
    expect(bench().requests(job.id)).toEqual({
      [`each[${rowOf("ok.json")}].call`]: 1,
      [`each[${rowOf("ok.json")}].noted`]: 1,
      [`each[${rowOf("missing")}].call`]: 1,
      [`each[${rowOf("broken")}].call`]: 1,
      [`each[${rowOf("ok.json", 2)}].call`]: 1,
      [`each[${rowOf("ok.json", 2)}].noted`]: 1,
    });
  });
});

describe("a failure inside", () => {
  it.concurrent("a map ends the job, and items that have not begun never begin", async () => {
    const paths = ["ok.json", "missing", ...Array(8).fill("ok.json")];
    const job = await bench().run([
      map("each", paths, [http("call", "/{% $item %}")], { concurrency: 1 }),
      effect("after"),
    ]);
    expect(job).toMatchObject({
      status: "failed",
      error_code: "http_status",
      step: "each",
      error: expect.stringContaining("each[1].call"),
    });
    expect(bench().requests(job.id)).toEqual({
      [`each[${rowOf("ok.json")}].call`]: 1,
      [`each[${rowOf("missing")}].call`]: 1,
    });
  });

  it.concurrent("a branch ends the job at once, and the other branch does not go on", async () => {
    const branches = { bad: [http("call", "/missing")], slow: [sleep("nap", 2), effect("late")] };
    const job = await bench().run([{ id: "both", type: "parallel", branches }, effect("after")]);
    expect(job).toMatchObject({ status: "failed", error: expect.stringContaining("both.bad.call") });
    // Longer than the branch would have slept.
    await pause(3_000);
    expect(bench().requests(job.id)).toEqual({ "both.bad.call": 1 });
  });

  it.concurrent("a grandchild is told to each parent", async () => {
    const grandchild = { name: "grandkid", steps: [http("call", "/missing"), effect("never")] };
    const kid = { name: "kid", steps: [child("deep", grandchild), effect("nor_this")] };
    const job = await bench().run([child("kid", kid), effect("after")]);
    expect(job).toMatchObject({ status: "failed", error_code: "child_failed", error: expect.stringContaining("404") });
    expect(stepStatuses(job)).toEqual({ kid: "failed", after: "pending" });
  });
});

describe("a job's timeout", () => {
  it.concurrent.each<[state: string, step: () => object, requests: object]>([
    ["while a step acts", () => http("busy", "/hang?job-timeout", { timeout: "20 seconds" }), { busy: 1 }],
    ["while it asks", () => question("busy"), {}],
    [
      "while it waits for a child",
      () => child("busy", { name: "kid", steps: [http("hang", "/hang?job-timeout"), effect("x")] }),
      {},
    ],
  ])("ends it %s", async (_state, step, requests) => {
    const job = await bench().run([step(), effect("after")], { timeout_seconds: 2 });
    expect(job).toMatchObject({ status: "failed", error_code: "job_timeout" });
    expect(stepStatuses(job)).toEqual({ busy: "cancelled", after: "pending" });
    expect(bench().requests(job.id)).toEqual(requests);
    await bench().untilGone(job.id);
    const { structured } = await bench().call("jobs_list", { status: ["queued", "running", "input_required"] });
    expect(JSON.stringify(structured)).not.toContain(job.id);
  });
});
