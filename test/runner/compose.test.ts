import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { aListQuery, type Bench, CALLER, eventTypes, inRegistry, START, statusOf } from "../registry/bench.ts";
import { json, RecordingStep, runSteps, scripted } from "./bench.ts";

const call = (id: string, more: Record<string, Json> = {}): Json => {
  return { id, type: "http", url: `https://api.example.com/${id}`, ...more };
};
const notFound = () => new Response("no", { status: 404 });

describe("parallel", () => {
  const both = (more: Record<string, Json> = {}): Json => ({
    id: "both",
    type: "parallel",
    branches: {
      left: [call("a")],
      right: [call("b"), { id: "sum", type: "transform", value: "{% $steps.b.body.n + 1 %}" }],
    },
    ...more,
  });

  it("runs its branches and yields each one's last output by name", () =>
    inRegistry(async (bench) => {
      const fetch = async (url: string) => Response.json({ n: url.endsWith("/b") ? 41 : 1 });
      const output = { left: "{% $steps.both.left.body.n %}", right: "{% $steps.both.right %}" };
      const run = await runSteps(bench, [both()], { fetch, output });
      expect(await run.status()).toMatchObject({
        result: { left: 1, right: 42 },
        steps: [{ items: { total: 2, done: 2, failed: 0 } }],
      });
      expect(run.step.names).toEqual(["segment-1"]);
    }));

  it("fails with its first failed branch, and ends the others", () =>
    inRegistry(async (bench) => {
      const fetch = (url: string, { signal }: RequestInit = {}) =>
        new Promise<Response>((resolve, reject) => {
          if (url.endsWith("/a")) resolve(notFound());
          signal?.addEventListener("abort", () => reject(signal.reason));
        });
      const run = await runSteps(bench, [both()], { fetch });
      expect(await run.status()).toMatchObject({
        status: "failed",
        error: expect.stringContaining("Step both.left.a: HTTP 404"),
      });
    }));

  it("goes on from its failure when it may", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(notFound);
      const run = await runSteps(bench, [both({ on_error: "continue" })], {
        fetch,
        output: "{% $steps.both.error.code %}",
      });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: "http_status" } });
    }));
});

describe("http that polls", () => {
  const poll = (more: Record<string, Json> = {}) =>
    call("build", { until: "{% $response.body.state = 'done' %}", every: "20 seconds", ...more });

  it("asks again until the answer is what it waits for, a wait of the engine and a segment a round", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ state: "new" }), json({ state: "busy" }), json({ state: "done" }));
      const run = await runSteps(bench, [poll()], { fetch });
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        result: { body: { state: "done" } },
        steps: [{ tries: 3 }],
      });
      expect(sent).toHaveLength(3);
      expect(run.step.names).toEqual(["segment-1", "wake-1", "segment-2", "wake-2", "segment-3"]);
      expect(run.step.sleeps).toEqual([
        ["wake-1", 20_000],
        ["wake-2", 20_000],
      ]);
    }));

  it("fails after its limit of polls", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ state: "new" }));
      const run = await runSteps(bench, [poll({ limit: 5 })], { fetch });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "poll_limit" });
      expect(sent).toHaveLength(5);
    }));

  it("retries a poll that fails, and counts failures anew after a good one", () =>
    inRegistry(async (bench) => {
      const bad = () => new Response("", { status: 503 });
      const { fetch } = scripted(bad, json({ state: "new" }), bad, json({ state: "done" }));
      const retry = { limit: 1, delay: "1 second", backoff: "fixed" };
      expect(await (await runSteps(bench, [poll({ retry })], { fetch })).status()).toMatchObject({
        status: "succeeded",
      });
    }));

  it("may poll more often than tries may die", () =>
    inRegistry(async (bench) => {
      const answers = Array.from({ length: 12 }, () => json({ state: "new" }));
      const { fetch } = scripted(...answers, json({ state: "done" }));
      expect(await (await runSteps(bench, [poll()], { fetch })).status()).toMatchObject({ status: "succeeded" });
    }));
});

const approval = (more: Record<string, Json> = {}): Json => ({
  id: "ok",
  type: "input",
  message: "Ship {% $input.what %}?",
  schema: { type: "object", properties: { why: { type: "string" } }, required: ["why"] },
  timeout: "1 hour",
  ...more,
});

/** A run that is asked for input: what the answerer does happens while the engine waits. */
async function asked(bench: Bench, steps: Json[], answerer: (id: string) => Promise<unknown>) {
  const step = new RecordingStep();
  step.whileWaiting = async () => {
    const [job] = (await bench.caller.list(CALLER, aListQuery({ statuses: ["input_required"] }))).jobs;
    if (job) await answerer(job.id);
  };
  return runSteps(bench, steps, { input: { what: "v2" }, step });
}

describe("input", () => {
  const accept = (bench: Bench, id: string, content: Record<string, Json> | null = { why: "tested" }) =>
    bench.caller.respond(CALLER, id, { request_id: "ok", action: "accept", content });

  it("asks, and goes on with the answer", () =>
    inRegistry(async (bench) => {
      const run = await asked(bench, [approval()], async (id) => {
        const status = await statusOf(bench, id);
        expect(status).toMatchObject({
          status: "input_required",
          step: "ok",
          message: "Ship v2?",
          steps: [{ status: "waiting" }],
        });
        expect(status.input_requests).toEqual([
          {
            request_id: "ok",
            step: "ok",
            message: "Ship v2?",
            schema: expect.objectContaining({ required: ["why"] }),
            expires_at: new Date(START + 3_600_000).toISOString(),
          },
        ]);
        expect((await accept(bench, id)).ok).toBe(true);
        expect((await statusOf(bench, id)).status).toBe("running");
      });
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        result: { action: "accept", content: { why: "tested" } },
        input_requests: [],
        steps: [{ status: "succeeded" }],
      });
      expect(eventTypes(await run.status())).toEqual([
        "accepted",
        "dispatched",
        "started",
        "step_started",
        "input_requested",
        "answered",
        "step_succeeded",
        "settled",
      ]);
      expect(bench.engine.told).toEqual([`${run.id}-1 wake`]);
      expect(run.step.names).toEqual(["segment-1", "wake-1", "segment-2"]);
    }));

  it("goes on with a decline, without content", () =>
    inRegistry(async (bench) => {
      const run = await asked(bench, [approval()], (id) =>
        bench.caller.respond(CALLER, id, { request_id: "ok", action: "decline", content: null }),
      );
      expect((await run.status()).result).toEqual({ action: "decline", content: null });
    }));

  it("refuses content that does not fit, and keeps asking", () =>
    inRegistry(async (bench) => {
      await asked(bench, [approval()], async (id) => {
        expect(await accept(bench, id, { why: 5 })).toMatchObject({
          ok: false,
          error: { code: "invalid_content", faults: [{ path: "content.why" }] },
        });
        expect((await statusOf(bench, id)).status).toBe("input_required");
        await accept(bench, id);
      });
    }));

  it("refuses a second answer and names the first", () =>
    inRegistry(async (bench) => {
      const run = await asked(bench, [approval()], async (id) => {
        await accept(bench, id);
        expect(await accept(bench, id)).toEqual({
          ok: false,
          error: { code: "already_answered", action: "accept", at: START },
        });
      });
      expect(await accept(bench, run.id)).toMatchObject({ ok: false, error: { code: "already_answered" } });
    }));

  it("refuses an answer to what was not asked, and lists what is", () =>
    inRegistry(async (bench) => {
      await asked(bench, [approval()], async (id) => {
        const other = await bench.caller.respond(CALLER, id, { request_id: "nope", action: "accept", content: {} });
        expect(other).toEqual({ ok: false, error: { code: "unknown_request", open: ["ok"] } });
        await accept(bench, id);
      });
    }));

  it("fails when its message came out too long for those who must read it", () =>
    inRegistry(async (bench) => {
      const run = await asked(bench, [approval({ message: "{% $pad('', 2049, 'x') %}" })], async () => undefined);
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "input_message" });
      const fits = await asked(bench, [approval({ message: "{% $pad('', 2048, 'x') %}" })], (id) => accept(bench, id));
      expect((await fits.status()).status).toBe("succeeded");
    }));

  it("fails when nobody answers in time", () =>
    inRegistry(async (bench) => {
      const run = await asked(bench, [approval()], async () => {
        bench.clock.now = START + 3_600_000;
      });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "input_expired" });
      expect(eventTypes(await run.status())).toContain("expired");
    }));

  it("takes its default when nobody answers in time, and no late answer", () =>
    inRegistry(async (bench) => {
      const run = await asked(bench, [approval({ default: { why: "silence" } })], async (id) => {
        bench.clock.now = START + 3_600_000;
        expect(await accept(bench, id)).toMatchObject({
          ok: false,
          error: { code: "already_answered", action: "expired" },
        });
      });
      expect((await run.status()).result).toEqual({ action: "expired", content: { why: "silence" } });
    }));

  it("expires by the alarm alone, when the engine is asleep", () =>
    inRegistry(async (bench) => {
      await asked(bench, [approval({ default: { why: "silence" } })], async (id) => {
        bench.clock.now = START + 3_600_000;
        await bench.reconciler.onAlarm();
        expect((await statusOf(bench, id)).status).toBe("running");
        expect(bench.engine.told).toEqual([`${id}-1 wake`]);
      });
    }));

  it("is told again to an engine that did not fetch the answer", () =>
    inRegistry(async (bench) => {
      await asked(bench, [approval()], async (id) => {
        await accept(bench, id);
        await bench.settleBackground();
        bench.clock.now += 10_000;
        await bench.reconciler.onAlarm();
        expect(bench.engine.told).toEqual([`${id}-1 wake`, `${id}-1 wake`]);
      });
    }));

  it("is asked by several branches at once, each answered by its own id", () =>
    inRegistry(async (bench) => {
      const branches = { a: [approval({ id: "first" })], b: [approval({ id: "second" })] };
      let answered = 0;
      const run = await asked(bench, [{ id: "both", type: "parallel", branches }], async (id) => {
        if (answered++ > 0) return;
        const asked = async () => (await statusOf(bench, id)).input_requests.map((request) => request.request_id);
        // The second branch asks when the first one waits.
        let open = await asked();
        while (open.length < 2) open = await asked();
        expect(new Set(open)).toEqual(new Set(["first", "second"]));
        for (const request_id of open) {
          expect((await statusOf(bench, id)).status).toBe("input_required");
          await bench.caller.respond(CALLER, id, { request_id, action: "accept", content: { why: request_id } });
        }
        expect((await statusOf(bench, id)).status).toBe("running");
      });
      expect((await run.status()).result).toMatchObject({
        a: { content: { why: "first" } },
        b: { content: { why: "second" } },
      });
    }));
});

describe("job", () => {
  const child = (more: Record<string, Json> = {}): Json => ({
    id: "child",
    type: "job",
    blueprint: { name: "kid", steps: [{ id: "value", type: "transform", value: "{% $input.n * 2 %}" }] },
    input: { n: "{% $input.n %}" },
    ...more,
  });

  /** Runs the parent; the child is settled, while the parent waits, as said. */
  async function withChild(bench: Bench, steps: Json[], settle: (childId: string) => Promise<unknown>) {
    const step = new RecordingStep();
    step.whileWaiting = async () => {
      const kid = (await bench.caller.list(CALLER, aListQuery())).jobs.find((job) => job.parent_id !== null);
      if (kid) await settle(kid.id);
    };
    return runSteps(bench, steps, { input: { n: 4 }, step });
  }
  const succeed = async (bench: Bench, id: string) => {
    await bench.runner.start(bench.ref(id));
    await bench.runner.settle(bench.ref(id), { name: "succeeded", output: 8 }, []);
  };

  it("starts a child with its input and yields the child's result", () =>
    inRegistry(async (bench) => {
      const run = await withChild(bench, [child()], async (id) => {
        expect(await bench.runner.start(bench.ref(id))).toMatchObject({ do: "run", input: { n: 4 } });
        expect(await statusOf(bench, id)).toMatchObject({
          name: "kid",
          blueprint: "inline",
          parent_id: expect.stringMatching(/^job_/),
        });
        await succeed(bench, id);
      });
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        result: { value: 8 },
        steps: [{ type: "job", status: "succeeded" }],
      });
      expect(bench.engine.told).toEqual([`${run.id}-1 wake`]);
    }));

  it("starts one child, however often the parent is resumed", () =>
    inRegistry(async (bench) => {
      const run = await withChild(bench, [child()], (id) => succeed(bench, id));
      await run.resume(new RecordingStep());
      expect((await bench.caller.list(CALLER, aListQuery())).jobs).toHaveLength(2);
    }));

  it("fails with its child, and says why", () =>
    inRegistry(async (bench) => {
      const run = await withChild(bench, [child()], async (id) => {
        await bench.runner.start(bench.ref(id));
        await bench.runner.settle(
          bench.ref(id),
          { name: "failed", error: { code: "x", message: "boom" }, path: null },
          [],
        );
      });
      expect(await run.status()).toMatchObject({
        status: "failed",
        error_code: "child_failed",
        error: expect.stringContaining("boom"),
      });
    }));

  it("is cancelled with its parent, grandchildren too, and their instances are ended", () =>
    inRegistry(async (bench) => {
      const grandchild = { name: "kid", steps: [child()] };
      let kids: string[] = [];
      const run = await withChild(bench, [child({ blueprint: grandchild })], async (kid) => {
        await bench.runner.start(bench.ref(kid));
        const plan = { name: "grandkid", blueprint: "inline", plan: bench.plan, input: {} };
        await bench.runner.spawn(bench.ref(kid), "child", plan, []);
        // Only what the engine has been given is ended there.
        await bench.settleBackground();
        const rows = (await bench.caller.list(CALLER, aListQuery())).jobs;
        kids = rows.filter((job) => job.parent_id !== null).map((job) => job.id);
        const parent = rows.find((job) => job.parent_id === null);
        expect(await bench.caller.cancel(CALLER, parent?.id ?? "", "enough")).toMatchObject({
          ok: true,
          value: { status: "cancelled" },
        });
      });
      expect(kids).toHaveLength(2);
      for (const kid of kids) expect((await statusOf(bench, kid)).status).toBe("cancelled");
      await bench.settleBackground();
      expect(new Set(bench.engine.terminated)).toEqual(new Set([run.id, ...kids].map((id) => `${id}-1`)));
      expect(await run.status()).toMatchObject({ status: "cancelled", error: "enough" });
    }));

  it("does not nest deeper than five", () =>
    inRegistry(async (bench) => {
      let { id } = await bench.submit();
      const outcomes: string[] = [];
      for (let depth = 1; depth <= 5; depth++) {
        await bench.runner.start(bench.ref(id));
        const spawned = await bench.runner.spawn(
          bench.ref(id),
          "child",
          { name: "kid", blueprint: "inline", plan: bench.plan, input: {} },
          [],
        );
        outcomes.push(spawned.do === "fail" ? spawned.error.code : spawned.do);
        id = (await bench.caller.list(CALLER, aListQuery())).jobs.find((job) => job.parent_id === id)?.id ?? id;
      }
      expect(outcomes).toEqual(["wait", "wait", "wait", "wait", "job_depth"]);
    }));

  it("fills in what the child's schema has defaults for", () =>
    inRegistry(async (bench) => {
      const kid = {
        name: "kid",
        input: { properties: { n: {}, page: { properties: { size: { default: 20 } } }, all: { default: false } } },
        steps: [{ id: "value", type: "transform", value: 1 }],
      };
      const input = { n: "{% $input.n %}", page: {} };
      const run = await withChild(bench, [child({ blueprint: kid, input })], async (id) => {
        const started = await bench.runner.start(bench.ref(id));
        expect(started).toMatchObject({ do: "run", input: { n: 4, page: { size: 20 }, all: false } });
        await succeed(bench, id);
      });
      expect(await run.status()).toMatchObject({ status: "succeeded" });
    }));

  it("refuses an input that the child's schema refuses", () =>
    inRegistry(async (bench) => {
      const strict = {
        name: "kid",
        input: { type: "object", properties: { n: { type: "string" } } },
        steps: [{ id: "value", type: "transform", value: 1 }],
      };
      const run = await withChild(bench, [child({ blueprint: strict })], async () => undefined);
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "child_input" });
    }));
});
