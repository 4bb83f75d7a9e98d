import { describe, expect, it } from "vitest";
import { AUDIT_KEPT_MS, AUDIT_PURGE_BATCH, MAX_AUDIT_ROWS } from "../../../src/limits.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, callerOf, inRegistry, planOf, START, TENANT } from "../bench.ts";

const BY = "key_0123456789abcdef01234567";
const AS_KEY = callerOf(TENANT, { key_id: BY, actor: BY });
const entries = async ({ keys }: Pick<Bench, "keys">) => keys.audit(CALLER, Number.MAX_SAFE_INTEGER, 2_000);

describe("the audit", () => {
  it("has a row for each cancel, deletion, saved blueprint and revoked key, with who did it", () =>
    inRegistry(async (bench) => {
      const { caller, keys, clock, plan } = bench;
      const { id } = await bench.submit();
      await caller.cancel(AS_KEY, id, null);
      clock.now += 1;
      await caller.remove(CALLER, id);
      await caller.saveBlueprint(AS_KEY, { name: plan.name }, plan);
      await keys.revokeKey(AS_KEY, "key_ffffffffffffffffffffffff", clock.now);
      expect(await entries(bench)).toEqual([
        { at: START + 1, action: "key_revoked", actor: BY, subject: "key_ffffffffffffffffffffffff" },
        { at: START + 1, action: "blueprint_saved", actor: BY, subject: "test-plan@1" },
        { at: START + 1, action: "job_deleted", actor: null, subject: id },
        { at: START, action: "job_cancelled", actor: BY, subject: id },
      ]);
    }));

  it("has none for what changed nothing", () =>
    inRegistry(async (bench) => {
      const { caller, keys, clock, plan } = bench;
      const { id } = await bench.submit();
      await caller.saveBlueprint(AS_KEY, { name: plan.name }, plan);
      await caller.cancel(AS_KEY, id, null);
      await keys.revokeKey(AS_KEY, "key_1", clock.now);
      const before = await entries(bench);
      await caller.cancel(AS_KEY, id, null);
      await caller.saveBlueprint(AS_KEY, { name: plan.name }, plan);
      await keys.revokeKey(AS_KEY, "key_1", clock.now);
      await caller.remove(AS_KEY, (await bench.submit()).id);
      await caller.remove(callerOf("globex", { actor: BY }), id);
      expect(await entries(bench)).toEqual(before);
    }));

  it("keeps 90 days, and the alarm takes what is older, in batches", () =>
    inRegistry(async (bench) => {
      const { keys, clock, reconciler, storage } = bench;
      for (let i = 0; i < AUDIT_PURGE_BATCH + 2; i++) await keys.revokeKey(AS_KEY, `key_${i}`, START + i);
      clock.now = START + AUDIT_KEPT_MS - 1;
      await reconciler.onAlarm();
      expect(await entries(bench)).toHaveLength(AUDIT_PURGE_BATCH + 2);
      expect(await storage.getAlarm()).toBe(START + AUDIT_KEPT_MS);
      clock.now = START + AUDIT_PURGE_BATCH + AUDIT_KEPT_MS;
      await reconciler.onAlarm();
      expect(await entries(bench)).toHaveLength(2);
      await reconciler.onAlarm();
      expect((await entries(bench)).map(({ subject }) => subject)).toEqual([`key_${AUDIT_PURGE_BATCH + 1}`]);
    }));

  it("keeps a million rows, and the alarm takes the oldest of more", () =>
    inRegistry(async (bench) => {
      const { keys, reconciler, storage } = bench;
      storage.sql.exec(
        `WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < ${MAX_AUDIT_ROWS})
         INSERT INTO audit (at, action, actor, subject) SELECT ${START}, 'job_deleted', NULL, 'job ' || n FROM more`,
      );
      await reconciler.onAlarm();
      const first = () => storage.sql.exec("SELECT min(seq) AS seq, count(*) AS count FROM audit").one();
      expect(first()).toEqual({ seq: 1, count: MAX_AUDIT_ROWS });
      for (let i = 1; i <= 3; i++) await keys.revokeKey(AS_KEY, `key_${i}`, START);
      await reconciler.onAlarm();
      expect(first()).toEqual({ seq: 4, count: MAX_AUDIT_ROWS });
    }));

  it("costs a cancel and a deletion one row each", () =>
    inRegistry(async (bench) => {
      const { caller } = bench;
      const [one, two] = [await bench.submit(), await bench.submit()];
      for (const job of [one, two]) await caller.cancel(CALLER, job.id, null);
      await caller.remove(CALLER, one.id);
      const deletion = await rowsOf(bench.storage, () => caller.remove(AS_KEY, two.id));
      // 4 of the deletion, 1 of what the job was, 1 of the audit.
      expect(deletion.written).toBeLessThanOrEqual(6);
    }));
});

describe("submitted_by", () => {
  const stored = ({ storage }: Bench) =>
    Object.fromEntries(
      storage.sql
        .exec("SELECT name, submitted_by FROM jobs")
        .toArray()
        .map((row) => [row.name, row.submitted_by]),
    );

  it("is the caller of a submit, of a retry who retried, and of a child who submitted its parent", () =>
    inRegistry(async (bench) => {
      const { caller, runner, ref } = bench;
      const parent = await bench.submit({ name: "parent" }, AS_KEY);
      await bench.submit({ name: "nobody" });
      await runner.start(ref(parent.id));
      const rest = planOf([{ id: "rest", type: "sleep", for: "1 hour" }]);
      await runner.spawn(ref(parent.id), "first", { name: "child", blueprint: "inline", plan: rest, input: {} }, []);
      await bench.settleBackground();
      expect(stored(bench)).toEqual({ parent: BY, nobody: null, child: BY });
      await caller.cancel(CALLER, parent.id, null);
      const again = await caller.retry(callerOf(TENANT, { actor: `${BY}/client` }), parent.id, {
        from_step: null,
        input: null,
      });
      if (!again.ok) throw new Error(again.error.code);
      const row = bench.storage.sql.exec("SELECT submitted_by FROM jobs WHERE job_id = ?", again.value.id).one();
      expect(row.submitted_by).toBe(`${BY}/client`);
    }));
});
