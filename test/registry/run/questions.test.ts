import { describe, expect, it } from "vitest";
import { aListQuery, type Bench, CALLER, eventTypes, inRegistry, planOf, statusOf } from "../bench.ts";

const QUESTION = {
  request_id: "q",
  message: "Go on?",
  schema: { type: "object" },
  timeout_ms: 86_400_000,
  fallback: null,
};
const ANSWER = { request_id: "q", action: "accept" as const, content: {} };

/** A running job that asks. */
async function asking(bench: Bench): Promise<string> {
  const { id } = await bench.submit();
  await bench.runner.start(bench.ref(id));
  await bench.runner.ask(bench.ref(id), "first", QUESTION, []);
  return id;
}

const succeed = (bench: Bench, id: string) =>
  bench.runner.settle(bench.ref(id), { name: "succeeded", output: { ok: true } }, []);

describe("a question that is open when its job's run ends well", () => {
  it("is closed, because the branch that asked was passed over, and the job succeeds", () =>
    inRegistry(async (bench) => {
      const id = await asking(bench);
      await succeed(bench, id);
      const status = await statusOf(bench, id);
      expect(status).toMatchObject({ status: "succeeded", progress: 1, result: { ok: true }, input_requests: [] });
      expect(eventTypes(status).slice(-2)).toEqual(["expired", "settled"]);
      const late = await bench.caller.respond(CALLER, id, ANSWER);
      expect(late).toMatchObject({ ok: false, error: { code: "already_answered", action: "expired" } });
    }));
});

describe("an answer that is given again", () => {
  it.each(["failed", "cancelled", "succeeded"])("is known also when the job has %s since", (status) =>
    inRegistry(async (bench) => {
      const id = await asking(bench);
      await bench.caller.respond(CALLER, id, ANSWER);
      const error = { code: "http_status", message: "500" };
      if (status === "failed") await bench.runner.settle(bench.ref(id), { name: "failed", error, path: null }, []);
      if (status === "cancelled") await bench.caller.cancel(CALLER, id, null);
      if (status === "succeeded") await succeed(bench, id);
      const again = await bench.caller.respond(CALLER, id, ANSWER);
      expect(again).toMatchObject({ ok: false, error: { code: "already_answered", action: "accept" } });
    }),
  );
});

describe("a request id that every object has as a name", () => {
  it.each(["constructor", "__proto__", "toString"])("asks nothing until it is asked: %s", (request_id) =>
    inRegistry(async (bench) => {
      const id = await asking(bench);
      await bench.caller.respond(CALLER, id, ANSWER);
      const answer = { ...ANSWER, request_id };
      const early = await bench.caller.respond(CALLER, id, answer);
      expect(early).toEqual({ ok: false, error: { code: "unknown_request", open: [] } });
      await bench.runner.ask(bench.ref(id), "second", { ...QUESTION, request_id }, []);
      expect(await bench.caller.respond(CALLER, id, answer)).toMatchObject({ ok: true });
      const again = await bench.caller.respond(CALLER, id, answer);
      expect(again).toMatchObject({ ok: false, error: { code: "already_answered", at: expect.any(Number) } });
    }),
  );
});

describe("a question whose time is up", () => {
  it("is closed then, also when another branch of its job has long been silent", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      await bench.runner.begin(bench.ref(id), "second", "t", 30_000, []);
      await bench.runner.ask(bench.ref(id), "first", { ...QUESTION, timeout_ms: 60_000 }, []);
      const end = bench.clock.now + 60_000;
      while (bench.clock.now < end) {
        bench.clock.now = (await bench.storage.getAlarm()) ?? end;
        await bench.reconciler.onAlarm();
      }
      expect(bench.clock.now).toBe(end);
      expect(await statusOf(bench, id)).toMatchObject({ status: "running", input_requests: [] });
    }));
});

const CHILD = planOf([{ id: "ask", type: "input", message: "Go on?", schema: { type: "object", properties: {} } }]);

/** A child that asks, of the step `second`. @returns its id */
async function askingChild(bench: Bench, parent: string): Promise<string> {
  const request = { name: "child", blueprint: "inline", plan: CHILD, input: {} };
  await bench.runner.spawn(bench.ref(parent), "second", request, []);
  await bench.settleBackground();
  const { jobs } = await bench.caller.list(CALLER, aListQuery());
  const id = jobs.find((row) => row.parent_id === parent)?.id ?? "";
  await bench.runner.start(bench.ref(id));
  await bench.runner.ask(bench.ref(id), "ask", QUESTION, []);
  return id;
}

const idsAsked = async (bench: Bench, id: string) =>
  (await statusOf(bench, id)).input_requests.map(({ request_id, job_id }) => [request_id, job_id]);

describe("a question that a child asks", () => {
  it("is shown by its parent, and by the parent of that, with the child's id", () =>
    inRegistry(async (bench) => {
      const { id: top } = await bench.submit();
      await bench.runner.start(bench.ref(top));
      const child = await askingChild(bench, top);
      expect(await idsAsked(bench, top)).toEqual([["q", child]]);
      expect(await idsAsked(bench, child)).toEqual([["q", undefined]]);
      const grandchild = await askingChild(bench, child);
      expect(await idsAsked(bench, top)).toEqual([
        ["q", child],
        ["q", grandchild],
      ]);
      expect(await idsAsked(bench, child)).toEqual([
        ["q", undefined],
        ["q", grandchild],
      ]);
    }));

  it("comes after the parent's own", () =>
    inRegistry(async (bench) => {
      const id = await asking(bench);
      const child = await askingChild(bench, id);
      expect(await idsAsked(bench, id)).toEqual([
        ["q", undefined],
        ["q", child],
      ]);
    }));

  it("is named when it is answered under the parent's id, and answered under the child's", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      const child = await askingChild(bench, id);
      expect(await bench.caller.respond(CALLER, id, ANSWER)).toEqual({
        ok: false,
        error: { code: "unknown_request", open: [], children: [{ job_id: child, request_id: "q" }] },
      });
      expect(await bench.caller.respond(CALLER, child, ANSWER)).toMatchObject({ ok: true });
      expect(await idsAsked(bench, id)).toEqual([]);
      expect(await bench.caller.respond(CALLER, id, ANSWER)).toEqual({
        ok: false,
        error: { code: "unknown_request", open: [] },
      });
    }));

  it.each(["child", "parent"])("is asked no more when the %s has ended", (who) =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      const child = await askingChild(bench, id);
      await bench.caller.cancel(CALLER, who === "child" ? child : id, null);
      expect(await idsAsked(bench, id)).toEqual([]);
    }),
  );

  it("ends a wait for the parent, one that began before too", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      const waited = bench.caller.waitFor(CALLER, [id], "all", 50_000);
      await askingChild(bench, id);
      const asked = { ok: true, value: { timed_out: false, jobs: [{ input_requests: [{ request_id: "q" }] }] } };
      expect(await waited).toMatchObject(asked);
      expect(await bench.caller.waitFor(CALLER, [id], "all", 50_000)).toMatchObject(asked);
      expect(await bench.caller.wait(CALLER, id, 50_000)).toMatchObject({
        ok: true,
        value: { input_requests: [{ request_id: "q" }] },
      });
    }));
});

describe("what a job runs", () => {
  it("is read back whole when it is asked for, and its description always", () =>
    inRegistry(async (bench) => {
      const plan = planOf([{ id: "only", type: "transform", value: 1 }], { description: "What it is\nfor." });
      const { id } = await bench.submit({ plan, plan_hash: "described", blueprint: "inline" });
      const read = await bench.caller.status(CALLER, id, { steps: false, events: false, blueprint: true });
      expect(read).toMatchObject({ ok: true, value: { plan, description: "What it is for." } });
      const status = await statusOf(bench, id);
      expect(status.description).toBe("What it is for.");
      expect(status).not.toHaveProperty("plan");
      expect(await statusOf(bench, (await bench.submit()).id)).not.toHaveProperty("description");
    }));

  it("is described by its beginning when the description is long", () =>
    inRegistry(async (bench) => {
      const plan = planOf([{ id: "only", type: "transform", value: 1 }], { description: "word ".repeat(1_000) });
      const { id } = await bench.submit({ plan, plan_hash: "long", blueprint: "inline" });
      expect((await statusOf(bench, id)).description).toMatch(/^(word ){39}wor…$|^word .{194}…$/);
    }));
});
