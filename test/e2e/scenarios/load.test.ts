import { describe, expect, it } from "vitest";
import type { EventView, JobStatus } from "../../../src/jobs/view.ts";
import { MAX_EVENTS } from "../../../src/limits.ts";
import { cpuMs } from "../../../tooling/process.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { pause, useBench } from "./bench.ts";
import { map, sleep, stageOf, value } from "./steps.ts";

let server: RunningServer;
/** On a server that nobody else keeps busy: its work is measured. */
const bench = useBench(async () => {
  server = await startServer({ HTTP_ALLOW: "127.0.0.1" }, { hasExplorer: true });
  return { url: server.url, endpoint: `${server.url}/mcp`, key: "", close: server.stop };
});
const { http, effect } = stageOf(bench);

const ITEMS = "{% [1..$input.n] %}";

/** Every status of the job that was seen until it settled. */
async function watched(id: string): Promise<JobStatus[]> {
  const seen: JobStatus[] = [];
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(20)) {
    const job = await bench().status(id);
    seen.push(job);
    if (job.completed_at !== null) return seen;
  }
  throw new Error(`not settled within 60 s: ${JSON.stringify(seen.at(-1))}`);
}

const last = (seen: JobStatus[]): JobStatus => {
  const job = seen.at(-1);
  if (job === undefined) throw new Error("nothing was seen");
  return job;
};

function expectToOnlyRise(seen: JobStatus[]): void {
  const progress = seen.map((job) => job.progress);
  const done = seen.map((job) => job.steps?.[0]?.items?.done ?? 0);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(progress.filter((part) => part > 0 && part < 1).length).toBeGreaterThan(0);
}

/** All events: a reply of the tool has room for the newest only. */
async function timelineOf({ id }: JobStatus): Promise<EventView[]> {
  const [content] = (await bench().client.readResource({ uri: `job://${id}/events` })).contents;
  if (content === undefined || !("text" in content)) throw new Error("the timeline is no text");
  return JSON.parse(String(content.text)).events;
}

async function expectWholeTimeline(job: JobStatus): Promise<EventView[]> {
  const events = await timelineOf(job);
  expect(events.length).toBeLessThanOrEqual(MAX_EVENTS);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.slice(0, 3).map((event) => event.type)).toEqual(["accepted", "dispatched", "started"]);
  expect(events.at(-1)).toMatchObject({ type: "settled", message: job.status });
  return events;
}

const seconds = (job: JobStatus): string =>
  `${(Date.parse(job.completed_at ?? "") - Date.parse(job.started_at ?? "")) / 1_000} s`;

describe("a map", () => {
  it("of 1,000 transforms, ten at a time, completes", async () => {
    const steps = [map("each", ITEMS, [value("twice", "{% $item * 2 %}")], { concurrency: 10 })];
    const id = await bench().submit(steps, {
      input: { n: 1_000 },
      output: "{% [$count($steps.each), $sum($steps.each)] %}",
    });
    const seen = await watched(id);
    const job = last(seen);
    console.info(`map of 1,000 transforms: ${seconds(job)}`);
    expect(job).toMatchObject({ status: "succeeded", progress: 1, result: { value: [1_000, 1_001_000] } });
    expect(job.steps?.[0]?.items).toEqual({ total: 1_000, done: 1_000, failed: 0 });
    expectToOnlyRise(seen);
    await expectWholeTimeline(job);
    expect((await bench().instance(id))?.steps).toHaveLength(1);
  });

  it("of 200 requests and handlers, ten at a time, sends each once", async () => {
    const page = http("page", "/", { query: { n: "{% $item %}" } });
    const input = { html: "{% $steps.page.body %}", base_url: "http://site.example/" };
    const inner = [
      page,
      { id: "links", type: "handler", handler: "extract-links", input },
      value("n", "{% $count($steps.links.links) %}"),
    ];
    const id = await bench().submit([map("each", ITEMS, inner, { concurrency: 10 })], {
      input: { n: 200 },
      output: "{% $sum($steps.each) %}",
    });
    const seen = await watched(id);
    const job = last(seen);
    console.info(`map of 200 requests and handlers: ${seconds(job)}`);
    expect(job).toMatchObject({ status: "succeeded", result: { value: 600 } });
    const sent = bench().requests(id);
    expect(Object.keys(sent)).toHaveLength(200);
    expect(new Set(Object.values(sent))).toEqual(new Set([1]));
    expectToOnlyRise(seen);
    await expectWholeTimeline(job);
  });

  it("of 200 that fail in part keeps its timeline bounded, failures in it", async () => {
    const call = http("call", "/missing", { when: "{% $item % 2 = 0 %}", on_error: "continue" });
    const id = await bench().submit([map("each", ITEMS, [call], { concurrency: 20 })], { input: { n: 200 } });
    const job = last(await watched(id));
    expect(job).toMatchObject({ status: "succeeded", steps: [{ items: { total: 200, done: 200, failed: 100 } }] });
    const events = await expectWholeTimeline(job);
    expect(events.filter((event) => event.type === "step_failed")).toHaveLength(100);
  });
});

/** The worst of test/expression/runaway.test.ts, in a job. */
const RUNAWAYS: Record<string, string> = {
  "endless recursion": "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
  "recursion that branches": "($f := function($n) { $n = 0 ? 1 : $f($n - 1) + $f($n - 1) }; $f(40))",
  "$reduce over $reduce": "$reduce([1..10000], function($a, $x) { $reduce([1..10000], function($b, $y) { $b + $y }) })",
  "text that doubles": "$reduce([1..100], function($a, $x) { $a & $a }, 'x')",
  "nested lists that double": "$reduce([1..100], function($a, $x) { [[$a], [$a]] }, [1])",
  "a regular expression in a loop": "$map([1..1000], function($n) { $contains($input.letters & '!', /^(a+)+$/) })",
  "equality of large values in a loop": "$map([1..10000], function($n) { $input.letters = $input.letters & 'b' })",
};

describe("a runaway expression in a job", () => {
  it("fails its step within 2 s of computing, and other jobs are answered meanwhile", async () => {
    const canary = await bench().submit([sleep("nap", 60)]);
    const calm: number[] = [];
    const busy: number[] = [];
    const look = async (into: number[]): Promise<void> => {
      const started = performance.now();
      await bench().status(canary);
      into.push(performance.now() - started);
    };
    for (let i = 0; i < 30; i++) await look(calm);
    const input = { letters: "a".repeat(100_000) };
    const pid = (await server.runtimePid()) ?? 0;
    for (const [name, expression] of Object.entries(RUNAWAYS)) {
      const before = await cpuMs(pid);
      const pending = bench().run([effect("before"), value("runaway", `{% ${expression} %}`), effect("after")], {
        input,
      });
      const ended = pending.then(() => true);
      while (!(await Promise.race([ended, pause(20)]))) await look(busy);
      const job = await pending;
      expect(job, name).toMatchObject({ status: "failed", error_code: "expression", step: "runaway" });
      expect((await cpuMs(pid)) - before, name).toBeLessThan(2_000);
      expect(bench().requests(job.id)).toEqual({ before: 1 });
      console.info(`${name}: ${seconds(job)}`);
    }
    const worst = (ms: number[]) => Math.round(Math.max(...ms));
    console.info(
      `status of another job: at most ${worst(calm)} ms when calm, ${worst(busy)} ms of ${busy.length} meanwhile`,
    );
    expect(worst(busy)).toBeLessThan(2_000);
    await bench().job("jobs_cancel", { job_id: canary });
  });
});
