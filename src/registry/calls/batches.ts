import { batchIdOf, placeOfBatch } from "../../jobs/batch.ts";
import { isDispatchable } from "../../jobs/dispatch.ts";
import { ID_ENTROPY_BYTES, jobNumber, newJobId } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import { type JsonObject, jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { BATCH_LOOK_MS, MAX_BATCH_IDS } from "../../limits.ts";
import type { Batch, BatchApi, BatchReport, UnknownBatch } from "../api/batch-calls.ts";
import type { Caller, Idempotency, SubmitError, SubmitRequest } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { storeJob } from "../dispatch/create-job.ts";

const AT_REST = (status: string): boolean => isSettled(status as Job["status"]) || status === "input_required";

/** Many jobs of one submit: all of them in one transaction, or none. */
export class Batches implements Omit<BatchApi, "waitBatch"> {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async submitBatch(
    { tenant, shard, actor }: Caller,
    request: SubmitRequest,
    inputs: JsonObject[],
  ): Promise<Result<Batch, SubmitError>> {
    const { store, dispatcher, background } = this.#context;
    const now = this.#context.now();
    const whose = { tenant, shard, submitted_by: actor, parent_id: null, retried_from: null };
    const outcome = store.transact((): Result<Job[], SubmitError> | { known: Result<Batch, SubmitError> } => {
      const known = request.idempotency && this.#known(tenant, request.idempotency);
      if (known) return { known };
      const refused = this.#context.admission.admitMany(now, inputs.length, jsonBytes(inputs));
      return refused === undefined ? ok(this.#store({ ...request, ...whose }, inputs, now)) : err(refused);
    });
    if ("known" in outcome) return outcome.known;
    if (!outcome.ok) return outcome;
    const jobs = outcome.value;
    background(dispatcher.dispatch(jobs.filter((job) => isDispatchable(job, now))));
    const ids = jobs.map(({ job_id }) => job_id);
    return ok({
      batch_id: jobs[0]?.run.batch ?? batchIdOf(ids[0] ?? ""),
      count: ids.length,
      job_ids: ids.slice(0, MAX_BATCH_IDS),
      deduplicated: false,
    });
  }

  async findBatchKey({ tenant }: Caller, idempotency: Idempotency): Promise<Result<Batch, SubmitError> | null> {
    return this.#known(tenant, idempotency) ?? null;
  }

  async waitBatch(
    { tenant }: Caller,
    batchId: string,
    until: "any" | "all",
    waitMs: number,
    over?: AbortSignal,
  ): Promise<Result<BatchReport, UnknownBatch>> {
    const { now, waiters } = this.#context;
    const end = now() + waitMs;
    for (;;) {
      const jobs = this.#jobsOf(tenant, batchId);
      if (jobs.length === 0) return err({ code: "unknown_batch" });
      const isOver =
        until === "any" ? jobs.some(({ status }) => AT_REST(status)) : jobs.every(({ status }) => AT_REST(status));
      const left = end - now();
      if (isOver || left <= 0 || over?.aborted) return ok(reportOf(batchId, jobs, !isOver));
      const open = jobs.filter(({ status }) => !AT_REST(status)).map(({ job_id }) => job_id);
      await waiters.wait(open, left, over);
      // All of them may change within a second: they are looked at together.
      await new Promise((resolve) => setTimeout(resolve, Math.min(BATCH_LOOK_MS, left)));
    }
  }

  /** Ids in the order of the inputs; that of the batch is made of the first. */
  #store(request: Parameters<typeof storeJob>[1], inputs: JsonObject[], now: number): Job[] {
    const fresh = () => newJobId(now, this.#context.entropy(ID_ENTROPY_BYTES), request.shard);
    // Half of all batches of a thousand would draw one place twice: what is drawn anew later is not in order.
    const places = new Map<bigint, string>();
    while (places.size < inputs.length) {
      const id = fresh();
      places.set(jobNumber(id), id);
    }
    const ids = [...places.values()].sort();
    const batch = batchIdOf(ids[0] ?? "");
    // Once: a plan may have 64 KiB, and its row is written anew each time.
    this.#context.tables.plans.keep(request, JSON.stringify(request.plan), inputs.length);
    return inputs.map((input, at) => {
      // The key goes with the first job.
      const own = { ...request, input, idempotency: at === 0 ? request.idempotency : null };
      const prepare = (job: Job): Job => ({ ...job, run: { ...job.run, batch } });
      // One that is taken is drawn anew.
      const draw = [ids[at] ?? fresh()];
      return storeJob(this.#context, own, now, prepare, () => draw.pop() ?? fresh());
    });
  }

  #known(tenant: string, { key, request_hash }: Idempotency): Result<Batch, SubmitError> | undefined {
    const found = this.#context.tables.keys.find(key);
    if (found === undefined) return undefined;
    const batch_id = this.#context.tables.jobs.find(tenant, found.job_id)?.run.batch;
    if (found.request_hash !== request_hash || batch_id === undefined) {
      return err({ code: "idempotency_conflict", job_id: found.job_id });
    }
    const ids = this.#jobsOf(tenant, batch_id).map(({ job_id }) => job_id);
    return ok({ batch_id, count: ids.length, job_ids: ids.slice(0, MAX_BATCH_IDS), deduplicated: true });
  }

  #jobsOf(tenant: string, batchId: string): Pick<Job, "job_id" | "status">[] {
    const place = placeOfBatch(batchId);
    return place === undefined ? [] : this.#context.tables.jobs.ofBatch(tenant, batchId, place.floor, place.end);
  }
}

function reportOf(batch_id: string, jobs: readonly Pick<Job, "status">[], timed_out: boolean): BatchReport {
  const statuses: BatchReport["statuses"] = {};
  for (const { status } of jobs) statuses[status] = (statuses[status] ?? 0) + 1;
  return { batch_id, count: jobs.length, statuses, timed_out };
}
