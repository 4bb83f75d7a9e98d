import { describe, expect, it } from "vitest";
import { MAX_BACKFILL } from "../../../src/limits.ts";
import { CALLER, inRegistry, planOf, START } from "../bench.ts";
import {
  aTrigger,
  DAY,
  everyMinute,
  finish,
  HOUR,
  jobsOf,
  ledger,
  MINUTE,
  PLAN,
  ring,
  save,
} from "../fire/trigger-bench.ts";

const at = (ms: number): string => new Date(START + ms).toISOString();
const LATER = { ...PLAN, label: "report@2", plan_hash: "hash-of-report-2" };

describe("a trigger that is saved again", () => {
  it("as it was changes nothing, also where its blueprint has a newer version", () =>
    inRegistry(async (bench) => {
      const first = await save(bench, aTrigger());
      bench.clock.now += 1_000;
      expect(await save(bench, aTrigger(), { plan: LATER })).toEqual(first);
    }));

  it("otherwise is the next version, and goes on with what its schedule has not done yet", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      bench.clock.now += 2 * MINUTE;
      const { version, label } = await save(bench, aTrigger({ note: "why" }), { plan: LATER });
      expect([version, label]).toEqual([2, "report@2"]);
      await ring(bench);
      expect(await ledger(bench)).toEqual([`missed ${at(0)} to ${at(MINUTE)}: 2`, `ran ${at(2 * MINUTE)}`]);
    }));

  it("with another schedule accounts for the times of the one before", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      bench.clock.now += 90_000;
      const { next_runs } = await save(bench, aTrigger({ schedule: everyMinute({ cron: "0 * * * *" }) }));
      expect(next_runs[0]).toBe(START + HOUR);
      expect(await ledger(bench)).toEqual([`missed ${at(0)} to ${at(MINUTE)}: 2`]);
    }));

  it("looks up the newest version where it asks for that, at each run", () =>
    inRegistry(async (bench) => {
      const { label } = await save(bench, aTrigger(), { isNewest: true });
      expect(label).toBe("report@latest");
      await ring(bench);
      const page = await bench.caller.triggerLedger(CALLER, "report", null, 1);
      expect(page).toMatchObject({ value: { entries: [{ outcome: "refused", reason: /report any more/ }] } });
    }));
});

describe("the next times of a trigger", () => {
  it("are no more than the runs that it has left", () =>
    inRegistry(async (bench) => {
      const schedule = everyMinute({ max_runs: 2 });
      expect((await save(bench, aTrigger({ schedule }))).next_runs).toHaveLength(2);
      await bench.caller.fireTrigger(CALLER, "report", { now: true, span: null });
      expect((await bench.caller.findTrigger(CALLER, "report"))?.next_runs).toHaveLength(1);
    }));
});

describe("the jobs of a trigger", () => {
  it("begin their links where the trigger was saved: nobody is there with a URL when they start", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger(), { origin: "https://jobs.example.com" });
      const fired = await bench.caller.fireTrigger(CALLER, "report", { now: true, span: null });
      const id = (fired.ok && fired.value[0]?.job_id) || "";
      expect(await bench.runner.start(bench.ref(id))).toMatchObject({ origin: "https://jobs.example.com" });
    }));
});

describe("a paused trigger", () => {
  it("runs nothing, writes nothing, and tells what passed in one entry", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      await ring(bench);
      expect((await save(bench, aTrigger({ paused: true }))).next_runs).toEqual([]);
      for (let i = 0; i < 5; i++) await ring(bench, MINUTE);
      const lines = [`ran ${at(0)}`, `paused ${at(MINUTE)} to ${at(5 * MINUTE)}: 5`];
      expect(await ledger(bench)).toEqual(lines);
      bench.clock.now += 30_000;
      await save(bench, aTrigger());
      expect(await ledger(bench)).toEqual(lines);
      await ring(bench, 30_000);
      expect((await ledger(bench)).slice(2)).toEqual([`skipped ${at(6 * MINUTE)}`]);
    }));
});

describe("a trigger that is fired by hand", () => {
  it("runs now, beside its other jobs and while it is paused", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger({ paused: true }));
      const fired = await bench.caller.fireTrigger(CALLER, "report", { now: true, span: null });
      await bench.caller.fireTrigger(CALLER, "report", { now: true, span: null });
      expect(fired).toMatchObject({ value: [{ due: null, outcome: "ran", deduplicated: false }] });
      expect(await jobsOf(bench)).toHaveLength(2);
    }));

  it("runs times that have passed, each once", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      const span = { from: START - 3 * MINUTE, to: START - MINUTE };
      const fired = await bench.caller.fireTrigger(CALLER, "report", { now: false, span });
      expect(fired).toMatchObject({ value: [{ due: span.from }, { due: START - 2 * MINUTE }, { due: span.to }] });
      const again = await bench.caller.fireTrigger(CALLER, "report", { now: false, span });
      expect(again.ok && again.value.every(({ deduplicated }) => deduplicated)).toBe(true);
      expect(await jobsOf(bench)).toHaveLength(3);
    }));

  it.each([
    [MAX_BACKFILL - 1, true],
    [MAX_BACKFILL, true],
    [MAX_BACKFILL + 1, false],
  ])("runs %i times at once: %s", (count, isTaken) =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger({ when: "{% false %}" }));
      const span = { from: START - count * MINUTE, to: START - MINUTE };
      const fired = await bench.caller.fireTrigger(CALLER, "report", { now: false, span });
      expect(fired.ok).toBe(isTaken);
      if (!fired.ok) expect(fired.error).toEqual({ code: "too_many_times", limit: MAX_BACKFILL });
    }),
  );

  it("refuses a span of a thousand years without counting its times", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      const span = { from: Date.UTC(1000, 0, 1), to: START - MINUTE };
      const fired = await bench.caller.fireTrigger(CALLER, "report", { now: false, span });
      expect(fired).toEqual({ ok: false, error: { code: "too_many_times", limit: MAX_BACKFILL } });
    }));

  it("must be there, and have a schedule for times", () =>
    inRegistry(async (bench) => {
      const { schedule: _, ...rest } = aTrigger();
      await save(bench, { ...rest, webhook: { verify: null } });
      const span = { from: START - DAY, to: START };
      expect(await bench.caller.fireTrigger(CALLER, "report", { now: false, span })).toEqual({
        ok: false,
        error: { code: "no_schedule" },
      });
      expect(await bench.caller.fireTrigger(CALLER, "other", { now: true, span: null })).toEqual({
        ok: false,
        error: { code: "unknown_trigger" },
      });
    }));
});

describe("a trigger that is deleted", () => {
  it("is gone with its ledger and its inline plan, and its jobs stay", () =>
    inRegistry(async (bench) => {
      const inline = {
        ...PLAN,
        label: "inline",
        plan_hash: "of-a-trigger",
        plan: planOf([{ id: "a", type: "transform", value: 1 }]),
      };
      await save(bench, aTrigger(), { plan: inline });
      await ring(bench);
      const [job] = await jobsOf(bench);
      expect(await bench.caller.deleteTrigger(CALLER, "report")).toBe(true);
      expect(await bench.caller.deleteTrigger(CALLER, "report")).toBe(false);
      expect(await bench.caller.findTrigger(CALLER, "report")).toBeNull();
      expect(await bench.caller.triggerLedger(CALLER, "report", null, 1)).toMatchObject({ ok: false });
      const uses = () =>
        bench.storage.sql.exec("SELECT inline_uses FROM plans WHERE plan_hash = 'of-a-trigger'").toArray();
      expect(uses()).toEqual([{ inline_uses: 1 }]);
      await finish(bench, job?.id ?? "");
      await bench.caller.remove(CALLER, job?.id ?? "");
      expect(uses()).toEqual([]);
      await ring(bench, DAY);
      expect(await jobsOf(bench)).toEqual([]);
    }));
});

describe("triggers of a tenant", () => {
  it("are listed by name, and found by the blueprint that they run", () =>
    inRegistry(async (bench) => {
      for (const name of ["b", "a", "c"]) await save(bench, aTrigger({ name }));
      await save(bench, aTrigger({ name: "d" }), { plan: LATER });
      const page = await bench.caller.listTriggers(CALLER, "a", 2);
      expect(page.map(({ document }) => document.name)).toEqual(["b", "c"]);
      expect(await bench.caller.triggersUsing(CALLER, "report", null)).toEqual(["a", "b", "c", "d"]);
      expect(await bench.caller.triggersUsing(CALLER, "report", 2)).toEqual(["d"]);
      expect(await bench.caller.triggersUsing(CALLER, "repor", null)).toEqual([]);
    }));

  it("count against the storage of the tenant", () =>
    inRegistry(
      async (bench) => {
        const saved = { document: aTrigger(), plan: PLAN, isNewest: false, rotate: false };
        expect(await bench.caller.saveTrigger(CALLER, saved)).toMatchObject({ error: { code: "storage_full" } });
      },
      { storedBytes: 1_000 },
    ));

  it("leave a line in the audit with each change", () =>
    inRegistry(async (bench) => {
      const by = { ...CALLER, actor: "key_1" };
      const saved = { document: aTrigger(), plan: PLAN, isNewest: false, rotate: false };
      await bench.caller.saveTrigger(by, saved);
      await bench.caller.saveTrigger(by, saved);
      bench.clock.now += 1;
      await bench.caller.deleteTrigger(by, "report");
      const audit = await bench.keys.audit(CALLER, START + DAY, 10);
      expect(audit.map(({ action, actor, subject }) => [action, actor, subject])).toEqual([
        ["trigger_deleted", "key_1", "report"],
        ["trigger_saved", "key_1", "report@1"],
      ]);
    }));
});
