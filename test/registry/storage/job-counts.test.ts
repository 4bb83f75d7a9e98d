import { describe, expect, it } from "vitest";
import { seeded } from "../../../tooling/random.ts";
import { aRequest, type Bench, CALLER, inRegistry } from "../bench.ts";

/** The same by the rows, said in another way than the registry's own query. */
function counted({ storage }: Bench) {
  const rows = storage.sql.exec("SELECT status, dispatched_at, attempt, run_json FROM jobs").toArray();
  const active = rows.filter((row) => !["succeeded", "failed", "cancelled"].includes(String(row.status)));
  const given = active.filter((row) => row.dispatched_at || row.attempt !== 1);
  const idle = given.filter((row) => {
    const open: { child_id?: string; ready?: unknown }[] = Object.values(JSON.parse(String(row.run_json)).open ?? {});
    return open.length > 0 && open.every((work) => work.child_id && !work.ready);
  });
  return { active: active.length, running: given.length - idle.length };
}

const idsOf = (bench: Bench) =>
  bench.storage.sql.exec<{ job_id: string; attempt: number }>("SELECT job_id, attempt FROM jobs").toArray();

type Act = (bench: Bench, job: { id: string; attempt: number }, random: () => number) => Promise<unknown>;

const acts: Record<string, Act> = {
  submit: (bench) => bench.caller.submit(CALLER, aRequest()),
  "submit again": (bench) => bench.caller.submit(CALLER, aRequest({ idempotency: { key: "k", request_hash: "h" } })),
  "submit for later": (bench) => bench.caller.submit(CALLER, aRequest({ run_at: bench.clock.now + 30_000 })),
  start: (bench, { id, attempt }) => bench.runner.start(bench.ref(id, attempt)),
  spawn: async (bench, { id, attempt }, random) => {
    const child = { name: "child", blueprint: "inline", plan: bench.plan, input: {} };
    await bench.runner.spawn(bench.ref(id, attempt), random() < 0.5 ? "first" : "second", child, []);
  },
  succeed: (bench, { id, attempt }) =>
    bench.runner.settle(bench.ref(id, attempt), { name: "succeeded", output: {} }, []),
  cancel: (bench, { id }) => bench.caller.cancel(CALLER, id, null),
  retry: (bench, { id }) => bench.caller.retry(CALLER, id, { from_step: null, input: null }),
  remove: (bench, { id }) => bench.caller.remove(CALLER, id),
  ring: async (bench, _job, random) => {
    bench.engine.refuses = random() < 0.3;
    bench.engine.claims = { state: random() < 0.5 ? "unknown_instance" : "running" };
    bench.clock.now += Math.floor(random() * 40_000);
    await bench.reconciler.onAlarm();
    bench.engine.refuses = false;
  },
};

describe("the counts of jobs", () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))("is what the rows say after any course: seed %i", (seed) =>
    inRegistry(
      async (bench) => {
        const random = seeded(seed);
        const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
        expect(bench.counts.current).toEqual({ active: 0, running: 0 });
        for (let i = 0; i < 150; i++) {
          const { job_id: id = "job_none", attempt = 1 } = pick(idsOf(bench)) ?? {};
          const [name, act] = pick(Object.entries(acts)) ?? ["none", async () => undefined];
          await act(bench, { id, attempt }, random);
          if (random() < 0.7) await bench.settleBackground();
          expect([i, name, bench.counts.current]).toEqual([i, name, counted(bench)]);
        }
        await bench.settleBackground();
        expect(counted(bench).active).toBeGreaterThan(0);
        expect((await bench.reopen()).counts.current).toEqual(counted(bench));
      },
      { activeJobs: 40, runningJobs: 5 },
    ),
  );

  it("is counted anew when a transaction is undone half way", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      await acts.spawn?.(bench, { id, attempt: 1 }, () => 0);
      await bench.settleBackground();
      expect(bench.counts.current).toEqual({ active: 2, running: 1 });
      // The parent's row is written, then the child's is not.
      bench.storage.sql.exec(
        "CREATE TRIGGER broken BEFORE UPDATE ON jobs WHEN NEW.parent_id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'broken'); END",
      );
      await expect(bench.caller.cancel(CALLER, id, null)).rejects.toThrow("broken");
      expect(bench.counts.current).toEqual({ active: 2, running: 1 });
    }));
});
