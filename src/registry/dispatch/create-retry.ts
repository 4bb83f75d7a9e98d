import canonicalize from "canonicalize";
import type { Blueprint } from "../../blueprint/blueprint.ts";
import { readInput } from "../../blueprint/schemas/check-input.ts";
import { parseJobId } from "../../jobs/id.ts";
import { type Job, stepState } from "../../jobs/job.ts";
import { type Ground, groundOf } from "../../jobs/retry.ts";
import { type Again, inherited, rootOf, suffixOf, topLevelStep } from "../../jobs/run/action-keys.ts";
import { keptOutputs, withoutSmallOutputs } from "../../jobs/run/small-outputs.ts";
import { isSettled } from "../../jobs/status.ts";
import { type JsonObject, ownValue } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { NewPlan, QuotaError, RetryError, RetryRequest } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import type { Tables } from "../storage/tables.ts";
import { haltedPath, isFailedPath, type StoredPath, type UndoState } from "../storage/values.ts";
import { createCleanup, named, notSettled } from "./cleanup.ts";
import { isBulk, retryBulk } from "./create-bulk.ts";
import { createJob, type JobRequest } from "./create-job.ts";

/** True when the step need not run again: it ended well, or its failure was passed over and its output is stored. */
function isFinished(tables: Tables, job: Job, step: string): boolean {
  const status = stepState(job.run, step)?.status;
  if (status === "succeeded" || status === "skipped") return true;
  const isKept = (path: string) => tables.values.json(job, path) !== undefined;
  return status === "failed" && (isKept(step) || isKept(haltedPath(step)));
}

export const isSame = (one: unknown, other: unknown): boolean => canonicalize(one) === canonicalize(other);

/** Whose job it is, and how long it may take. */
export type Family = Pick<JobRequest, "parent_id" | "parent_chain" | "timeout_ms" | "submitted_by">;

/** What a retry runs, and what it goes on from. */
interface Continuation extends NewPlan {
  input: JsonObject;
  ground: Ground;
}

/** New jobs that go on where settled ones ended. Settled jobs never change. All of this is called inside transactions. */

/**
 * @param by who asks for it
 * @param requestHash fingerprint of the request: the same one again returns its job while that is unsettled
 * @param isCounted false for one of many that were asked for together
 */
export function retryJob(
  context: RegistryContext,
  job: Job,
  request: RetryRequest,
  requestHash: string,
  by: string | null,
  now: number,
  isCounted = true,
): Result<Job, RetryError> {
  const unsettled = notSettled(context, job);
  if (unsettled !== undefined) return err(unsettled);
  if (job.status === "succeeded" && request.from_step === null) return err({ code: "from_step_needed" });
  if (isBulk(job)) return retryBulk(context, job, request, by, now);
  const next = job.run.cleanup ? ok(undefined) : continuation(context, job, request);
  if (!next.ok) return next;
  const known = context.actions.retryOf(job.job_id, requestHash);
  const same = known === undefined ? undefined : context.tables.jobs.find(job.tenant, known);
  if (same !== undefined && !isSettled(same.status)) return ok(same);
  const family = { parent_id: null, timeout_ms: request.timeout_ms ?? job.timeout_ms, submitted_by: by };
  const again =
    next.value === undefined
      ? retryCleanup(context, job, now)
      : continueJob(context, job, next.value, family, now, isCounted);
  if (again.ok) context.actions.keepRetry(job.job_id, requestHash, again.value.job_id);
  return again;
}

/** Undos that succeeded do not run again; those that failed do, under their earlier keys. */
function retryCleanup(context: RegistryContext, cleanup: Job, now: number): Result<Job, RetryError> {
  const { tables, store, actions } = context;
  const of = cleanup.parent_id === null ? undefined : tables.jobs.find(cleanup.tenant, cleanup.parent_id);
  // Without its parent there is nothing that it could go by.
  if (of === undefined) return err({ code: "unknown_job" });
  const root = rootOf(cleanup);
  const { race } = cleanup.run;
  const number = actions.retriesOf(root) + 1;
  const again = createCleanup(context, of, JSON.parse(tables.plans.json(of.plan_hash)), null, now, (fresh) => {
    const { job_id: retried_from } = cleanup;
    const { outputs_json } = withoutSmallOutputs(cleanup, isFailedPath);
    const chain = { root, number, fresh: {} };
    return { ...fresh, retried_from, outputs_json, run: { ...fresh.run, ...(race && { race }), chain } };
  });
  actions.join(root);
  for (const stored of tables.values.paths(cleanup)) {
    if (!isFailedPath(stored.path)) tables.values.copy(cleanup.job_id, stored, again.job_id);
  }
  for (const record of actions.all(cleanup.job_id)) {
    actions.keep(again.job_id, inherited(record, "retry", number));
  }
  store.save(of, named(of, again));
  return ok(again);
}

function continuation(
  context: RegistryContext,
  job: Job,
  { from_step, input, blueprint }: RetryRequest,
): Result<Continuation, RetryError> {
  const plan: Blueprint = blueprint?.plan ?? JSON.parse(context.tables.plans.json(job.plan_hash));
  const stored = context.tables.values.input(job);
  const mustRead = input !== null || blueprint !== undefined;
  const read = mustRead ? readInput(plan, input ?? stored) : ok(stored);
  if (!read.ok) return err({ code: "invalid_input", faults: read.error });
  const ground = groundFor(context, job, { steps: plan.steps, isNewInput: input !== null, from: from_step });
  if (!ground.ok) return err({ code: "no_such_step", steps: ground.error });
  const { label, plan_hash } = blueprint ?? { label: job.blueprint, plan_hash: job.plan_hash };
  return ok({ plan, label, plan_hash, input: read.value, ground: ground.value });
}

export function groundFor(
  context: RegistryContext,
  job: Job,
  wanted: { steps: Blueprint["steps"]; isNewInput: boolean; from: string | null },
) {
  const before: Blueprint = JSON.parse(context.tables.plans.json(job.plan_hash));
  const undone = new Set(
    context.tables.values
      .paths(job)
      .flatMap((each) => (each.undo === null || context.undoables.isLost(job, each.path) ? [] : [topOf(each)])),
  );
  const changedAt = before.steps.findIndex((step, i) => !isSame(step, wanted.steps[i]));
  return groundOf({
    before: before.steps.map(({ id }) => id),
    after: wanted.steps.map(({ id }) => id),
    same: changedAt === -1 ? before.steps.length : changedAt,
    finished: (id) => isFinished(context.tables, job, id),
    undone: (id) => undone.has(id),
    isNewInput: wanted.isNewInput,
    from: wanted.from,
  });
}

export function continueJob(
  context: RegistryContext,
  job: Job,
  { plan, plan_hash, label, input, ground }: Continuation,
  family: Family,
  now: number,
  isCounted = true,
): Result<Job, QuotaError> {
  const stored = continuedValues(context, job, ground);
  const full = context.admission.storageRefusal(stored.copied.reduce((sum, { bytes }) => sum + bytes, 0));
  if (full !== undefined) return err(full);
  const root = rootOf(job);
  const number = context.actions.retriesOf(root) + 1;
  const request: JobRequest = {
    ...family,
    tenant: job.tenant,
    name: job.name,
    metadata: job.metadata,
    trace: job.run.trace,
    trigger: job.run.trigger,
    trigger_depth: job.run.trigger_depth,
    origin: job.run.origin,
    shard: parseJobId(job.job_id)?.shard ?? 0,
    blueprint: label,
    plan,
    plan_hash,
    input,
    run_at: null,
    retried_from: job.job_id,
    idempotency: null,
    // Those of its submit.
    ...(plan_hash === job.plan_hash && { concurrency: job.run.concurrency, priority: job.run.priority }),
  };
  const copied = new Set(stored.copied.map(({ path }) => path));
  const prepare = (fresh: Job) => {
    const outputs_json = keptOutputs(job, (path) => copied.has(path));
    return { ...onGround(context, job, fresh, ground, number), outputs_json };
  };
  const again = createJob(context, request, now, prepare, isCounted);
  if (!again.ok) return again;
  context.actions.join(root);
  carryOver(context, job, again.value, ground, stored, number);
  return again;
}

function onGround(context: RegistryContext, job: Job, fresh: Job, { kept, discarded }: Ground, number: number): Job {
  const { rows_by_item: _own, ...run } = fresh.run;
  const states = Object.entries(job.run.steps).filter(([id]) => kept.includes(id));
  const isOld = job.run.rows_by_item === undefined;
  // Of an old job it is not known which actions of its last step are unknown: none of them gets another key.
  const given = Object.keys(discarded).filter((id) => !isOld || isFinished(context.tables, job, id));
  const suffixes = { ...job.run.chain?.fresh, ...Object.fromEntries(given.map((id) => [id, number])) };
  return {
    ...fresh,
    run: {
      ...run,
      steps: Object.fromEntries(states),
      ...(!isOld && { rows_by_item: true }),
      ...(job.run.undos && { undos: job.run.undos }),
      ...(job.run.batch !== undefined && { batch: job.run.batch }),
      chain: { root: rootOf(job), number, fresh: suffixes },
    },
  };
}

const topOf = ({ path, row_key }: Pick<StoredPath, "path" | "row_key">): string => topLevelStep(row_key ?? path);

/** Stored values that the retry reuses, and those of the rest that came from children, which are retried. */
interface ContinuedValues {
  copied: StoredPath[];
  ofChildren: { keyPath: string; child_id: string }[];
  /** Outputs of what was taken back, or begun to be. */
  undone: { keyPath: string; undo: UndoState }[];
}

function continuedValues(context: RegistryContext, job: Job, { kept, inside }: Ground): ContinuedValues {
  const found: ContinuedValues = { copied: [], ofChildren: [], undone: [] };
  for (const stored of context.tables.values.paths(job)) {
    const keyPath = stored.row_key ?? stored.path;
    // How rows were stopped, by their places: an item may have another place now.
    if (job.run.rows_by_item && stored.row_key === null && keyPath.includes("[")) continue;
    const top = topLevelStep(keyPath);
    if (stored.undo !== null) {
      found.undone.push({ keyPath, undo: stored.undo });
      if (stored.child_id !== null) found.ofChildren.push({ keyPath, child_id: stored.child_id });
    } else if (kept.includes(top) || top === inside) found.copied.push(stored);
    else if (stored.child_id !== null) found.ofChildren.push({ keyPath, child_id: stored.child_id });
  }
  return found;
}

/** Outputs that are reused, and what is known of actions that did not finish. */
function carryOver(
  { tables, actions }: RegistryContext,
  job: Job,
  again: Job,
  { discarded }: Ground,
  { copied, ofChildren, undone }: ContinuedValues,
  number: number,
): void {
  const why = (keyPath: string): Again => {
    const top = topLevelStep(keyPath);
    return ownValue(discarded, top) ?? "retry";
  };
  for (const stored of copied) tables.values.copy(job.job_id, stored, again.job_id);
  for (const record of actions.all(job.job_id)) {
    actions.keep(again.job_id, inherited(record, why(record.key_path), number));
  }
  for (const { keyPath, child_id } of ofChildren) {
    // What is known of the very child stays; of one before it, it says nothing of this one.
    if (actions.find(job.job_id, keyPath)?.child_id === child_id) continue;
    actions.keep(again.job_id, { key_path: keyPath, suffix: number, polls: 0, outcome: null, child_id });
  }
  for (const { keyPath, undo } of undone) {
    const known = actions.find(again.job_id, keyPath);
    // An undo that did not come to its end may have left the effect as it was.
    const before = suffixOf(job.run.chain, actions.find(job.job_id, keyPath), keyPath);
    const key = undo === "done" ? { suffix: number, outcome: null } : { suffix: before, outcome: "unknown" as const };
    actions.keep(again.job_id, { key_path: keyPath, polls: 0, child_id: known?.child_id ?? null, ...key });
  }
}
