import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { MAX_EVENT_SCOPE_BYTES } from "../../../src/limits.ts";
import { type Bench, CALLER, eventTypes, inRegistry, statusOf } from "../../registry/bench.ts";
import { RecordingStep, runSteps } from "../bench.ts";

const waits = (event: JsonObject, more: Record<string, Json> = {}): Json => ({
  id: "paid",
  type: "input",
  event: { name: "order.paid", ...event },
  ...more,
});

let emitted = 0;

/** Something that another job of the tenant tells. */
async function emit(bench: Bench, data: JsonObject, name = "order.paid"): Promise<void> {
  emitted += 1;
  await bench.events.emitEvent(CALLER, { job_id: "other", key: `emit ${emitted}`, name, data });
  await bench.settleBackground();
}

const rows = (bench: Bench): object[] => bench.storage.sql.exec("SELECT job_id, path FROM event_waits").toArray();

async function onlyJob(bench: Bench): Promise<string> {
  const [row] = bench.storage.sql.exec<{ job_id: string }>("SELECT job_id FROM jobs ORDER BY job_id DESC").toArray();
  return row?.job_id ?? "";
}

/** What happens during each wait of the engine, in order. */
function during(...acts: (() => Promise<void>)[]): RecordingStep {
  const step = new RecordingStep();
  step.whileWaiting = async () => acts.shift()?.();
  return step;
}

describe("an input step with an event", () => {
  it("goes on with the data of the first event that fits, as if a person had accepted", () =>
    inRegistry(async (bench) => {
      const step = during(async () => {
        await emit(bench, { order: 1 });
        await emit(bench, { order: 7, by: "card" });
        await emit(bench, { order: 7, by: "cash" });
      });
      const plan = [
        { id: "order", type: "transform", value: { id: 7, other: "x".repeat(1_000) } },
        waits({ when: "{% $event.data.order = $steps.order.id and $event.name = $input.name %}" }),
      ];
      const run = await runSteps(bench, plan, { step, input: { name: "order.paid" } });
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        result: { action: "accept", content: { order: 7, by: "card" } },
      });
      expect(rows(bench)).toEqual([]);
    }));

  it("is told as waiting for the event while it runs on, and as no question", () =>
    inRegistry(async (bench) => {
      let seen: Awaited<ReturnType<typeof statusOf>> | undefined;
      const step = during(async () => {
        seen = await statusOf(bench, await onlyJob(bench));
        await emit(bench, {});
      });
      const run = await runSteps(bench, [waits({}, { timeout: "2 hours" })], { step });
      expect(seen).toMatchObject({
        status: "running",
        step: "paid",
        message: "waits for the event order.paid",
        input_requests: [],
        steps: [{ id: "paid", type: "input", status: "waiting" }],
      });
      expect(Date.parse(seen?.wakes_at ?? "")).toBe(Date.parse(seen?.started_at ?? "") + 7_200_000);
      const status = await run.status();
      expect(eventTypes(status).slice(-3)).toEqual(["answered", "step_succeeded", "settled"]);
      expect(status.message).toBe(null);
    }));

  it("sees nothing of what happened before it opened, and listens before it does", () =>
    inRegistry(async (bench) => {
      await emit(bench, { early: 1 });
      await bench.events.readEvents({ after: null, names: null, filter: {}, since: null, limit: 1 }, 0);
      await emit(bench, { early: 2 });
      const step = during(async () => {
        await emit(bench, { other: true }, "order.sent");
        await emit(bench, { late: true });
      });
      const run = await runSteps(bench, [waits({})], { step });
      expect(await run.status()).toMatchObject({ result: { content: { late: true } } });
    }));

  it("is answered by what the server itself tells", () =>
    inRegistry(async (bench) => {
      const other = await bench.submit({ name: "other" });
      const step = during(async () => {
        await bench.caller.cancel(CALLER, other.id, "no more");
        await bench.settleBackground();
      });
      const when = "{% $event.data.job_id = $input.id %}";
      const run = await runSteps(bench, [waits({ name: "job.settled", when })], { step, input: { id: other.id } });
      expect(await run.status()).toMatchObject({ result: { content: { job_id: other.id, status: "cancelled" } } });
    }));

  it("waits in each row of a map for its own, and one event answers all that it fits", () =>
    inRegistry(async (bench) => {
      const step = during(
        () => emit(bench, { for: ["b", "c"] }),
        () => emit(bench, { for: ["a"] }),
      );
      const row = waits({ when: "{% $item in $event.data.for %}" });
      const take = {
        id: "take",
        type: "transform",
        value: { item: "{% $item %}", came: "{% $steps.paid.content.for %}" },
      };
      const map = { id: "each", type: "map", over: ["a", "b", "c"], steps: [row, take] };
      const run = await runSteps(bench, [map], { step });
      expect(await run.status()).toMatchObject({
        result: {
          value: [
            { item: "a", came: ["a"] },
            { item: "b", came: ["b", "c"] },
            { item: "c", came: ["b", "c"] },
          ],
        },
      });
    }));

  it("waits again in each round of a repeat, and no event answers two rounds", () =>
    inRegistry(async (bench) => {
      const step = during(
        () => emit(bench, { n: 1 }),
        () => emit(bench, { n: 2 }),
        () => emit(bench, { n: 3 }),
      );
      const next = "{% $append($state.seen, $steps.paid.content.n) %}";
      const rounds = { id: "rounds", type: "repeat", limit: 3, state: {}, next: { seen: next }, steps: [waits({})] };
      const run = await runSteps(bench, [rounds], { step });
      expect(await run.status()).toMatchObject({ result: { seen: [1, 2, 3] } });
    }));

  it("fails when no such event came in time, or goes on with its default", () =>
    inRegistry(async (bench) => {
      const step = during(() => emit(bench, { order: 1 }));
      const when = "{% $event.data.order = 7 %}";
      const failed = await runSteps(bench, [waits({ when }, { timeout: "1 minute" })], { step });
      expect(await failed.status()).toMatchObject({
        status: "failed",
        error_code: "input_expired",
        error: "Step paid: No such event order.paid came in time. Give the step a longer timeout, or a default.",
      });
      const fallback = waits({ when }, { timeout: "1 minute", default: { paid: false } });
      const run = await runSteps(bench, [fallback]);
      expect(await run.status()).toMatchObject({ result: { action: "expired", content: { paid: false } } });
      expect(rows(bench)).toEqual([]);
    }));

  it("passes over events of which its condition yields nothing", () =>
    inRegistry(async (bench) => {
      const step = during(async () => {
        for (const data of [{ other: 1 }, { paid: [] }, { paid: true }]) await emit(bench, data);
      });
      const run = await runSteps(bench, [waits({ when: "{% $event.data.paid %}" })], { step });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { content: { paid: true } } });
    }));

  it("fails with the place and the event when its condition does", () =>
    inRegistry(async (bench) => {
      const step = during(() => emit(bench, { order: "seven" }));
      const run = await runSteps(bench, [waits({ when: "{% $event.data.order > 6 %}" })], { step });
      const status = await run.status();
      expect(status).toMatchObject({ status: "failed", error_code: "expression" });
      expect(status.error).toMatch(/event\.when of evt_\w+: /);
    }));

  it("fails when its condition names more than is kept, and says what to name instead", () =>
    inRegistry(async (bench) => {
      const order = { id: "order", type: "transform", value: { id: 7, text: "{% $input.text %}" } };
      const input = { text: "x".repeat(MAX_EVENT_SCOPE_BYTES) };
      const when = "{% $event.data.order = $steps.order.id %}";
      const run = await runSteps(bench, [order, waits({ when })], { input });
      const status = await run.status();
      expect(status).toMatchObject({ status: "failed", error_code: "limit_exceeded" });
      expect(status.error).toMatch(/transform/);
      expect(rows(bench)).toEqual([]);
    }));

  it("is answered by no person, who is told by what", () =>
    inRegistry(async (bench) => {
      let refused: unknown;
      const step = during(async () => {
        const id = await onlyJob(bench);
        refused = await bench.caller.respond(CALLER, id, { request_id: "paid", action: "accept", content: {} });
        await emit(bench, {});
      });
      const run = await runSteps(bench, [waits({})], { step });
      expect(refused).toEqual({ ok: false, error: { code: "awaits_event", event: "order.paid" } });
      const late = await bench.caller.respond(CALLER, run.id, { request_id: "paid", action: "accept", content: {} });
      expect(late).toMatchObject({ error: { code: "already_answered", action: "accept" } });
    }));

  it.each(["cancelled", "timed out"])("leaves nothing behind when its job is %s", (how) =>
    inRegistry(async (bench) => {
      const step = during(async () => {
        expect(rows(bench)).toHaveLength(1);
        if (how === "cancelled") await bench.caller.cancel(CALLER, await onlyJob(bench), null);
        else bench.clock.now += 86_400_000;
        await bench.reconciler.onAlarm();
      });
      const run = await runSteps(bench, [waits({}, { timeout: "1 day" })], { step, timeoutMs: 3_600_000 });
      expect((await run.status()).status).toBe(how === "cancelled" ? "cancelled" : "failed");
      expect(rows(bench)).toEqual([]);
    }),
  );

  it("leaves nothing behind when a row beside it failed", () =>
    inRegistry(async (bench) => {
      const step = during(async () => undefined);
      const branches = {
        wait: [waits({})],
        fail: [
          { id: "no", type: "sleep", for: "5 minutes" },
          { id: "end", type: "transform", value: "{% $error('no') %}" },
        ],
      };
      const run = await runSteps(bench, [{ id: "both", type: "parallel", branches, on_error: "continue" }], { step });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { error: { code: "expression" } } });
      expect(rows(bench)).toEqual([]);
    }));

  it("goes on after the process died while it waited, and after the engine lost the job", () =>
    inRegistry(async (bench) => {
      const first = during(async () => {
        await first.die();
      });
      const steps = [waits({ when: "{% $event.data.n = 2 %}" })];
      const { id } = await runSteps(bench, steps, { step: first });
      expect(rows(bench)).toHaveLength(1);
      const again = await bench.reopen();
      await again.events.emitEvent(CALLER, { job_id: "other", key: "again 1", name: "order.paid", data: { n: 1 } });
      await again.events.emitEvent(CALLER, { job_id: "other", key: "again 2", name: "order.paid", data: { n: 2 } });
      await bench.settleBackground();
      const run = await runSteps({ ...bench, ...again }, steps, { existing: id });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { content: { n: 2 } } });
    }));
});
