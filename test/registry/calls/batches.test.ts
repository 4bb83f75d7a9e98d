import { expect, it } from "vitest";
import { aRequest, CALLER, inRegistry } from "../bench.ts";

const INPUTS = Array.from({ length: 1_000 }, (_, row) => ({ row }));
/** Each of them draws one place twice, as likely as not. */
const BATCHES = 10;

it("the jobs of a batch lie in the order of their inputs, however many of them come in one millisecond", () =>
  inRegistry(async (bench) => {
    for (let i = 0; i < BATCHES; i++) {
      bench.clock.now += 1;
      const batch = await bench.batches.submitBatch(CALLER, aRequest({ idempotency: null }), INPUTS);
      if (!batch.ok) throw new Error(batch.error.code);
      const { batch_id, job_ids } = batch.value;
      const sql =
        "SELECT job_id, input_json ->> 'row' AS row FROM jobs WHERE run_json ->> 'batch' = ? ORDER BY job_number";
      const rows = bench.storage.sql.exec<{ job_id: string; row: number }>(sql, batch_id).toArray();
      expect(rows.map(({ row }) => row)).toEqual(INPUTS.map(({ row }) => row));
      expect(rows.slice(0, job_ids.length).map(({ job_id }) => job_id)).toEqual(job_ids);
    }
  }));
