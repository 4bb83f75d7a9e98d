import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askAsServer } from "../../../src/registry/api/client.ts";
import { aListQuery, aRequest, type Bench, CALLER, inRegistry, statusOf } from "../bench.ts";
import { aTrigger, save } from "../fire/trigger-bench.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Jobs that were accepted while the engine was away: work for the alarm. */
async function stranded(bench: Bench, count = 1): Promise<string[]> {
  bench.engine.refuses = true;
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push((await bench.submit()).id);
  bench.engine.refuses = false;
  return ids;
}

const started = (bench: Bench) => bench.engine.started.map((run) => run.job_id);

/** Lets the alarm ring when it is set, all of that within the given time. */
async function ringsWithin(
  bench: Pick<Bench, "clock" | "storage" | "reconciler">,
  ms: number,
  until: () => boolean,
): Promise<void> {
  for (const end = bench.clock.now + ms; !until(); ) {
    const alarm = await bench.storage.getAlarm();
    if (alarm === null) throw new Error("no alarm is set");
    bench.clock.now = Math.max(bench.clock.now, alarm);
    if (bench.clock.now > end) throw new Error(`not within ${ms} ms`);
    await bench.reconciler.onAlarm();
  }
}

describe("an alarm that was deleted behind the object's back", () => {
  it("is set again by the next request, a minute after it should have rung", () =>
    inRegistry(async (bench) => {
      const [id = ""] = await stranded(bench);
      await bench.storage.deleteAlarm();
      bench.clock.now += 2 * MINUTE;
      await bench.enter();
      expect(await bench.storage.getAlarm()).toBe(bench.clock.now + 1);
      await ringsWithin(bench, MINUTE, () => started(bench).includes(id));
    }));

  it("is set by a write that needs one, although a lost one was earlier", () =>
    inRegistry(async (bench) => {
      await stranded(bench);
      await bench.storage.deleteAlarm();
      bench.clock.now += 2 * MINUTE;
      await bench.caller.submit(CALLER, aRequest());
      expect(await bench.storage.getAlarm()).not.toBeNull();
    }));

  it("stays set for what is long overdue, whatever is written after it", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      bench.clock.now += HOUR;
      await bench.enter();
      await save(bench, aTrigger({ note: "changed, which leaves a line in the audit for months" }));
      expect(await bench.storage.getAlarm()).toBeLessThanOrEqual(bench.clock.now + 1);
    }));

  it("is left alone by requests while it may still ring", () =>
    inRegistry(async (bench) => {
      await stranded(bench);
      await bench.storage.deleteAlarm();
      await bench.enter();
      expect(await bench.storage.getAlarm()).toBeNull();
    }));

  it("is set again by a call from outside", async () => {
    const tenant = crypto.randomUUID();
    const stub = env.JOB_REGISTRY.getByName(`${tenant}/0`);
    const ask = askAsServer(env.JOB_REGISTRY, tenant);
    const alarm = () => runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now });
    try {
      await ask(0, (registry, caller) => registry.submit(caller, aRequest({ run_at: now + MINUTE })));
      await runInDurableObject(stub, (_object, { storage }) => storage.deleteAlarm());
      vi.setSystemTime(now + 3 * MINUTE);
      expect(await alarm()).toBeNull();
      await ask(0, (registry, caller) => registry.list(caller, aListQuery()));
      expect(await alarm()).toBe(now + 3 * MINUTE + 1);
      await runInDurableObject(stub, (_object, { storage }) => storage.deleteAll());
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("an alarm whose work throws", () => {
  const log = vi.spyOn(console, "error");
  beforeEach(() => {
    log.mockReset().mockImplementation(() => undefined);
  });
  afterEach(() => expect(log).toHaveBeenCalledWith(expect.stringContaining("alarm_error")));
  afterAll(() => log.mockRestore());

  /** The bench with a new life of the object, which has not read these rows yet. */
  async function withSpoilt(bench: Bench, ids: string[]) {
    for (const id of ids) bench.storage.sql.exec("UPDATE jobs SET run_json = 'no JSON' WHERE job_id = ?", id);
    const { reconciler } = await bench.reopen();
    return { clock: bench.clock, storage: bench.storage, reconciler };
  }

  it("does not throw, does what is left, and looks again a minute later", () =>
    inRegistry(async (bench) => {
      const ids = await stranded(bench, 3);
      const { reconciler } = await withSpoilt(bench, ids.slice(1, 2));
      for (let i = 0; i < 7; i++) {
        bench.clock.now = (await bench.storage.getAlarm()) ?? 0;
        await reconciler.onAlarm();
      }
      expect(started(bench).sort()).toEqual([ids[0], ids[2]].sort());
      const alarm = await bench.storage.getAlarm();
      expect(alarm).toBeGreaterThan(bench.clock.now + 1);
      expect(alarm).toBeLessThanOrEqual(bench.clock.now + MINUTE);
    }));

  it("is not kept from its other work by more broken jobs than it looks at in one ring", () =>
    inRegistry(async (bench) => {
      const ids = await stranded(bench, 61);
      const id = ids.pop() ?? "";
      await ringsWithin(await withSpoilt(bench, ids), MINUTE, () => started(bench).includes(id));
      expect(started(bench)).toEqual([id]);
    }));

  async function ringOverBrokenStorage(bench: Bench, times: number) {
    const transact = bench.storage.transactionSync;
    bench.storage.transactionSync = () => {
      throw new Error("the storage is out of order");
    };
    for (let i = 0; i < times; i++) {
      bench.clock.now = Math.max(bench.clock.now, (await bench.storage.getAlarm()) ?? 0);
      await bench.reconciler.onAlarm();
    }
    bench.storage.transactionSync = transact;
  }

  it("rings again when even the rows could not be read, seven times in a row", () =>
    inRegistry(async (bench) => {
      const [id = ""] = await stranded(bench);
      await ringOverBrokenStorage(bench, 7);
      await ringsWithin(bench, MINUTE, () => started(bench).includes(id));
    }));

  it("rings when even the rows could not be read and the clock then went back an hour, once a request is made", () =>
    inRegistry(async (bench) => {
      const [id = ""] = await stranded(bench);
      bench.clock.now += HOUR;
      await ringOverBrokenStorage(bench, 1);
      await bench.enter();
      bench.clock.now -= HOUR;
      await bench.enter();
      await ringsWithin(bench, MINUTE, () => started(bench).includes(id));
    }));
});

describe("an alarm that was interrupted", () => {
  it("has set the next one before its work, so that an eviction in the middle strands nothing", () =>
    inRegistry(async (bench) => {
      const [id = ""] = await stranded(bench);
      bench.clock.now = (await bench.storage.getAlarm()) ?? 0;
      bench.engine.meanwhile = () => new Promise(() => undefined);
      void bench.reconciler.onAlarm();
      bench.engine.meanwhile = async () => undefined;
      const { reconciler } = await bench.reopen();
      await ringsWithin({ ...bench, reconciler }, MINUTE, () => started(bench).includes(id));
    }));
});

describe("a clock that jumps", () => {
  it("an hour ahead, over an object that slept: the overdue work begins at once", () =>
    inRegistry(async (bench) => {
      const [id = ""] = await stranded(bench);
      bench.clock.now += HOUR;
      const { reconciler } = await bench.reopen();
      await ringsWithin({ ...bench, reconciler }, MINUTE, () => started(bench).includes(id));
    }));

  it("an hour ahead, under an object that is awake: the overdue work begins at once", () =>
    inRegistry(async (bench) => {
      const [id = ""] = await stranded(bench);
      bench.clock.now += HOUR;
      await bench.enter();
      await ringsWithin(bench, MINUTE, () => started(bench).includes(id));
    }));

  it("an hour back: new work does not wait for the old alarm, and old work is not lost", () =>
    inRegistry(async (bench) => {
      const [old = ""] = await stranded(bench);
      bench.clock.now -= HOUR;
      const [fresh = ""] = await stranded(bench);
      await ringsWithin(bench, MINUTE, () => started(bench).includes(fresh));
      await ringsWithin(bench, HOUR + MINUTE, () => started(bench).includes(old));
    }));
});

describe("one ring over a whole family", () => {
  it("leaves a child alone that its parent's end has just cancelled", () =>
    inRegistry(async (bench) => {
      const parent = await bench.submit({ timeout_ms: MINUTE });
      await bench.runner.start(bench.ref(parent.id));
      // So that the alarm comes to the child after its parent.
      bench.clock.now += 1;
      const request = { name: "child", blueprint: "inline", plan: bench.plan, input: {} };
      await bench.runner.spawn(bench.ref(parent.id), "first", request, []);
      await bench.settleBackground();
      const child = bench.engine.started[1]?.job_id ?? "";
      await bench.runner.start(bench.ref(child));
      const question = { request_id: "q", message: "?", schema: {}, timeout_ms: MINUTE, fallback: {} };
      await bench.runner.ask(bench.ref(child), "first", question, []);
      bench.clock.now += MINUTE;
      await bench.reconciler.onAlarm();
      expect((await statusOf(bench, child)).status).toBe("cancelled");
      const values = bench.storage.sql.exec("SELECT path FROM job_values WHERE job_id = ?", child).toArray();
      expect(values).toEqual([]);
      expect(bench.engine.told).toEqual([]);
    }));

  it("purges none of it before its time, though a look at it failed when it had just settled", () =>
    inRegistry(async (bench) => {
      const parent = await bench.submit({ timeout_ms: MINUTE });
      await bench.runner.start(bench.ref(parent.id));
      bench.clock.now += MINUTE;
      bench.engine.terminate = () => Promise.reject(new Error("a bug after the settlement"));
      await bench.reconciler.onAlarm();
      for (const later of [2 * MINUTE, 24 * HOUR]) {
        bench.clock.now += later;
        await bench.reconciler.onAlarm();
      }
      expect((await statusOf(bench, parent.id)).status).toBe("failed");
    }));
});

describe("an alarm that is set", () => {
  it("stays for the first job that is due when a transaction after it is undone", () =>
    inRegistry(async (bench) => {
      const first = bench.clock.now + HOUR;
      await bench.submit({ run_at: first });
      bench.storage.sql.exec("CREATE TRIGGER broken BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'broken'); END");
      await expect(bench.caller.submit(CALLER, aRequest({ run_at: first + HOUR }))).rejects.toThrow("broken");
      bench.storage.sql.exec("DROP TRIGGER broken");
      await bench.submit({ run_at: first + HOUR });
      expect(await bench.storage.getAlarm()).toBe(first);
    }));
});
