import type { Blueprint } from "../../blueprint/blueprint.ts";
import { defaultTimeoutMs } from "../../blueprint/planned-wait.ts";
import { undoSteps } from "../../blueprint/undo.ts";
import { isDispatchable } from "../../jobs/dispatch.ts";
import { parseJobId } from "../../jobs/id.ts";
import { type InFlight, type Job, openWork } from "../../jobs/job.ts";
import { allLandedBy, stillActing } from "../../jobs/run/in-flight.ts";
import { actsUntil } from "../../jobs/run/offers.ts";
import type { Outcome } from "../../jobs/settle.ts";
import { isSettled } from "../../jobs/status.ts";
import { CLEANUP_TIMEOUT_MS, MAX_JOB_TIMEOUT_MS } from "../../limits.ts";
import type { NotSettled } from "../api/caller.ts";
import type { CleanupPlan } from "../api/cleanup-calls.ts";
import type { RegistryContext } from "../context.ts";
import { createJob } from "./create-job.ts";

/**
 * A job that has settled may leave something to run: the undos of its steps, then `finally`. They run as a job of their
 * own, a child of it. All of this is called inside transactions.
 */

const planOf = ({ tables }: RegistryContext, { plan_hash }: Job): Blueprint => JSON.parse(tables.plans.json(plan_hash));

/** The job that cleans up after this one, while it has not settled. */
export function openCleanup({ tables }: Pick<RegistryContext, "tables">, job: Job): Job | undefined {
  const id = job.run.cleanup_job_id;
  const cleanup = id === undefined ? undefined : tables.jobs.find(job.tenant, id);
  return cleanup === undefined || isSettled(cleanup.status) ? undefined : cleanup;
}

/** Why the job can be neither deleted nor retried yet. */
export function notSettled(context: Pick<RegistryContext, "tables">, job: Job): NotSettled | undefined {
  if (!isSettled(job.status)) return { code: "not_settled", status: job.status };
  const cleanup = openCleanup(context, job);
  return cleanup && { code: "not_settled", status: job.status, cleanup_job_id: cleanup.job_id };
}

/** Children that were cancelled with the job and clean up themselves: what came before them is taken back after that. */
function cleaningChildren(context: RegistryContext, job: Job): Record<string, InFlight> {
  return Object.fromEntries(
    Object.entries(job.run.open).flatMap(([path, { child_id }]): [string, InFlight][] => {
      const child = child_id === undefined ? undefined : context.tables.jobs.find(job.tenant, child_id);
      const cleanup = child && openCleanup(context, child);
      return cleanup === undefined
        ? []
        : [[path, { until: cleanup.due_at + cleanup.timeout_ms, child_id: child_id ?? "" }]];
    }),
  );
}

/** Steps that a worker has, who does not know yet that nobody waits for it. */
function claimedWork({ tables }: RegistryContext, job: Job, now: number): Record<string, InFlight> {
  return Object.fromEntries(
    tables.offers.ofJob(job.job_id).flatMap((offer): [string, InFlight][] => {
      const until = actsUntil(offer, now);
      const { key_path } = openWork(job.run, offer.path) ?? {};
      return until === undefined ? [] : [[offer.path, { until, ...(key_path && { key_path }) }]];
    }),
  );
}

/** Whether an effect of the job may have to be taken back. */
function mayUndo({ actions, undoables }: RegistryContext, job: Job): boolean {
  if ((job.run.undos ?? 0) > 0) return true;
  if (Object.keys(job.run.in_flight ?? {}).some((path) => undoables.has(job, path))) return true;
  return actions.all(job.job_id).some((each) => each.outcome === "unknown" && undoables.hasUnknown(job, each.key_path));
}

/** Whether the job has effects that are taken back although it succeeded. */
function hasLost({ tables, actions, undoables }: RegistryContext, job: Job): boolean {
  if (!undoables.hasRaces(job)) return false;
  const isLost = (path: string) => undoables.has(job, path) && undoables.isLost(job, path);
  if (Object.keys(job.run.in_flight ?? {}).some(isLost)) return true;
  if ((job.run.undos ?? 0) > 0 && tables.values.paths(job).some(({ path }) => isLost(path))) return true;
  return actions.all(job.job_id).some(({ outcome, key_path: path }) => {
    return outcome === "unknown" && undoables.hasUnknown(job, path) && undoables.isLost(job, path);
  });
}

/**
 * Accepts the job that cleans up after the settled one, if there is anything to do.
 * @param open the job as it was before it settled
 * @returns the settled job with the other's id
 */
export function acceptCleanup(
  context: RegistryContext,
  open: Job,
  settled: Job,
  outcome: Outcome,
  now: number,
): Job | undefined {
  if (!settled.run.cleans_up) return undefined;
  const acting = { ...stillActing(open, outcome), ...claimedWork(context, open, now) };
  const in_flight = { ...acting, ...cleaningChildren(context, open) };
  const ended = { ...settled, run: { ...settled.run, in_flight } };
  const plan = planOf(context, settled);
  const undoes = outcome.name === "succeeded" ? hasLost(context, ended) : mayUndo(context, ended);
  if (plan.finally === undefined && !undoes) return undefined;
  const cleanup = createCleanup(context, ended, plan, allLandedBy(ended), now);
  const named = { ...ended, run: { ...ended.run, cleanup_job_id: cleanup.job_id } };
  context.store.save(settled, named);
  if (isDispatchable(cleanup, now)) context.background(context.dispatcher.dispatch([cleanup]));
  return named;
}

/** @param notBefore when actions of the job are over that nobody has heard of; null: none is */
export function createCleanup(
  context: RegistryContext,
  job: Job,
  plan: Blueprint,
  notBefore: number | null,
  now: number,
  prepare: (cleanup: Job) => Job = (cleanup) => cleanup,
): Job {
  const { tenant, name, blueprint, plan_hash, submitted_by, run } = job;
  const waits = [...plan.steps.flatMap((step) => undoSteps(step).map((each) => each.step)), ...(plan.finally ?? [])];
  const named = defaultTimeoutMs({ name: plan.name, steps: waits }, now);
  const accepted = createJob(
    context,
    {
      ...{ tenant, plan_hash, submitted_by, plan, blueprint },
      name,
      trace: run.trace,
      trigger_depth: run.trigger_depth,
      origin: run.origin,
      shard: parseJobId(job.job_id)?.shard ?? 0,
      input: {},
      metadata: {},
      run_at: notBefore,
      timeout_ms: Math.min(MAX_JOB_TIMEOUT_MS, CLEANUP_TIMEOUT_MS + named),
      parent_id: job.job_id,
      retried_from: null,
      idempotency: null,
    },
    now,
    (cleanup) => {
      const { cleans_up: _own, rows_by_item, ...fresh } = cleanup.run;
      const rows = run.rows_by_item && { rows_by_item };
      return prepare({ ...cleanup, run: { ...fresh, ...rows, cleanup: true } });
    },
    false,
  );
  // No limit holds for it.
  if (!accepted.ok) throw new Error(`no cleanup of ${job.job_id}: ${accepted.error.code}`);
  return accepted.value;
}

/** An action that was in flight has ended: the last one gives the way free. */
export function release(context: RegistryContext, job: Job, now: number): void {
  const cleanup = openCleanup(context, job);
  if (cleanup === undefined || cleanup.run_at === null || allLandedBy(job) !== null) return;
  const free = { ...cleanup, run_at: null, due_at: now, expected_by: now };
  context.store.save(cleanup, free);
  context.background(context.dispatcher.dispatch([free]));
}

/** What the runner of a cleanup job must know besides the plan; undefined: its parent is gone. */
export function cleanupPlan(context: RegistryContext, cleanup: Job): CleanupPlan | undefined {
  const { tables, actions, undoables } = context;
  const of = cleanup.parent_id === null ? undefined : tables.jobs.find(cleanup.tenant, cleanup.parent_id);
  if (of === undefined) return undefined;
  const { job_id, attempt, submitted_at, status, error, error_code, step, run } = of;
  const unknown = actions.all(job_id).filter((each) => each.outcome === "unknown");
  return {
    of: { job_id, attempt, submitted_at, started_at: of.started_at ?? submitted_at },
    input: tables.values.input(of),
    ...(run.rows_by_item && { rows_by_item: true }),
    succeeded: Object.fromEntries(
      Object.entries(run.steps).flatMap(([id, { status, completed_at }]) =>
        status === "succeeded" ? [[id, completed_at]] : [],
      ),
    ),
    unknown: unknown.map(({ key_path }) => key_path).filter((path) => undoables.hasUnknown(of, path)),
    isUndoing: status !== "succeeded",
    outcome: {
      status,
      error: error_code === null ? null : { code: error_code, message: error?.replace(/^Step \S+: /, "") ?? "", step },
    },
  };
}
