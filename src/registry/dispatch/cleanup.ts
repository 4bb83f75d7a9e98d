import type { Blueprint } from "../../blueprint/blueprint.ts";
import { defaultTimeoutMs } from "../../blueprint/planned-wait.ts";
import { undoSteps } from "../../blueprint/undo.ts";
import { isDispatchable } from "../../jobs/dispatch.ts";
import { parseJobId } from "../../jobs/id.ts";
import { type InFlight, type Job, openWork } from "../../jobs/job.ts";
import { enclosing, liesIn } from "../../jobs/run/awaiting.ts";
import { allLandedBy, landed, stepIdOf, stillActing } from "../../jobs/run/in-flight.ts";
import { actsUntil } from "../../jobs/run/offers.ts";
import { goneOn, noRounds, type Rounds, roundPrefix } from "../../jobs/run/rounds.ts";
import type { Outcome } from "../../jobs/settle.ts";
import { isSettled } from "../../jobs/status.ts";
import type { Json } from "../../lib/json.ts";
import { CLEANUP_TIMEOUT_MS, MAX_JOB_TIMEOUT_MS } from "../../limits.ts";
import type { NotSettled } from "../api/caller.ts";
import type { CleanupPlan } from "../api/cleanup-calls.ts";
import type { RegistryContext } from "../context.ts";
import { AROUND_PATH, roundsPath } from "../storage/values.ts";
import { createJob } from "./create-job.ts";

/**
 * A job that has settled may leave something to run: the undos of its steps, then `finally`. They run as a job of their
 * own, a child of it. So does, while it runs, what takes back what branches did of which another was first. All of this is
 * called inside transactions.
 */

const planOf = ({ tables }: RegistryContext, { plan_hash }: Job): Blueprint => JSON.parse(tables.plans.json(plan_hash));

/** Jobs that clean up after this one and have not settled. */
function openCleanups({ tables }: Pick<RegistryContext, "tables">, { tenant, run }: Job): Job[] {
  const ids = new Set([run.cleanup_job_id ?? [], run.undoing ?? []].flat());
  return [...ids].flatMap((id) => {
    const cleanup = tables.jobs.find(tenant, id);
    return cleanup === undefined || isSettled(cleanup.status) ? [] : [cleanup];
  });
}

/** The first of them. */
export const openCleanup = (context: Pick<RegistryContext, "tables">, job: Job): Job | undefined =>
  openCleanups(context, job)[0];

/** The job with the one that cleans up after it. */
export const named = ({ run, ...job }: Job, { job_id, run: { race } }: Job): Job => ({
  ...job,
  run: { ...run, cleanup_job_id: job_id, ...(race && { undoing: [...(run.undoing ?? []), job_id] }) },
});

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
      return cleanup === undefined ? [] : [[path, { until: overBy(cleanup), child_id: child_id ?? "" }]];
    }),
  );
}

const overBy = ({ due_at, timeout_ms }: Job): number => due_at + timeout_ms;

/** What still takes back what lost branches did: it was done later than what is left to take back. */
const undoing = (context: RegistryContext, job: Job): Record<string, InFlight> =>
  Object.fromEntries(
    openCleanups(context, job).map((cleanup) => [
      `$lost.${cleanup.job_id}`,
      { until: overBy(cleanup), child_id: cleanup.job_id },
    ]),
  );

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

/**
 * Whether branches of the step at `race` may have effects in vain: another was first. Of what a retry brought along, and
 * of rows whose outcome is unknown, only the item is known and not the place: then perhaps.
 */
function hasLost({ tables, actions, undoables }: RegistryContext, job: Job, race: string): boolean {
  const isLost = (path: string) => undoables.lostIn(job, path) === race;
  if (Object.keys(job.run.in_flight ?? {}).some((path) => undoables.has(job, path) && isLost(path))) return true;
  const { undos = 0, chain } = job.run;
  if (undos > 0 && chain !== undefined) return true;
  if (undos > 0 && tables.values.undoableBelow(job.job_id, `${race}.`).some(isLost)) return true;
  const isInside = (path: string) => enclosing(path).some((around) => stepIdOf(around) === stepIdOf(race));
  return actions.all(job.job_id).some(({ outcome, key_path }) => {
    return outcome === "unknown" && undoables.hasUnknown(job, key_path) && isInside(key_path);
  });
}

/** Keeps for the cleanup where the repeats around the step at the path stand: the job goes on meanwhile. */
function keepRoundsAround({ tables }: RegistryContext, job: Job, path: string, cleanup: Job): void {
  const around = enclosing(path).flatMap((each): [string, Rounds][] => {
    const kept = tables.values.json(job, roundsPath(each));
    const rounds = kept === undefined ? noRounds(job.job_id) : goneOn(JSON.parse(kept), job.job_id);
    // A retry may have what it brought along of rounds by their items: that is read as a whole.
    return path.startsWith(roundPrefix(each, rounds.round + 1)) ? [[each, rounds]] : [];
  });
  if (around.length === 0) return;
  tables.values.insert(cleanup.job_id, AROUND_PATH, Object.fromEntries(around) as unknown as Json);
}

/** Where they stood then; undefined: there is none, or it is not known. */
export function roundsAround({ tables }: RegistryContext, cleanup: Job): Record<string, Rounds> | undefined {
  const json = tables.values.json(cleanup, AROUND_PATH);
  return json === undefined ? undefined : JSON.parse(json);
}

/** The job with what goes on below the path when nobody waits for it any more: whatever cleans up waits for that. */
export function withInFlight(context: RegistryContext, job: Job, path: string, now: number): Job {
  if (!job.run.cleans_up) return job;
  const flying = Object.entries({ ...claimedWork(context, job, now), ...cleaningChildren(context, job) });
  const below = flying.filter(([each]) => liesIn(each, path));
  if (below.length === 0) return job;
  return { ...job, run: { ...job.run, in_flight: { ...job.run.in_flight, ...Object.fromEntries(below) } } };
}

/**
 * A branch of the step at the path was first: what the others did is taken back at once, beside the job. Called inside a
 * transaction.
 * @param job with the branch kept that was first, and what the others had open or in flight
 * @returns the job, to be saved
 */
export function takeBackLost(context: RegistryContext, job: Job, path: string, now: number): Job {
  if (!context.undoables.hasRaces(job) || !hasLost(context, job, path)) return job;
  const race = (cleanup: Job): Job => ({ ...cleanup, run: { ...cleanup.run, race: path } });
  const cleanup = createCleanup(context, job, planOf(context, job), allLandedBy(job, path), now, race);
  keepRoundsAround(context, job, path, cleanup);
  if (isDispatchable(cleanup, now)) context.background(context.dispatcher.dispatch([cleanup]));
  return named(job, cleanup);
}

/** The job when what cleaned up after it has ended, if that only took back what lost branches did. Called inside a transaction. */
export function raceOver(context: RegistryContext, job: Job, { job_id, run: { race } }: Job, now: number): Job {
  if (race === undefined) return job;
  const { undoing: ids = [], ...run } = job.run;
  const left = ids.filter((id) => id !== job_id);
  const next = landed({ ...job, run: { ...run, ...(left.length > 0 && { undoing: left }) } }, `$lost.${job_id}`);
  context.store.save(job, next);
  release(context, next, now);
  return next;
}

/**
 * Accepts the job that cleans up after the settled one, if there is anything to do.
 * @param open the job as it was before it settled
 * @returns what cleans up after it
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
  const waited = { ...cleaningChildren(context, open), ...undoing(context, settled) };
  const in_flight = { ...acting, ...settled.run.in_flight, ...waited };
  const ended = { ...settled, run: { ...settled.run, in_flight } };
  const plan = planOf(context, settled);
  const undoes = outcome.name !== "succeeded" && mayUndo(context, ended);
  if (plan.finally === undefined && !undoes) return openCleanup(context, settled);
  const cleanup = createCleanup(context, ended, plan, allLandedBy(ended), now);
  context.store.save(settled, named(ended, cleanup));
  if (isDispatchable(cleanup, now)) context.background(context.dispatcher.dispatch([cleanup]));
  return cleanup;
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
  for (const cleanup of openCleanups(context, job)) {
    if (cleanup.run_at === null || allLandedBy(job, cleanup.run.race) !== null) continue;
    const free = { ...cleanup, run_at: null, due_at: now, expected_by: now };
    context.store.save(cleanup, free);
    context.background(context.dispatcher.dispatch([free]));
  }
}

/** What the runner of a cleanup job must know besides the plan; undefined: its parent is gone. */
export function cleanupPlan(context: RegistryContext, cleanup: Job): CleanupPlan | undefined {
  const { tables, actions, undoables } = context;
  const of = cleanup.parent_id === null ? undefined : tables.jobs.find(cleanup.tenant, cleanup.parent_id);
  if (of === undefined) return undefined;
  const { job_id, attempt, submitted_at, status, error, error_code, step, run } = of;
  const unknown = actions.all(job_id).filter((each) => each.outcome === "unknown");
  const around = roundsAround(context, cleanup);
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
    ...(cleanup.run.race && { race: cleanup.run.race }),
    ...(around && { around }),
    outcome: {
      status,
      error: error_code === null ? null : { code: error_code, message: error?.replace(/^Step \S+: /, "") ?? "", step },
    },
  };
}
