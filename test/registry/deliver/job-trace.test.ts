import { describe, expect, it } from "vitest";
import { exportRequest, type Span, spansOf, traceOf } from "../../../src/events/job-trace.ts";
import type { Job } from "../../../src/jobs/job.ts";
import { aJob } from "../../support/jobs.ts";
import { aRequest, CALLER as BY, inRegistry, planOf } from "../bench.ts";

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 10, 29);
const CALLER = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" };

/** Over two attempts, with a day of sleep between them, rows, and a failure at the end. */
const JOB: Job = aJob({
  job_id: "job_1",
  name: "nightly",
  status: "failed",
  attempt: 2,
  submitted_at: T0,
  settled_at: T0 + DAY + 9_000,
  error: "Step send: HTTP 500",
  error_code: "http_status",
  parent_id: "job_0",
  events: [
    ["accepted", T0],
    ["dispatched", T0 + 10],
    ["started", T0 + 20],
    ["step_started", T0 + 20, "rows"],
    ["step_started", T0 + 30, "rows[0].fetch"],
    ["step_succeeded", T0 + 40, "rows[0].fetch"],
    ["step_succeeded", T0 + 50, "rows"],
    ["step_waiting", T0 + 60, "nap"],
    ["step_succeeded", T0 + 60 + DAY, "nap"],
    ["redispatched", T0 + DAY + 5_000, null, "the engine went silent"],
    ["dispatched", T0 + DAY + 5_100],
    ["step_started", T0 + DAY + 5_200, "send"],
    ["step_retrying", T0 + DAY + 6_000, "send", "HTTP 500"],
    ["step_failed", T0 + DAY + 8_000, "send", "HTTP 500"],
    ["settled", T0 + DAY + 9_000, null, "failed"],
  ],
  run: { steps: {}, open: {}, trace: { traceparent: `00-${CALLER.trace}-${CALLER.span}-01` } },
});

const byName = (spans: readonly Span[], name: string): Span => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name}`);
  return found;
};

const nano = (ms: number): string => `${BigInt(ms) * 1_000_000n}`;

describe("the trace of a job that has settled", () => {
  it("has a span for the job and for each step, under the one that it stands in", async () => {
    const spans = await spansOf(JOB);
    const root = byName(spans, "nightly");
    expect(spans.map(({ name }) => name)).toEqual(["nightly", "rows", "rows[0].fetch", "nap", "send"]);
    expect(root.parentSpanId).toBeUndefined();
    for (const name of ["rows", "nap", "send"]) expect(byName(spans, name).parentSpanId).toBe(root.spanId);
    expect(byName(spans, "rows[0].fetch").parentSpanId).toBe(byName(spans, "rows").spanId);
    for (const { traceId, spanId } of spans) {
      expect([traceId, spanId]).toEqual([root.traceId, expect.stringMatching(/^[0-9a-f]{16}$/)]);
    }
    expect(root.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  });

  it("has the times of the timeline, over two attempts and a day of sleep", async () => {
    const spans = await spansOf(JOB);
    const times = Object.fromEntries(
      spans.map(({ name, startTimeUnixNano, endTimeUnixNano }) => [name, [startTimeUnixNano, endTimeUnixNano]]),
    );
    expect(times).toEqual({
      nightly: [nano(T0), nano(T0 + DAY + 9_000)],
      rows: [nano(T0 + 20), nano(T0 + 50)],
      "rows[0].fetch": [nano(T0 + 30), nano(T0 + 40)],
      nap: [nano(T0 + 60), nano(T0 + 60 + DAY)],
      send: [nano(T0 + DAY + 5_200), nano(T0 + DAY + 8_000)],
    });
    expect(byName(spans, "nightly").events.map(({ name }) => name)).toEqual([
      ...["accepted", "dispatched", "started", "redispatched", "dispatched", "settled"],
    ]);
    expect(byName(spans, "send").events.map(({ name }) => name)).toEqual([
      ...["step_started", "step_retrying", "step_failed"],
    ]);
  });

  it("says how it ended, and is linked to its caller and its parent", async () => {
    const spans = await spansOf(JOB);
    const { status, links, attributes } = byName(spans, "nightly");
    expect(status).toEqual({ code: 2, message: "Step send: HTTP 500" });
    expect(attributes).toContainEqual({ key: "edge_jobs.attempts", value: { intValue: "2" } });
    expect(links).toMatchObject([{ traceId: CALLER.trace, spanId: CALLER.span }, await traceOf("job_0")]);
    expect(byName(spans, "send").status).toEqual({ code: 2, message: "HTTP 500" });
    expect(byName(spans, "nap").status).toEqual({});
    const done = await spansOf({ ...JOB, status: "succeeded", error: null, error_code: null });
    expect(byName(done, "nightly").status).toEqual({ code: 1 });
  });

  it("ends a step that was running with the job, and has the same ids each time", async () => {
    const cut = { ...JOB, status: "cancelled" as const, events: JOB.events.slice(0, 8) };
    const spans = await spansOf(cut);
    expect(byName(spans, "nap").endTimeUnixNano).toBe(nano(T0 + DAY + 9_000));
    expect(await spansOf(JOB)).toEqual(await spansOf(JOB));
    expect(exportRequest(spans).resourceSpans[0]?.scopeSpans[0]?.spans).toEqual(spans);
  });
});

it("of a job of the registry, over a day of sleep and a second attempt, has each of its spans at its time", () =>
  inRegistry(async (bench) => {
    const exported: Span[][] = [];
    const { caller, runner, reconciler } = await bench.reopen({
      exportTrace: async (job) => void exported.push(await spansOf(job)),
    });
    const plan = planOf([
      { id: "nap", type: "sleep", for: "1 day" },
      { id: "send", type: "http", url: "https://example.com/" },
    ]);
    const trace = { traceparent: `00-${CALLER.trace}-${CALLER.span}-01` };
    const submitted = await caller.submit(BY, aRequest({ plan, trace, timeout_ms: 30 * DAY }));
    if (!submitted.ok) throw new Error("refused");
    const { id } = submitted.value;
    await bench.settleBackground();
    await runner.start(bench.ref(id));
    const asleep = bench.clock.now;
    await runner.rest(bench.ref(id), "nap", asleep + DAY, []);
    bench.clock.now += DAY;
    await runner.finish(bench.ref(id), "nap", null, null);
    const began = bench.clock.now;
    await runner.begin(bench.ref(id), "send", crypto.randomUUID(), 30_000, []);
    bench.engine.claims = { state: "unknown_instance" };
    for (let rings = 0; rings < 20 && bench.engine.started.length < 2; rings++) {
      bench.clock.now = Math.max(bench.clock.now, (await bench.storage.getAlarm()) ?? 0);
      await reconciler.onAlarm();
    }
    const again = bench.ref(id, 2);
    await runner.start(again);
    await runner.begin(again, "send", crypto.randomUUID(), 30_000, []);
    bench.clock.now += 2_000;
    await runner.finish(again, "send", { status: 200 }, null);
    await runner.settle(again, { name: "succeeded", output: {} }, []);
    await bench.settleBackground();
    const [spans = []] = exported;
    expect(exported).toHaveLength(1);
    const root = byName(spans, "test-plan");
    expect(root).toMatchObject({
      ...(await traceOf(id)),
      startTimeUnixNano: nano(asleep),
      endTimeUnixNano: nano(bench.clock.now),
      status: { code: 1 },
      links: [{ traceId: CALLER.trace, spanId: CALLER.span }],
    });
    expect(root.attributes).toContainEqual({ key: "edge_jobs.attempts", value: { intValue: "2" } });
    expect(root.events.map(({ name }) => name)).toEqual([
      ...["accepted", "dispatched", "started", "redispatched", "dispatched", "settled"],
    ]);
    expect(spans.slice(1).map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
      ["nap", root.spanId],
      ["send", root.spanId],
    ]);
    const timesOf = (name: string) => {
      const { startTimeUnixNano, endTimeUnixNano } = byName(spans, name);
      return [startTimeUnixNano, endTimeUnixNano];
    };
    expect(timesOf("nap")).toEqual([nano(asleep), nano(asleep + DAY)]);
    expect(timesOf("send")).toEqual([nano(began), nano(bench.clock.now)]);
  }));
