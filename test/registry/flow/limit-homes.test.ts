import { describe, expect, it } from "vitest";
import { slotKey } from "../../../src/jobs/flow/concurrency.ts";
import { shardsOfKey } from "../../../src/jobs/flow/shard-of-key.ts";
import type { SlotRequest } from "../../../src/jobs/flow/slot.ts";
import { Turns } from "../../../src/jobs/flow/turns.ts";
import { newJobId } from "../../../src/jobs/id.ts";
import { SLOT_LOOK_MS } from "../../../src/limits.ts";
import type { LimitsApi } from "../../../src/registry/api/limit-calls.ts";
import { aRequest, type Bench, callerOf, inRegistry, planOf, START, TENANT } from "../bench.ts";

const RATE = { limit: 4, per_ms: 1_000 };

/** A key whose home is the second object once there are two. */
async function movingKey(nameOf: (n: number) => string): Promise<string> {
  for (let n = 0; ; n++) {
    const [home] = await shardsOfKey(nameOf(n), 2);
    if (home === 1) return nameOf(n);
  }
}

/** The object as the second of two. @param first the other one, as far as it is asked */
async function asSecond(bench: Bench, first: Partial<LimitsApi>) {
  const of = (_tenant: string, shard: number) => (shard === 0 ? (first as LimitsApi) : own.limits);
  const own = await bench.reopen({ owners: { shards: 2, of } });
  return own;
}

async function rest({ settleBackground }: Bench): Promise<void> {
  for (let i = 0; i < 60; i++) await settleBackground();
}

const started = ({ engine }: Bench) => engine.started.map(({ job_id }) => job_id);

describe("a limit whose home is another object since the shards were raised", () => {
  it("leaves a slot to whoever had it, until that job has ended", () =>
    inRegistry(async (bench) => {
      const moved = await movingKey((n) => slotKey({ of: "test-plan" }, { key: `a${n}` }));
      const [, account] = JSON.parse(moved);
      const holder = newJobId(START - 1_000, new Uint8Array(10), 0);
      let isRunning = true;
      const second = await asSecond(bench, {
        surrenderSlots: async (_tenant, key) => (key === moved ? [holder] : []),
        slotsWanted: async (_tenant, ids) => ids.map(() => isRunning),
      });
      const concurrency = { limit: 1, key: "{% $input.account %}", when_full: "queue" } as const;
      const request = aRequest({ input: { account }, concurrency });
      const reply = await second.caller.submit(callerOf(TENANT, { shard: 1 }), request);
      if (!reply.ok) throw new Error(reply.error.code);
      await rest(bench);
      for (let rings = 0; rings < 3; rings++) {
        bench.clock.now += SLOT_LOOK_MS + 1;
        await second.reconciler.onAlarm();
        await rest(bench);
        expect(started(bench)).toEqual([]);
      }
      isRunning = false;
      bench.clock.now += SLOT_LOOK_MS + 1;
      await second.reconciler.onAlarm();
      await rest(bench);
      expect(started(bench)).toEqual([reply.value.id]);
    }));

  it("gives turns of a rate behind those that the other one gave, and leaves these to their holders", () =>
    inRegistry(async (bench) => {
      const key = await movingKey((n) => `api ${n}`);
      const before = new Turns(START, true);
      for (let i = 0; i < 40; i++) before.take(`job_a-1.s.${i}`, { ...RATE, key }, START);
      const { limits } = await asSecond(bench, { surrenderTurns: async (_tenant, rate) => before.surrender(rate) });
      const asked = Array.from({ length: 5 }, (_, i) => limits.takeTurn(TENANT, `job_b-1.s.${i}`, { ...RATE, key }));
      const waits = (await Promise.all(asked)).map(Math.round).sort((a, b) => a - b);
      expect(waits).toEqual([40, 41, 42, 43, 44].map((n) => n * 275));
      expect(await limits.takeTurn(TENANT, "job_a-1.s.39", { ...RATE, key })).toBeCloseTo(39 * 275);
    }));

  it("is silent for as long as one that does not know itself what it gave", () =>
    inRegistry(async (bench) => {
      const key = await movingKey((n) => `api ${n}`);
      const before = new Turns(START, false);
      const { limits } = await asSecond(bench, { surrenderTurns: async (_tenant, rate) => before.surrender(rate) });
      expect(await limits.takeTurn(TENANT, "job_b-1.s.0", { ...RATE, key })).toBeCloseTo(775);
    }));
});

describe("what a job leaves that was cancelled", () => {
  it("goes on at once, past jobs that were cancelled too and could not say so", () =>
    inRegistry(async (bench) => {
      const ids = Array.from({ length: 22 }, (_, i) => newJobId(START + i, new Uint8Array(10), 1));
      const [first = "", ...others] = ids;
      const last = others.at(-1) ?? "";
      const owner = { slotsWanted: async (_tenant: string, asked: string[]) => asked.map((id) => id === last) };
      const { limits } = await bench.reopen({ owners: { shards: 1, of: () => owner as unknown as LimitsApi } });
      const request = (holder: string): SlotRequest => ({
        ...{ key: "k", holder, limit: 1, rank: 0, since: ids.indexOf(holder), when_full: "queue" },
      });
      for (const id of ids) await limits.takeSlot(TENANT, request(id));
      await limits.giveSlot(TENANT, request(first));
      await rest(bench);
      expect(await limits.takeSlot(TENANT, request(last))).toEqual({ do: "held" });
      expect(bench.storage.sql.exec("SELECT holder FROM slot_waiters").toArray()).toEqual([]);
    }));

  it.each(["api.example.com", "{% $item %}"])("is also the turns that its steps had before them: %s", (written) =>
    inRegistry(async (bench) => {
      const key = "api.example.com";
      const rate = { limit: 4, per: "1 second", key: written };
      const inside = [{ id: "get", type: "http", url: "https://example.com/", rate }];
      const plan = planOf([{ id: "all", type: "map", over: [1, 2], steps: inside }]);
      const again = { ...bench, ...(await bench.reopen()) };
      const submit = async () => {
        const { id } = await bench.submit({ plan, plan_hash: "rated" });
        await again.runner.start(bench.ref(id));
        return id;
      };
      const [first, second] = [await submit(), await submit()];
      const take = (id: string, n: number) =>
        again.limits.takeTurn(TENANT, `${id}-1.all[${n}].get.0`, { ...RATE, key });
      for (let i = 0; i < 100; i++) await take(first, i);
      expect(await take(second, 0)).toBeGreaterThan(27_000);
      bench.clock.now += 1_500;
      await again.caller.cancel(callerOf(TENANT), first, null);
      await rest(bench);
      expect(await take(second, 0), "it has a sooner one").toBeLessThan(300);
      expect(await take(second, 1)).toBeLessThan(600);
    }),
  );
});
