import { describe, expect, it } from "vitest";
import type { OfferTerms } from "../../../src/jobs/run/offers.ts";
import type { Json } from "../../../src/lib/json.ts";
import type { Claimed, WorkReport } from "../../../src/registry/api/worker-api.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, callerOf, inRegistry, statusOf } from "../bench.ts";

const TERMS: OfferTerms = { lease_ms: 60_000, retries: 1, delay_ms: 0, backoff: "fixed" };
const DAY_MS = 86_400_000;

interface Offering {
  queue?: string;
  path?: string;
  input?: Json;
  terms?: Partial<OfferTerms>;
  timeoutMs?: number;
  /** Of its job. */
  priority?: number;
}

/** Offers the input of a step of the running job. */
async function offer(bench: Bench, id: string, { queue = "q", path = "first", ...more }: Offering = {}) {
  const { input = { of: path }, terms, timeoutMs = DAY_MS } = more;
  const request = { queue, input, timeout_ms: timeoutMs, terms: { ...TERMS, ...terms } };
  return bench.runner.offer(bench.ref(id), path, request, []);
}

/** A running job, one step of which is offered. */
async function offering(bench: Bench, more: Offering = {}): Promise<string> {
  bench.clock.now += 1;
  const { priority = 0 } = more;
  const { id } = await bench.submit({ timeout_ms: 365 * DAY_MS, priority });
  await bench.runner.start(bench.ref(id));
  await offer(bench, id, more);
  return id;
}

const claim = ({ workers }: Bench, max = 1, queues = ["q"], waitMs = 0, over?: AbortSignal) =>
  workers.claimWork(CALLER, { queues, max, room_bytes: 1_000, worker: "gpu" }, waitMs, over);

async function claimed(bench: Bench): Promise<Claimed> {
  const [first] = await claim(bench);
  if (first === undefined) throw new Error("nothing to claim");
  return first;
}

const report = ({ workers }: Bench, { job_id, path, token }: Claimed, what: WorkReport) =>
  workers.reportWork(CALLER, { job_id, path, token }, what);

const complete: WorkReport = { action: "complete", output: { sum: 42 } };
const ACCEPTED = { ok: true, value: { accepted: true, lease_expires_at: null, cancel: false } };
const LOST = { ok: false, error: { code: "lease_lost" } };

const collect = (bench: Bench, id: string, path = "first") => bench.runner.collect(bench.ref(id), path);

describe("a claim", () => {
  it("gives the input with a lease, and nobody else has it meanwhile", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench);
      const now = bench.clock.now;
      expect(await claim(bench, 5)).toEqual([
        {
          ...{ job_id: id, path: "first", token: 1, queue: "q", input: { of: "first" }, try: 1 },
          ...{ lease_expires_at: now + 60_000, deadline: now + DAY_MS },
        },
      ]);
      expect(await claim(bench)).toEqual([]);
      expect(await statusOf(bench, id)).toMatchObject({
        status: "running",
        steps: [{ id: "first", status: "waiting" }, {}],
      });
    }));

  it("takes the oldest first, only of the queues that it names, and at most as many as it wants", () =>
    inRegistry(async (bench) => {
      const ids = [await offering(bench), await offering(bench, { queue: "other" }), await offering(bench)];
      expect((await claim(bench, 1)).map(({ job_id }) => job_id)).toEqual([ids[0]]);
      expect((await claim(bench, 9, ["other", "q"])).map(({ job_id }) => job_id)).toEqual([ids[1], ids[2]]);
    }));

  it("takes the highest priority first, whichever queue it is in", () =>
    inRegistry(async (bench) => {
      await offering(bench);
      await offering(bench, { priority: 1 });
      const urgent = await offering(bench, { queue: "other", priority: 5 });
      for (const queues of [
        ["q", "other"],
        ["other", "q"],
      ]) {
        const [first] = await claim(bench, 1, queues);
        expect(first?.job_id).toBe(urgent);
        if (first !== undefined) await report(bench, first, { action: "release" });
      }
    }));

  it("takes no more than there is room for, but one however large it is", () =>
    inRegistry(async (bench) => {
      const large = { text: "x".repeat(2_000) };
      for (let i = 0; i < 2; i++) await offering(bench, { input: large });
      for (let i = 0; i < 3; i++) await offering(bench, { input: "y".repeat(398) });
      expect(await claim(bench, 20)).toHaveLength(1);
      expect(await claim(bench, 20)).toHaveLength(1);
      expect(await claim(bench, 20)).toHaveLength(2);
    }));

  it("is of one tenant: another one that asks the same object gets and changes nothing", () =>
    inRegistry(async (bench) => {
      await offering(bench);
      const other = callerOf("other");
      const request = { queues: ["q"], max: 1, room_bytes: 1_000, worker: null };
      expect(await bench.workers.claimWork(other, request, 0)).toEqual([]);
      expect(await bench.workers.waitingWork(other, ["q"], 1, 0)).toEqual([]);
      const { job_id, path, token } = await claimed(bench);
      expect(await bench.workers.reportWork(other, { job_id, path, token }, complete)).toEqual(LOST);
    }));

  it("waits until there is something, and wakes when that is stored", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      const waiting = claim(bench, 1, ["other", "q"], 20_000);
      await Promise.resolve();
      await offer(bench, id);
      expect((await waiting).map(({ job_id }) => job_id)).toEqual([id]);
      const looking = bench.workers.waitingWork(CALLER, ["q"], 5, 20_000);
      await offer(bench, id, { path: "second" });
      expect(await looking).toHaveLength(1);
    }));

  it("whose caller has gone takes nothing", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      const gone = new AbortController();
      const waiting = claim(bench, 1, ["q"], 20_000, gone.signal);
      gone.abort();
      await offer(bench, id);
      expect(await waiting).toEqual([]);
      expect(await claim(bench)).toHaveLength(1);
    }));
});

describe("a completion", () => {
  it("is the step's output, wakes the runner, and answers the same when it comes again", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench);
      const held = await claimed(bench);
      expect(await collect(bench, id)).toMatchObject({ do: "wait" });
      expect(await report(bench, held, complete)).toEqual(ACCEPTED);
      await bench.settleBackground();
      expect(bench.engine.told.length).toBeGreaterThan(0);
      expect(await report(bench, held, { action: "complete", output: "other" })).toEqual(ACCEPTED);
      expect(await collect(bench, id)).toEqual({ at: expect.any(Number), do: "done", output: { sum: 42 } });
      expect(
        await report(bench, held, { action: "fail", error: { code: "x", message: "y", retryable: true } }),
      ).toEqual(LOST);
    }));

  it("with a lease that ran out changes nothing, and the next worker has the step", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench);
      const late = await claimed(bench);
      bench.clock.now += 60_000;
      expect(await report(bench, late, complete)).toEqual(LOST);
      const next = await claimed(bench);
      expect(next).toMatchObject({ token: 2, try: 2 });
      expect(await report(bench, late, complete)).toEqual(LOST);
      expect(await report(bench, late, { action: "release" })).toEqual(LOST);
      expect(await report(bench, next, complete)).toEqual(ACCEPTED);
      expect(await collect(bench, id)).toEqual({ at: expect.any(Number), do: "done", output: { sum: 42 } });
    }));

  it("that the tenant's storage has no room for is refused, and the lease goes on", () =>
    inRegistry(
      async (bench) => {
        await offering(bench);
        const held = await claimed(bench);
        const large = { action: "complete" as const, output: "x".repeat(400_000) };
        expect(await report(bench, held, large)).toMatchObject({ ok: false, error: { code: "storage_full" } });
        expect(await report(bench, held, complete)).toEqual(ACCEPTED);
      },
      { storedBytes: 300_000 },
    ));
});

describe("a lease", () => {
  it("goes on with each heartbeat, for as long as is asked", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench);
      const held = await claimed(bench);
      bench.clock.now += 50_000;
      const now = bench.clock.now;
      const beat = (more: object = {}) => report(bench, held, { action: "heartbeat", ...more });
      expect(await beat()).toMatchObject({ ok: true, value: { accepted: true, lease_expires_at: now + 60_000 } });
      expect(await beat({ extend_ms: 5_000 })).toMatchObject({ value: { lease_expires_at: now + 5_000 } });
      expect(await beat({ progress: { done: 3, total: 4, message: "3 of 4" } })).toMatchObject({ ok: true });
      expect(await beat({ progress: { done: 1, total: 4 } })).toMatchObject({ ok: true });
      expect(await statusOf(bench, id)).toMatchObject({ message: "3 of 4", progress: 0.38, step: "first" });
      bench.clock.now += 59_999;
      expect(await claim(bench)).toEqual([]);
      expect(await report(bench, held, complete)).toEqual(ACCEPTED);
    }));

  it("that runs out gives the step to the next worker by the alarm, within a second, and wakes who waits", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench);
      await claimed(bench);
      const waiting = claim(bench, 1, ["q"], 600_000);
      await Promise.resolve();
      bench.clock.now += 60_001;
      expect(await bench.storage.getAlarm()).toBeLessThanOrEqual(bench.clock.now);
      await bench.reconciler.onAlarm();
      expect(await waiting).toMatchObject([{ token: 2, try: 2 }]);
      const { events } = await statusOf(bench, id);
      expect(events?.at(-1)).toMatchObject({
        type: "step_retrying",
        message: expect.stringContaining("gpu did not report"),
      });
    }));

  it("that runs out in every try fails the step, as a failure that is final does", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench);
      for (let tries = 0; tries < 2; tries++) {
        await claimed(bench);
        bench.clock.now += 60_000;
      }
      await bench.reconciler.onAlarm();
      expect(await claim(bench)).toEqual([]);
      expect(await collect(bench, id)).toMatchObject({ do: "fail", error: { code: "worker_lost" } });
      const other = await offering(bench);
      const error = { code: "no_such_file", message: "No a.mp4.", retryable: false };
      expect(await report(bench, await claimed(bench), { action: "fail", error })).toEqual(ACCEPTED);
      expect(await collect(bench, other)).toEqual({
        do: "fail",
        error: { code: "no_such_file", message: "No a.mp4." },
      });
    }));

  it("that is given back is no try", () =>
    inRegistry(async (bench) => {
      await offering(bench);
      expect(await report(bench, await claimed(bench), { action: "release" })).toEqual(ACCEPTED);
      expect(await claimed(bench)).toMatchObject({ token: 2, try: 1 });
    }));

  it("of a failed try waits for the step's delay before the next one", () =>
    inRegistry(async (bench) => {
      await offering(bench, { terms: { delay_ms: 10_000 } });
      const error = { code: "busy", message: "Busy.", retryable: true };
      await report(bench, await claimed(bench), { action: "fail", error });
      bench.clock.now += 9_999;
      await bench.reconciler.onAlarm();
      expect(await claim(bench)).toEqual([]);
      bench.clock.now += 1;
      await bench.reconciler.onAlarm();
      expect(await claimed(bench)).toMatchObject({ try: 2 });
    }));
});

describe("an offer ends", () => {
  it("when its time is up, whoever holds it", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench, { timeoutMs: 90_000, terms: { lease_ms: DAY_MS } });
      const held = await claimed(bench);
      expect(held.lease_expires_at).toBe(held.deadline);
      bench.clock.now += 90_000;
      expect(await collect(bench, id)).toMatchObject({ do: "fail", error: { code: "step_timeout" } });
      expect(await report(bench, held, complete)).toEqual(LOST);
    }));

  const error = { code: "http_status", message: "500" };
  it.each<[how: string, left: number, end: (bench: Bench, id: string, path: string) => Promise<unknown>]>([
    ["cancel", 0, ({ caller }, id) => caller.cancel(CALLER, id, null)],
    ["settle", 0, ({ runner, ref }, id) => runner.settle(ref(id), { name: "failed", error, path: "first" }, [])],
    ["halt", 0, ({ runner, ref }, id) => runner.halt(ref(id), "first", error, [], [])],
    ["abandon", 1, ({ runner, ref }, id, path) => runner.abandon(ref(id), path)],
    ["rowFailed", 1, ({ runner, ref }, id, path) => runner.rowFailed(ref(id), "first[0]", { path, error }, [])],
  ])("with its job or row: %s tells the worker so", (_how, left, end) =>
    inRegistry(async (bench) => {
      const path = "first[0].hash";
      const id = await offering(bench, { path });
      const held = await claimed(bench);
      await offer(bench, id, { path: "first[1].hash" });
      await end(bench, id, path);
      const unwanted = { ok: true, value: { accepted: false, lease_expires_at: null, cancel: true } };
      expect(await report(bench, held, { action: "heartbeat" })).toEqual(unwanted);
      expect(await report(bench, held, complete)).toEqual(unwanted);
      expect(await claim(bench, 5)).toHaveLength(left);
    }),
  );

  it("not with its attempt: the next one waits for the same worker", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench);
      const held = await claimed(bench);
      await bench.runner.begin(bench.ref(id), "second", "t", 1_000, []);
      bench.engine.claims = { state: "unknown_instance" };
      bench.clock.now += 30_000;
      await bench.reconciler.onAlarm();
      expect(await bench.runner.start(bench.ref(id, 2))).toMatchObject({ do: "run" });
      const again = { queue: "q", input: {}, timeout_ms: DAY_MS, terms: TERMS };
      expect(await bench.runner.offer(bench.ref(id, 2), "first", again, [])).toMatchObject({ do: "wait" });
      expect(await claim(bench)).toEqual([]);
      expect(await report(bench, held, complete)).toEqual(ACCEPTED);
      expect(await bench.runner.collect(bench.ref(id, 2), "first")).toMatchObject({ do: "done" });
    }));

  it("and is gone with its job", () =>
    inRegistry(async (bench) => {
      const id = await offering(bench);
      const held = await claimed(bench);
      await bench.caller.cancel(CALLER, id, null);
      await bench.caller.remove(CALLER, id);
      expect(bench.storage.sql.exec("SELECT * FROM offers").toArray()).toEqual([]);
      expect(await report(bench, held, complete)).toEqual(LOST);
    }));
});

describe("rows written", () => {
  it("by a worker step: at most 5 to offer it, 2 to claim it, 1 for a heartbeat, 4 to complete it", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      const cost = { offer: 0, claim: 0, heartbeat: 0, complete: 0 };
      const written = async (work: () => Promise<unknown>) => (await rowsOf(bench.storage, work)).written;
      cost.offer = await written(() => offer(bench, id));
      let held: Claimed | undefined;
      cost.claim = await written(async () => {
        held = await claimed(bench);
      });
      const own = held;
      if (own === undefined) throw new Error("nothing to claim");
      bench.clock.now += 30_000;
      cost.heartbeat = await written(() => report(bench, own, { action: "heartbeat" }));
      cost.complete = await written(() => report(bench, own, complete));
      console.info(`rows of a worker step: ${JSON.stringify(cost)}`);
      expect(cost.offer).toBeLessThanOrEqual(5);
      expect(cost.claim).toBeLessThanOrEqual(2);
      expect(cost.heartbeat).toBeLessThanOrEqual(1);
      expect(cost.complete).toBeLessThanOrEqual(4);
    }));
});
