import { describe, expect, it } from "vitest";
import type { ClaimRef } from "../../../src/jobs/claim.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { type Bench, CALLER, inRegistry, planOf, statusOf } from "../bench.ts";

const undo = { type: "http", url: "https://example.com/undo" };
const acting = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: "http",
  url: "https://example.com/",
  ...more,
});
const PLAN = planOf([acting("one", { undo }), acting("two", { undo }), acting("three")]);
const OUTPUT = { of: "two" };

/** The reports with which an end is told. */
const TELLINGS = {
  finish: ({ runner, ref }: Bench, id: string, output: Json) => runner.finish(ref(id), "two", output, null),
  "the begin of the next step": ({ runner, ref }: Bench, id: string, output: Json) =>
    runner.begin(ref(id), "three", "token-3", 30_000, [], "three", { path: "two", output, error: null }),
  "the settlement": ({ runner, ref }: Bench, id: string, output: Json) =>
    runner.settle(ref(id), { name: "succeeded", output: null }, [], { path: "two", output, error: null }),
};

/** A job that has finished its first step, begun its second, and is then cancelled. @returns its id and its cleanup's */
async function cancelledInFlight(bench: Bench): Promise<[id: string, cleanup: string]> {
  const { id } = await bench.submit({ plan: PLAN, plan_hash: "hash-of-undo-plan" });
  const { runner, ref } = bench;
  await runner.start(ref(id));
  await runner.begin(ref(id), "one", "token-1", 30_000, []);
  await runner.finish(ref(id), "one", { of: "one" }, null);
  await runner.begin(ref(id), "two", "token-2", 30_000, []);
  await bench.caller.cancel(CALLER, id, null);
  await bench.settleBackground();
  return [id, (await statusOf(bench, id)).cleanup_job_id ?? "none"];
}

/** Outputs that the cleanup job sees, of steps that it takes back. */
async function takenBack({ runner, ref }: Bench, cleanup: string): Promise<[path: string, json: string][]> {
  await runner.start(ref(cleanup));
  const page = await runner.parentJournal(ref(cleanup), "");
  if (page.do === "stop") throw new Error("the cleanup job may not read");
  return page.values
    .filter(({ undo_number }) => undo_number !== null)
    .map(({ path, value_json }) => [path, value_json]);
}

describe("the end of an action whose job was cancelled meanwhile", () => {
  it.each(Object.entries(TELLINGS))("is kept for its undo when it comes with %s", (_, tell) =>
    inRegistry(async (bench) => {
      const [id, cleanup] = await cancelledInFlight(bench);
      const started = () => bench.engine.started.filter(({ job_id }) => job_id === cleanup).length;
      expect(started()).toBe(0);
      await tell(bench, id, OUTPUT);
      await bench.settleBackground();
      expect(started()).toBe(1);
      expect(await statusOf(bench, id)).toMatchObject({ status: "cancelled", cleanup_job_id: cleanup });
      expect(await takenBack(bench, cleanup)).toEqual([
        ["one", JSON.stringify({ of: "one" })],
        ["two", JSON.stringify(OUTPUT)],
      ]);
    }),
  );

  it.each(Object.entries(TELLINGS))("is kept once: what comes later with %s changes nothing", (_, tell) =>
    inRegistry(async (bench) => {
      const [id, cleanup] = await cancelledInFlight(bench);
      await TELLINGS.finish(bench, id, OUTPUT);
      const before = await takenBack(bench, cleanup);
      await tell(bench, id, { of: "another try" });
      await bench.settleBackground();
      expect(await takenBack(bench, cleanup)).toEqual(before);
      expect(bench.engine.started.filter(({ job_id }) => job_id === cleanup)).toHaveLength(1);
    }),
  );
});

const WORK_PLAN = planOf([
  acting("one", { undo }),
  { id: "two", type: "worker", queue: "gpu", lease: "10 minutes", undo: { ...undo, unknown: true } },
]);
const TERMS = { lease_ms: 600_000, retries: 3, delay_ms: 0, backoff: "fixed" as const };

/** A job that has finished its first step, whose second a worker has, and is then cancelled. */
async function cancelledWithWorker(bench: Bench): Promise<[id: string, cleanup: string, claim: ClaimRef]> {
  const { id } = await bench.submit({ plan: WORK_PLAN, plan_hash: "hash-of-work-plan" });
  const { runner, ref } = bench;
  await runner.start(ref(id));
  await runner.begin(ref(id), "one", "token-1", 30_000, []);
  await runner.finish(ref(id), "one", { of: "one" }, null);
  await runner.offer(ref(id), "two", { queue: "gpu", input: {}, timeout_ms: 86_400_000, terms: TERMS }, []);
  const [claim] = await bench.workers.claimWork(CALLER, { queues: ["gpu"], max: 1, room_bytes: 1_000, worker: "w" }, 0);
  if (claim === undefined) throw new Error("nothing to claim");
  await bench.caller.cancel(CALLER, id, null);
  await bench.settleBackground();
  return [id, (await statusOf(bench, id)).cleanup_job_id ?? "none", claim];
}

describe("the end of work that was claimed when its job was cancelled", () => {
  const startedOf = ({ engine }: Bench, cleanup: string) =>
    engine.started.filter(({ job_id }) => job_id === cleanup).length;

  it("is waited for, and what the worker completes is taken back with it", () =>
    inRegistry(async (bench) => {
      const [, cleanup, claim] = await cancelledWithWorker(bench);
      expect(startedOf(bench, cleanup)).toBe(0);
      const heartbeat = await bench.workers.reportWork(CALLER, claim, { action: "heartbeat" });
      expect(heartbeat).toMatchObject({ ok: true, value: { cancel: true } });
      expect(startedOf(bench, cleanup)).toBe(0);
      for (let i = 0; i < 2; i++) {
        const told = await bench.workers.reportWork(CALLER, claim, { action: "complete", output: OUTPUT });
        expect(told).toMatchObject({ ok: true, value: { accepted: false, cancel: true } });
        await bench.settleBackground();
        expect(startedOf(bench, cleanup)).toBe(1);
      }
      const plan = await bench.runner.start(bench.ref(cleanup));
      expect(plan).toMatchObject({ cleanup: { unknown: [] } });
      expect(await takenBack(bench, cleanup)).toEqual([
        ["one", JSON.stringify({ of: "one" })],
        ["two", JSON.stringify(OUTPUT)],
      ]);
    }));

  it("is waited for until its lease is over, and then nobody knows how it came out", () =>
    inRegistry(async (bench) => {
      const [, cleanup] = await cancelledWithWorker(bench);
      bench.clock.now += 599_000;
      await bench.reconciler.onAlarm();
      await bench.settleBackground();
      expect(startedOf(bench, cleanup)).toBe(0);
      bench.clock.now += 2_000;
      await bench.reconciler.onAlarm();
      await bench.settleBackground();
      expect(startedOf(bench, cleanup)).toBe(1);
      expect(await bench.runner.start(bench.ref(cleanup))).toMatchObject({ cleanup: { unknown: ["two"] } });
    }));

  it.each([
    ["was not first", false],
    ["had failed before another was first", true],
  ])("is waited for by what takes back a branch that %s, beside the job that goes on", (_what, hasFailed) =>
    inRegistry(async (bench) => {
      const [, worker = {}] = WORK_PLAN.steps;
      const race = { id: "race", type: "parallel", first: true, branches: { a: [acting("one")], b: [worker as Json] } };
      const { id } = await bench.submit({ plan: planOf([race, acting("three")]), plan_hash: "hash-of-race-plan" });
      const { runner, ref } = bench;
      await runner.start(ref(id));
      const offer = { queue: "gpu", input: {}, timeout_ms: 86_400_000, terms: TERMS };
      await runner.offer(ref(id), "race.b.two", offer, []);
      const asked = { queues: ["gpu"], max: 1, room_bytes: 1_000, worker: "w" };
      const [claim] = await bench.workers.claimWork(CALLER, asked, 0);
      if (claim === undefined) throw new Error("nothing to claim");
      const failure = { path: "race.b.other", error: { code: "http_status", message: "HTTP 402", status: 402 } };
      if (hasFailed) await runner.rowFailed(ref(id), "race.b", failure, []);
      await runner.begin(ref(id), "race.a.one", "token-1", 30_000, []);
      await runner.finish(ref(id), "race.a.one", null, null);
      await runner.halt(ref(id), "race", "won", [0], []);
      await bench.settleBackground();
      const { cleanup_job_id: cleanup = "none", status } = await statusOf(bench, id);
      expect([status, startedOf(bench, cleanup)]).toEqual(["running", 0]);
      await bench.workers.reportWork(CALLER, claim, { action: "complete", output: OUTPUT });
      await bench.settleBackground();
      expect(startedOf(bench, cleanup)).toBe(1);
      expect(await takenBack(bench, cleanup)).toEqual([["race.b.two", JSON.stringify(OUTPUT)]]);
      expect((await statusOf(bench, id)).status).toBe("running");
    }),
  );

  it("holds nothing up when the worker fails, or gives it back", () =>
    inRegistry(async (bench) => {
      const [, cleanup, claim] = await cancelledWithWorker(bench);
      await bench.workers.reportWork(CALLER, claim, { action: "release" });
      await bench.settleBackground();
      expect(startedOf(bench, cleanup)).toBe(1);
      expect(await bench.runner.start(bench.ref(cleanup))).toMatchObject({ cleanup: { unknown: ["two"] } });
    }));
});
