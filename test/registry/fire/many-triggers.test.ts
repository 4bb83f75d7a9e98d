import { describe, expect, it } from "vitest";
import { recordFigures } from "../../../tooling/figures.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, inRegistry, START } from "../bench.ts";
import { aTrigger, everyMinute, finish, jobsOf, MINUTE, ring, save } from "./trigger-bench.ts";

const MANY = 100_000;
const NAMES = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})`;

/** So many more, half of them due far ahead and half waiting for an event that never comes. */
function addMany({ storage }: Bench): void {
  const columns = "tenant, shard, version, document_json, label, plan_hash, timeout_ms, anchor_at, saved_at, share";
  storage.sql.exec(`${NAMES} INSERT INTO triggers (name, ${columns}, event_name)
    SELECT 'other-' || i, ${columns}, CASE i % 2 WHEN 0 THEN 'order.shipped' END FROM n, triggers WHERE name = 'report'`);
  storage.sql.exec(`${NAMES} INSERT INTO trigger_states (name, due_at, state_json)
    SELECT 'other-' || i, CASE i % 2 WHEN 1 THEN ${START + 365 * 86_400_000} END, state_json
    FROM n, trigger_states WHERE name = 'report'`);
}

/** Rows of one minute in which the trigger starts a job, and of an event that another one filters. */
async function costs(bench: Bench) {
  const tick = await rowsOf(bench.storage, () => ring(bench, MINUTE));
  const [job] = (await jobsOf(bench)).slice(-1);
  const event = await rowsOf(bench.storage, async () => {
    await finish(bench, job?.id ?? "");
    await bench.settleBackground();
  });
  return { tick, event };
}

describe(`${MANY} triggers in a shard`, () => {
  it("make a tick and an event cost no rows more", (test) =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger({ schedule: everyMinute({ overlap: "allow" }) }));
      const { schedule: _, ...bare } = aTrigger({ name: "told", when: "{% false %}" });
      await save(bench, { ...bare, event: { name: "job.settled", filter: { trigger: "report" } } });
      await ring(bench);
      await costs(bench);
      const few = await costs(bench);
      addMany(bench);
      const reopened = { ...bench, ...(await bench.reopen()) };
      await costs(reopened);
      const many = await costs(reopened);
      // The alarm looks when the first of them is due.
      for (const what of ["tick", "event"] as const) {
        expect(many[what].written).toBe(few[what].written);
        expect(many[what].read).toBeLessThanOrEqual(few[what].read + 1);
      }
      const listed = await rowsOf(bench.storage, () => bench.caller.listTriggers(CALLER, "", 20));
      expect(listed.read).toBeLessThanOrEqual(41);
      recordFigures(test, {
        harness: "triggers of a shard",
        seed: null,
        counts: {
          triggers: MANY,
          "rows of a tick, read": many.tick.read,
          "rows of a tick, written": many.tick.written,
        },
      });
    }));
});
