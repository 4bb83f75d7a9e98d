import { BULK, BULK_PLAN, begunBulk } from "../../jobs/bulk.ts";
import type { BulkState } from "../../jobs/bulk-state.ts";
import { parseJobId } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_JOB_TIMEOUT_MS } from "../../limits.ts";
import type { RetryError, RetryRequest } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { createJob } from "./create-job.ts";

export type BulkJob = Job & { run: { bulk: BulkState } };
export const isBulk = (job: Job): job is BulkJob => job.run.bulk !== undefined;

/**
 * The job that does something to many others. No limit holds for it: it is how a tenant that is full gets room. Called
 * inside a transaction.
 */
export function createBulk(
  context: RegistryContext,
  whose: Pick<Job, "tenant" | "submitted_by" | "retried_from"> & { shard: number },
  request: JsonObject,
  bulk: BulkState,
  now: number,
): Job {
  const created = createJob(
    context,
    {
      ...whose,
      name: `${BULK} ${bulk.action}`,
      blueprint: BULK,
      plan: BULK_PLAN,
      plan_hash: BULK,
      input: request,
      metadata: {},
      run_at: null,
      timeout_ms: MAX_JOB_TIMEOUT_MS,
      parent_id: null,
      idempotency: null,
    },
    now,
    (job) => begunBulk(job, bulk, now),
    false,
  );
  if (!created.ok) throw new Error(`no bulk job: ${created.error.code}`);
  context.store.note({
    at: now,
    action: `jobs_bulk_${bulk.action}`,
    actor: whose.submitted_by,
    subject: created.value.job_id,
  });
  return created.value;
}

/** Goes on where the earlier one was ended. */
export function retryBulk(
  context: RegistryContext,
  earlier: BulkJob,
  { from_step, input, blueprint }: RetryRequest,
  by: string | null,
  now: number,
): Result<Job, RetryError> {
  if (from_step !== null || input !== null || blueprint !== undefined) return err({ code: "no_such_step", steps: [] });
  const { tenant, job_id, run } = earlier;
  const shard = parseJobId(job_id)?.shard ?? 0;
  const whose = { tenant, shard, submitted_by: by, retried_from: job_id };
  return ok(createBulk(context, whose, context.tables.values.input(earlier), run.bulk, now));
}
