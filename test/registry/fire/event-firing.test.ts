import { describe, expect, it, vi } from "vitest";
import { LEDGER_CHUNK, MAX_TRIGGER_DEPTH } from "../../../src/limits.ts";
import type { Listening } from "../../../src/registry/api/event-calls.ts";
import type { Trigger, TriggerCopy } from "../../../src/registry/api/trigger-calls.ts";
import type { Siblings } from "../../../src/registry/fire/siblings.ts";
import { EventLook } from "../../../src/registry/storage/event-look.ts";
import type { TriggerDocument } from "../../../src/triggers/trigger-document.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { ticksOf } from "../../support/ticks.ts";
import { type Bench, CALLER, inRegistry, START, statusOf, TENANT } from "../bench.ts";
import { aTrigger, DAY, finish, jobsOf, ledger, PLAN, ring, save } from "./trigger-bench.ts";

const onSettled = (over: Partial<TriggerDocument> = {}): TriggerDocument => {
  const { schedule: _, ...rest } = aTrigger();
  return { ...rest, event: { name: "job.settled" }, ...over };
};

/** A caller's job that has come to its end, and all that follows from it. */
async function settled(bench: Bench, name = "one"): Promise<string> {
  const { id } = await bench.submit({ name });
  await finish(bench, id, { of: name });
  await bench.settleBackground();
  return id;
}

/** As its own shard has it. */
const STORED: Trigger = {
  ...{ name: "report", tenant: TENANT, shard: 3, version: 1, label: "report@1", plan_hash: PLAN.plan_hash },
  ...{ timeout_ms: PLAN.timeout_ms, anchor_at: START, saved_at: START, share: 0, hook_id: null },
  ...{ document: onSettled(), event_name: "job.settled", home_shard: 3, origin: null },
};

const inputOf = async (bench: Bench, id: string) => {
  const plan = await bench.runner.start(bench.ref(id));
  return plan.do === "run" ? plan.input : undefined;
};

const outcomes = async (bench: Bench, name?: string) => (await ledger(bench, name)).map((line) => line.split(" ")[0]);

describe("an event trigger", () => {
  it("starts one job for each event, with the event as its input, though nobody else listens", () =>
    inRegistry(async (bench) => {
      await save(
        bench,
        onSettled({ input: { event: "{% $event %}", at: "{% $due_at %}" }, when: "{% $trigger.run < 3 %}" }),
      );
      const first = await settled(bench, "first");
      const [job, ...more] = await jobsOf(bench);
      expect(more).toEqual([]);
      expect(job).toMatchObject({ trigger: "report", submitted_by: "trigger:report", status: "queued" });
      const input = await inputOf(bench, job?.id ?? "");
      expect(input).toMatchObject({
        at: new Date(START).toISOString(),
        event: { name: "job.settled", event_id: expect.stringMatching(/^evt_/), data: { job_id: first } },
      });
      const { event_id = "" } = (input?.event ?? {}) as { event_id?: string };
      expect(await ledger(bench)).toEqual([`ran ${event_id}`]);
      const key = { key: `trigger:report:${event_id}`, request_hash: "hash-of-report" };
      expect(await bench.caller.findKey(CALLER, key)).toMatchObject({ value: { id: job?.id } });
    }));

  it("lets others be served before the next one starts its job", () =>
    inRegistry(async (bench) => {
      const names = ["a", "b", "c", "d", "e", "f"];
      for (const name of names) await save(bench, onSettled({ name }));
      const { save: saved } = EventLook.prototype;
      const ticks = await ticksOf(async (note) => {
        vi.spyOn(EventLook.prototype, "save").mockImplementation(function (this: EventLook, place) {
          note();
          saved.call(this, place);
        });
        await settled(bench);
      });
      vi.restoreAllMocks();
      expect((await Promise.all(names.map((name) => outcomes(bench, name)))).flat()).toEqual(names.map(() => "ran"));
      expect(new Set(ticks).size).toBe(names.length);
    }));

  it("starts nothing for what happened before it was saved, nor for what its filter leaves out", () =>
    inRegistry(async (bench) => {
      await bench.events.readEvents({ after: null, names: null, filter: {}, since: null, limit: 1 }, 0);
      await settled(bench, "wanted");
      await save(bench, onSettled({ event: { name: "job.settled", filter: { name: "wanted", status: "succeeded" } } }));
      await ring(bench);
      await settled(bench, "other");
      expect(await jobsOf(bench)).toEqual([]);
      expect(await ledger(bench)).toEqual([]);
      await settled(bench, "wanted");
      expect(await jobsOf(bench)).toHaveLength(1);
    }));

  it("says of each event that it does not run for why, and neighbours that were paused share an entry", () =>
    inRegistry(async (bench) => {
      await save(
        bench,
        onSettled({
          when: "{% $event.data.name != 'no' %}",
          event: { name: "job.settled", filter: { blueprint: "test-plan" } },
        }),
      );
      await settled(bench, "no");
      await settled(bench, "yes");
      await save(bench, onSettled({ paused: true }));
      await settled(bench);
      await settled(bench);
      expect(await outcomes(bench)).toEqual(["filtered", "ran", "paused"]);
      expect((await ledger(bench)).at(-1)).toMatch(/: 2$/);
      await save(bench, onSettled({ event: { name: "job.settled", filter: { blueprint: "test-plan" } } }));
      await settled(bench);
      expect(await outcomes(bench)).toEqual(["filtered", "ran", "paused", "ran"]);
    }));

  it("leaves the log in order for whoever reads it later", () =>
    inRegistry(async (bench) => {
      await save(bench, onSettled());
      for (const name of ["first", "second"]) await settled(bench, name);
      const read = (after: number | null) =>
        bench.events.readEvents({ after, names: null, filter: {}, since: null, limit: 100 }, 0);
      const { position } = await read(null);
      expect(await read(position)).toMatchObject({ events: [], truncated: false, position });
      const third = await settled(bench, "third");
      expect(await read(position)).toMatchObject({
        events: [{ position: position + 1, event: { data: { job_id: third } } }],
        truncated: false,
      });
      expect(await outcomes(bench)).toEqual(["ran", "ran", "ran"]);
    }));

  it("does nothing twice, however often it looks", () =>
    inRegistry(async (bench) => {
      await save(bench, onSettled());
      await save(bench, onSettled({ name: "second", when: "{% false %}" }));
      await settled(bench);
      for (let i = 0; i < 2; i++) {
        const again = await bench.reopen();
        bench.clock.now += 60_000;
        await again.reconciler.onAlarm();
        await bench.settleBackground();
      }
      expect(await outcomes(bench)).toEqual(["ran"]);
      expect(await outcomes(bench, "second")).toEqual(["filtered"]);
      expect(await jobsOf(bench)).toHaveLength(1);
    }));

  it("goes on with events after its first alarm was lost, and after a year asleep", () =>
    inRegistry(async (bench) => {
      await save(bench, onSettled({ event: { name: "job.settled", filter: { name: "one" } } }));
      const { id } = await bench.submit({ name: "one" });
      await bench.runner.start(bench.ref(id));
      bench.clock.now += 365 * DAY;
      await bench.runner.settle(bench.ref(id), { name: "succeeded", output: {} }, []);
      await bench.storage.deleteAlarm();
      const again = await bench.reopen();
      bench.clock.now += 1;
      await again.reconciler.onAlarm();
      expect(await outcomes(bench)).toEqual(["ran"]);
    }));

  it(`ends a chain of its own jobs after ${MAX_TRIGGER_DEPTH}, and says why`, () =>
    inRegistry(async (bench) => {
      await save(bench, onSettled());
      await save(bench, onSettled({ name: "refusals", event: { name: "trigger.refused" } }));
      await settled(bench);
      for (let ran = 0; ran <= MAX_TRIGGER_DEPTH; ran++) {
        for (const job of await jobsOf(bench)) {
          if (job.status === "queued") await finish(bench, job.id);
          await bench.settleBackground();
        }
      }
      expect(await outcomes(bench)).toEqual([...Array(MAX_TRIGGER_DEPTH).fill("ran"), "refused"]);
      const page = await bench.caller.triggerLedger(CALLER, "report", null, 1);
      expect(page.ok && page.value.entries[0]?.reason).toMatch(/^trigger_depth: 5 jobs/);
      expect(await outcomes(bench, "refusals")).toEqual([]);
    }));

  it("counts the chain through children and retries", () =>
    inRegistry(async (bench) => {
      await save(bench, onSettled({ event: { name: "job.settled", filter: { name: "one" } } }));
      await settled(bench, "one");
      const [job] = await jobsOf(bench);
      const id = job?.id ?? "";
      await bench.runner.start(bench.ref(id));
      const child = { name: "one", blueprint: "inline", plan: bench.plan, input: {} };
      await bench.runner.spawn(bench.ref(id), "one", child, []);
      const spawned = bench.storage.sql
        .exec<{ job_id: string; run_json: string }>("SELECT job_id, run_json FROM jobs WHERE parent_id = ?", id)
        .one();
      expect(JSON.parse(spawned.run_json)).toMatchObject({ trigger_depth: 1 });
      expect((await statusOf(bench, spawned.job_id)).trigger).toBe(undefined);
      await bench.caller.cancel(CALLER, id, null);
      const again = await bench.caller.retry(CALLER, id, { from_step: null, input: null });
      if (!again.ok) throw new Error(again.error.code);
      expect(await statusOf(bench, again.value.id)).toMatchObject({ trigger: "report", retried_from: id });
    }));

  it("waits when too many jobs were submitted, and leaves no event out", () =>
    inRegistry(
      async (bench) => {
        await save(bench, onSettled({ event: { name: "job.settled", filter: { name: "one" } } }));
        for (let i = 0; i < 2; i++) await settled(bench, "one");
        expect(await outcomes(bench)).toEqual(["ran"]);
        for (let i = 0; i < 4; i++) await ring(bench, 60_000);
        expect(await outcomes(bench)).toEqual(["ran", "ran"]);
      },
      { submitsPerMinute: 3 },
    ));

  it("says when events were deleted before it had looked at them", () =>
    inRegistry(
      async (bench) => {
        await save(bench, onSettled({ event: { name: "job.settled", filter: { name: "one" } } }));
        const ids = [];
        for (let i = 0; i < 4; i++) ids.push((await bench.submit({ name: "one" })).id);
        // No job may begin until the log has gone on.
        for (const id of ids) await finish(bench, id);
        await bench.settleBackground();
        for (let i = 0; i < 6; i++) await ring(bench, 60_000);
        expect((await outcomes(bench)).filter((each) => each === "missed")).toHaveLength(1);
      },
      { submitsPerMinute: 4, eventsKept: 2 },
    ));

  it("costs 2 rows for an event that it filters or is paused for, and none for one that it does not wait for", () =>
    inRegistry(async (bench) => {
      await save(bench, onSettled({ when: "{% false %}", event: { name: "job.settled" } }));
      const rows = async () => {
        const { id } = await bench.submit();
        await bench.runner.start(bench.ref(id));
        const before = await rowsOf(bench.storage, async () => {
          await bench.runner.settle(bench.ref(id), { name: "succeeded", output: {} }, []);
        });
        const after = await rowsOf(bench.storage, () => bench.settleBackground());
        return { before, after };
      };
      expect((await rows()).after.written).toBeLessThanOrEqual(3);
      await save(bench, onSettled({ paused: true }));
      expect((await rows()).after.written).toBeLessThanOrEqual(3);
      await save(bench, onSettled({ event: { name: "order.shipped" } }));
      expect((await rows()).after.written).toBe(0);
    }));

  it("keeps every entry of its ledger, also when they fill more than one row", () =>
    inRegistry(async (bench) => {
      await save(bench, onSettled({ when: "{% false %}" }));
      const times = 2 * LEDGER_CHUNK + 3;
      for (let i = 0; i < times; i++) await bench.caller.fireTrigger(CALLER, "report", { now: true, span: null });
      const lines = await ledger(bench);
      expect([lines.length, new Set(lines).size]).toEqual([times, times]);
    }));
});

/** Nothing happens in the other shards. */
const NO_EVENTS: Pick<Siblings, "addSubscriber" | "readEvents" | "wakeShard"> = {
  addSubscriber: async () => undefined,
  readEvents: async () => ({ events: [], position: 0, has_more: false, truncated: false }),
  wakeShard: async () => 0,
};

describe("the copies of an event trigger", () => {
  type Told = [shard: number, name: string, version: number | null];

  /** In shard 1 of three, whose others hear what they are told, or do not. */
  async function amongThree(test: (bench: Bench, told: Told[], others: { fail: boolean }) => Promise<void>) {
    const told: Told[] = [];
    const others = { fail: false };
    const tell = async (...what: Told) => {
      if (others.fail) throw new Error("away");
      told.push(what);
    };
    const siblings: Siblings = {
      shard: 1,
      shards: 3,
      keepCopy: (shard, { trigger }) => tell(shard, trigger.name, trigger.version),
      dropCopy: (shard, name) => tell(shard, name, null),
      ...NO_EVENTS,
    };
    await inRegistry((bench) => test(bench, told, others), {}, undefined, siblings);
  }

  it("are in every shard, the first one first, before the save is answered", () =>
    amongThree(async (bench, told) => {
      await save(bench, onSettled());
      await save(bench, onSettled());
      await save(bench, onSettled({ note: "other" }));
      await bench.caller.deleteTrigger(CALLER, "report");
      const each = (version: number | null): Told[] => [
        [0, "report", version],
        [2, "report", version],
      ];
      expect(told).toEqual([...each(1), ...each(2), ...each(null)]);
      await save(bench, aTrigger());
      expect(told).toHaveLength(6);
    }));

  it("are made by the alarm where that failed at first", () =>
    amongThree(async (bench, told, others) => {
      others.fail = true;
      await expect(save(bench, onSettled())).rejects.toThrow("away");
      vi.spyOn(console, "error").mockImplementation(() => {});
      await ring(bench, 60_000);
      others.fail = false;
      await ring(bench, 60_000);
      await ring(bench, 60_000);
      expect(told).toEqual([
        [0, "report", 1],
        [2, "report", 1],
      ]);
      vi.restoreAllMocks();
    }));

  it("start jobs of their own shard, and go when the trigger goes or starts by time", () =>
    inRegistry(async (bench) => {
      const copy = (over: Partial<Trigger> = {}): TriggerCopy => ({
        trigger: { ...STORED, ...over },
        plan_json: JSON.stringify(PLAN.plan),
      });
      await bench.caller.keepCopy(CALLER, copy({ version: 2, saved_at: START }));
      // Late news of an older one.
      await bench.caller.keepCopy(CALLER, copy({ version: 1, saved_at: START - 1 }));
      expect(await bench.caller.findTrigger(CALLER, "report")).toMatchObject({ version: 2, is_copy: true });
      await settled(bench);
      expect(await outcomes(bench)).toEqual(["ran"]);
      expect(await bench.caller.deleteTrigger(CALLER, "report")).toBe(false);
      await bench.caller.dropCopy(CALLER, "report", START - 1);
      expect(await bench.caller.findTrigger(CALLER, "report")).not.toBe(null);
      await bench.caller.dropCopy(CALLER, "report", START);
      expect(await bench.caller.findTrigger(CALLER, "report")).toBe(null);
    }));

  it("are what a new shard begins with, and nothing that was deleted meanwhile", () =>
    inRegistry(async (bench) => {
      const page = (name: string, next: string | null): Listening => ({
        ...{ until: START, subscribers: [], next },
        triggers: [
          {
            trigger: { ...STORED, name, document: { ...STORED.document, name } },
            plan_json: JSON.stringify(PLAN.plan),
          },
        ],
      });
      const asked: string[] = [];
      const home =
        (...pages: Listening[]) =>
        async (after: string) => {
          asked.push(after);
          const next = pages.shift();
          if (next === undefined) throw new Error("away");
          return next;
        };
      await expect(bench.introduction.introduce(1, home(page("gone", "gone")))).rejects.toThrow("away");
      await bench.introduction.introduce(1, home(page("a", "a"), page("b", null)));
      await bench.introduction.introduce(1, home());
      expect(asked).toEqual(["", "gone", "", "a"]);
      const names = (await bench.caller.listTriggers(CALLER, "", 9)).map(({ document }) => document.name);
      expect(names).toEqual(["a", "b"]);
    }));
});
