import { isCounted } from "../../jobs/dispatch.ts";
import { type Job, openWork, type StepError } from "../../jobs/job.ts";
import { childEnded } from "../../jobs/run/awaiting.ts";
import { landed } from "../../jobs/run/in-flight.ts";
import { toldOf } from "../../jobs/run/takeover.ts";
import { type Outcome, settle } from "../../jobs/settle.ts";
import { isSettled, sourcesOf } from "../../jobs/status.ts";
import { utf8Bytes } from "../../lib/json.ts";
import type { Watched } from "../api/runner.ts";
import type { RegistryContext, RegistryPorts } from "../context.ts";
import { notKept } from "../dispatch/admission.ts";
import { acceptCleanup, openCleanup, raceOver, release } from "../dispatch/cleanup.ts";
import type { StoreObserver } from "../storage/job-store.ts";
import { dropWaits } from "./event-waits.ts";
import { tellTrigger } from "./told-triggers.ts";

/** What the engine must hear once a settlement is durable. The rows say the same, so a crash in between is repaired. */
export type Effect =
  | { do: "terminate"; job: Job }
  /** The parent's step can fetch the child's end. */
  | { do: "deliver"; job: Job; events: string[] };

/** Why a parent's step fails with its child. */
function failureOf(child: Job): StepError | null {
  if (child.status === "succeeded") return null;
  const why = child.error === null ? "" : `: ${child.error}`;
  const code = child.status === "cancelled" ? "child_cancelled" : "child_failed";
  return { code, message: `Child ${child.job_id} ${child.status}${why}` };
}

/**
 * Settles the job, and what that means for its family: its children are cancelled, its parent hears of it. Called inside
 * a transaction.
 * @param before the job as it is stored @param job the same with what its last report changed
 * @param watched what the trigger that started it compares
 * @returns what must follow; undefined when another outcome came first
 */
export function settleJob(
  context: RegistryContext,
  before: Job,
  job: Job,
  outcome: Outcome,
  now: number,
  watched?: Watched,
): Effect[] | undefined {
  const settled = settle(job, outcome, now, context.retentionMs);
  if (settled !== undefined) context.actions.noteEnd(job, outcome);
  if (settled === undefined || !context.store.save(before, settled, sourcesOf(outcome.name))) return undefined;
  dropWaits(context, before, () => true);
  tellTrigger(context, settled, watched, now);
  const cancelled = cancelChildren(context, before, now);
  if (settled.run.cleanup) return [...cancelled, ...cleanupEnded(context, settled, now)];
  // Whoever waits for the job goes on when that has been cleaned up after.
  const isOver = acceptCleanup(context, job, settled, outcome, now) === undefined;
  return isOver ? [...cancelled, ...tellParent(context, settled, now)] : cancelled;
}

/** Tells each settlement: as a line of the operator's log, and to what collects traces. */
export const tellSettlements = ({ log, background, exportTrace }: RegistryPorts): StoreObserver => ({
  onCommitted(before, job) {
    const { job_id, status, error_code, run } = job;
    if (status === before.status || !isSettled(status)) return;
    log({ event: "job_settled", job_id, status, error_code, ...run.trace });
    if (exportTrace !== undefined) background(exportTrace(job));
  },
});

/** Once the transaction is durable. Never throws. */
export async function followEffects({ engine }: RegistryContext, effects: readonly Effect[]): Promise<void> {
  await Promise.all(
    effects.map((next) => {
      const { job_id, attempt } = next.job;
      if (next.do === "terminate") return engine.terminate(job_id, attempt);
      return engine.send(job_id, attempt, next.events);
    }),
  );
}

/** Cancels the child that the parent's step at `path` waits for, if there is one. Called inside a transaction. */
export function cancelChild(
  context: RegistryContext,
  parent: Job,
  path: string,
  reason: string,
  now: number,
): Effect[] {
  const childId = openWork(parent.run, path)?.child_id;
  const child = childId === undefined ? undefined : context.tables.jobs.find(parent.tenant, childId);
  if (child === undefined || isSettled(child.status)) return [];
  const further = settleJob(context, child, child, { name: "cancelled", reason }, now) ?? [];
  return child.dispatched_at === null ? further : [...further, { do: "terminate", job: child }];
}

const cancelChildren = (context: RegistryContext, parent: Job, now: number): Effect[] =>
  Object.keys(parent.run.open).flatMap((path) => cancelChild(context, parent, path, "its parent ended", now));

/** The job that was cleaned up after is over now: who waited for it hears of it. */
function cleanupEnded(context: RegistryContext, cleanup: Job, now: number): Effect[] {
  const { jobs } = context.tables;
  const known = cleanup.parent_id === null ? undefined : jobs.find(cleanup.tenant, cleanup.parent_id);
  const of = known && raceOver(context, known, cleanup, now);
  if (of === undefined || !isSettled(of.status) || openCleanup(context, of) !== undefined) return [];
  const parent = of.parent_id === null ? undefined : jobs.find(of.tenant, of.parent_id);
  const path = Object.keys(parent?.run.in_flight ?? {}).find(
    (each) => parent?.run.in_flight?.[each]?.child_id === of.job_id,
  );
  if (parent === undefined || path === undefined) return tellParent(context, of, now);
  const next = landed(parent, path);
  context.store.save(parent, next);
  release(context, next, now);
  return [];
}

function tellParent(context: RegistryContext, child: Job, now: number): Effect[] {
  const { jobs, values } = context.tables;
  const parent = child.parent_id === null ? undefined : jobs.find(child.tenant, child.parent_id);
  if (parent === undefined || isSettled(parent.status)) return [];
  const path = Object.keys(parent.run.open).find((key) => parent.run.open[key]?.child_id === child.job_id);
  if (path === undefined) return [];
  const resultJson = values.result(child);
  const bytes = utf8Bytes(resultJson ?? "");
  const full = isCounted(parent) ? context.admission.storageRefusal(bytes) : undefined;
  let numbered = parent;
  if (resultJson !== undefined && full === undefined) {
    const { job: counted, undo_number } = context.undoables.numbered(parent, path);
    const work = openWork(parent.run, path);
    numbered = values.keepJson(counted, path, resultJson, { ...work, undo_number, at: now }).job;
    context.actions.noteOver(parent, path, null);
  }
  const failure = full !== undefined && resultJson !== undefined ? notKept(full, bytes) : failureOf(child);
  const told = toldOf(childEnded(numbered, path, failure, now), path);
  context.store.save(parent, told.job);
  return [{ do: "deliver", job: parent, events: told.events }];
}
