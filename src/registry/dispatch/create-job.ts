import { cleansUp } from "../../blueprint/undo.ts";
import { accept, inQueue, isDispatchable, needsSlot } from "../../jobs/dispatch.ts";
import { concurrencyOf } from "../../jobs/flow/concurrency.ts";
import { ID_ENTROPY_BYTES, newJobId } from "../../jobs/id.ts";
import type { Job, StartedBy } from "../../jobs/job.ts";
import { type JsonObject, jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { MAX_ECHO_CHARS, MAX_ROW_VALUE_BYTES } from "../../limits.ts";
import type { QuotaError, SubmitRequest } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { INPUT_PATH } from "../storage/values.ts";

/** What becomes a job: a caller's submission, a child, or a retry. */
export type JobRequest = SubmitRequest & {
  shard: number;
  trigger?: StartedBy | undefined;
  trigger_depth?: number | undefined;
  parent_chain?: string | undefined;
} & Pick<Job, "tenant" | "submitted_by" | "parent_id" | "retried_from">;

/**
 * Makes a job, if the tenant's limits allow one more. Called inside a transaction; whoever calls dispatches the job
 * afterwards.
 * @param isCounted false for what runs when a job has settled: no limit holds it up
 * @param prepare changes the job before it is stored: what a retry brings along
 */
export function createJob(
  context: RegistryContext,
  request: JobRequest,
  now: number,
  prepare: (job: Job) => Job = (job) => job,
  isCounted = true,
): Result<Job, QuotaError> {
  const refused = isCounted ? context.admission.admit(now) : undefined;
  if (refused !== undefined) return err(refused);
  const newId = () => newJobId(now, context.entropy(ID_ENTROPY_BYTES), request.shard);
  context.tables.plans.keep(request, JSON.stringify(request.plan), 1);
  return ok(storeJob(context, request, now, prepare, newId));
}

/** Stores a job that was admitted, whose plan is kept. @param newId draws its id; another one when that is taken */
export function storeJob(
  context: RegistryContext,
  request: JobRequest,
  now: number,
  prepare: (job: Job) => Job,
  newId: () => string,
): Job {
  const { store, tables } = context;
  const { input, idempotency } = request;
  let job = draft(context, request, newId(), now, prepare);
  while (!store.insert(job)) job = draft(context, request, newId(), now, prepare);
  if (job.input_json === null && !isEmpty(input)) tables.values.insert(job.job_id, INPUT_PATH, input);
  if (idempotency) tables.keys.insert(idempotency.key, idempotency.request_hash, job.job_id);
  return job;
}

const isEmpty = (input: JsonObject): boolean => Object.keys(input).length === 0;

function draft(
  { admission }: RegistryContext,
  request: JobRequest,
  job_id: string,
  now: number,
  prepare: (job: Job) => Job,
): Job {
  const { shard: _shard, plan, input, idempotency, run_at, ...fields } = request;
  const limit = request.concurrency ?? plan.concurrency;
  const accepted = prepare(
    accept(
      {
        ...fields,
        concurrency: limit && concurrencyOf(request, limit),
        priority: request.priority ?? plan.priority,
        cleans_up: cleansUp(plan),
        description: plan.description && oneLine(plan.description, MAX_ECHO_CHARS),
        job_id,
        run_at: run_at !== null && run_at > now ? run_at : null,
        step_count: plan.steps.length,
        idempotency_key: idempotency?.key ?? null,
        input_json: isEmpty(input) || jsonBytes(input) > MAX_ROW_VALUE_BYTES ? null : JSON.stringify(input),
      },
      now,
    ),
  );
  // It then waits for a slot, not for a crash to be repaired: the alarm need not look so soon.
  const mustWait = needsSlot(accepted) && isDispatchable(accepted, now) && admission.freeSlots() === 0;
  return mustWait ? inQueue(accepted, now) : accepted;
}
