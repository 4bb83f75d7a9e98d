import { describe, expect, it } from "vitest";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, inRegistry } from "../bench.ts";
import { aTrigger, jobsOf, ledger, MINUTE, save } from "../fire/trigger-bench.ts";

const { schedule: _, ...BASE } = aTrigger();
const aHook = (over: Partial<typeof BASE> & Record<string, unknown> = {}) => ({
  ...BASE,
  webhook: { verify: null },
  ...over,
});

async function opened(bench: Bench) {
  const { hook_id } = (await bench.caller.findTrigger(CALLER, "report")) ?? {};
  const hook = await bench.caller.openHook(CALLER, hook_id ?? "");
  if (!hook.ok) throw new Error(hook.error.code);
  return hook.value;
}

async function deliver(bench: Bench, key: string | null, event = { n: 1 }) {
  const { name, version } = await opened(bench);
  return bench.caller.deliver(CALLER, { name, version, key, event });
}

describe("a hook", () => {
  it("makes one job of one delivery that comes 50 times at once", () =>
    inRegistry(async (bench) => {
      await save(bench, aHook());
      const replies = await Promise.all(Array.from({ length: 50 }, () => deliver(bench, "delivery-1")));
      const [job, ...more] = await jobsOf(bench);
      expect(more).toEqual([]);
      expect(new Set(replies.map((reply) => reply.ok && reply.value.job_id))).toEqual(new Set([job?.id]));
      expect(replies.filter((reply) => reply.ok && !reply.value.deduplicated)).toHaveLength(1);
      expect(await ledger(bench)).toEqual(["ran delivery-1"]);
    }));

  it("makes a job of each that has no name", () =>
    inRegistry(async (bench) => {
      await save(bench, aHook());
      await deliver(bench, null);
      await deliver(bench, null);
      expect(await jobsOf(bench)).toHaveLength(2);
    }));

  it("hands its event on, unless the trigger says otherwise", () =>
    inRegistry(async (bench) => {
      await save(bench, aHook());
      const inputOf = async (index: number) => {
        const told = await bench.caller.explain(CALLER, (await jobsOf(bench))[index]?.id ?? "");
        return told.ok ? told.value.input : undefined;
      };
      await deliver(bench, "a");
      expect(await inputOf(0)).toEqual({ event: { n: 1 } });
      bench.clock.now += 1;
      await save(bench, aHook({ input: { twice: "{% $event.n * 2 %}" } }));
      await deliver(bench, "b");
      expect(await inputOf(1)).toEqual({ twice: 2 });
    }));

  it("goes by what the trigger says makes two deliveries one", () =>
    inRegistry(async (bench) => {
      await save(bench, aHook({ webhook: { verify: null, dedupe: "{% $event.n %}" } }));
      await deliver(bench, "first name");
      await deliver(bench, "second name");
      await deliver(bench, "third name", { n: 2 });
      expect(await jobsOf(bench)).toHaveLength(2);
    }));

  it("says in its ledger why it refused a delivery of which it cannot tell what makes two of them one", () =>
    inRegistry(async (bench) => {
      await save(bench, aHook({ webhook: { verify: null, dedupe: "{% $number($event.n.of) + 'x' %}" } }));
      const refused = { code: "delivery_refused", reason: expect.stringMatching(/^dedupe: /), is_full: false };
      expect(await deliver(bench, "a")).toEqual({ ok: false, error: refused });
      const page = await bench.caller.triggerLedger(CALLER, "report", null, 10);
      expect(page).toMatchObject({ ok: true, value: { entries: [{ outcome: "refused", reason: refused.reason }] } });
      expect(await jobsOf(bench)).toEqual([]);
    }));

  it("filters by when, and while it is paused neighbours share one entry", () =>
    inRegistry(async (bench) => {
      await save(bench, aHook({ when: "{% $event.n > 1 %}" }));
      expect(await deliver(bench, "a")).toMatchObject({ value: { job_id: null, outcome: "filtered" } });
      expect(await deliver(bench, "b", { n: 2 })).toMatchObject({ value: { outcome: "ran" } });
      await save(bench, aHook({ paused: true }));
      for (const key of ["c", "d"]) {
        expect(await deliver(bench, key)).toMatchObject({ value: { job_id: null, outcome: "paused" } });
      }
      expect(await deliver(bench, "b")).toMatchObject({ value: { deduplicated: true, outcome: "ran" } });
      const lines = await ledger(bench);
      expect(lines.slice(0, 2)).toEqual(["filtered a", "ran b"]);
      expect(lines.slice(2)).toEqual([expect.stringMatching(/^paused .*: 2$/)]);
    }));

  it("takes so many in a minute, and says when the next one", () =>
    inRegistry(
      async (bench) => {
        await save(bench, aHook());
        const { hook_id } = (await bench.caller.findTrigger(CALLER, "report")) ?? {};
        const open = () => bench.caller.openHook(CALLER, hook_id ?? "");
        expect([(await open()).ok, (await open()).ok]).toEqual([true, true]);
        expect(await open()).toEqual({ ok: false, error: { code: "too_many_deliveries", retry_after_ms: 30_000 } });
        bench.clock.now += MINUTE / 2;
        expect((await open()).ok).toBe(true);
      },
      { hooksPerMinute: 2 },
    ));

  it("that strangers flood costs no row, whether they are over its rate or not", () =>
    inRegistry(
      async (bench) => {
        await save(bench, aHook());
        const { hook_id } = (await bench.caller.findTrigger(CALLER, "report")) ?? {};
        const flood = async (id: string) => {
          for (let i = 0; i < 500; i++) await bench.caller.openHook(CALLER, id);
        };
        await flood("warm");
        for (const id of [hook_id ?? "", "A".repeat(22)]) {
          expect((await rowsOf(bench.storage, () => flood(id))).written).toBe(0);
        }
        expect(await ledger(bench)).toEqual([]);
      },
      { hooksPerMinute: 100 },
    ));

  it("has another id once that is asked for, and the one before is known to nobody", () =>
    inRegistry(async (bench) => {
      const { hook_id, version } = await save(bench, aHook());
      expect((await save(bench, aHook({ note: "why" }))).hook_id).toBe(hook_id);
      const rotated = await save(bench, aHook({ note: "why" }), { rotate: true });
      expect(rotated.hook_id).not.toBe(hook_id);
      const before = await bench.caller.openHook(CALLER, hook_id ?? "");
      expect(before).toEqual({ ok: false, error: { code: "unknown_trigger" } });
      const stale = await bench.caller.deliver(CALLER, { name: "report", version, key: null, event: {} });
      expect(stale).toEqual({ ok: false, error: { code: "trigger_changed" } });
      expect(await jobsOf(bench)).toEqual([]);
    }));

  it("refuses while the tenant is full, with an entry; over the rate of submits, without one", () =>
    inRegistry(
      async (bench) => {
        await save(bench, aHook());
        await deliver(bench, "a");
        expect(await deliver(bench, "b")).toMatchObject({ error: { code: "delivery_refused", is_full: true } });
        expect(await ledger(bench)).toEqual(["ran a", "refused b"]);
        expect(await deliver(bench, "a")).toMatchObject({ value: { deduplicated: true } });
      },
      { activeJobs: 1 },
    ));
});
