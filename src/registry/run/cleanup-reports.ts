import type { Job, StepError } from "../../jobs/job.ts";
import { outcomeOf } from "../../jobs/run/action-keys.ts";
import { landed } from "../../jobs/run/in-flight.ts";
import { partBehind } from "../../jobs/run/rounds.ts";
import { type Json, ownValue } from "../../lib/json.ts";
import { MAX_JOURNAL_BYTES } from "../../limits.ts";
import type { ParentPage } from "../api/cleanup-calls.ts";
import type { RunRef, Stop } from "../api/runner.ts";
import type { RegistryContext } from "../context.ts";
import { release, roundsAround } from "../dispatch/cleanup.ts";
import { findFenced } from "./fenced-reports.ts";

/** Reports of cleanup jobs, and those that come when the job has settled. */
export class CleanupReports {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async parentJournal(ref: RunRef, after: string): Promise<ParentPage | Stop> {
    const cleanup = findFenced(this.#context, ref);
    if (cleanup?.parent_id == null) return { do: "stop" };
    const { jobs, values } = this.#context.tables;
    const of = jobs.find(cleanup.tenant, cleanup.parent_id);
    if (of === undefined) return { do: "page", values: [], next: null };
    const part = partBehind(roundsAround(this.#context, cleanup) ?? {}, after);
    const { rows, next } = values.page(of, after, part.to, MAX_JOURNAL_BYTES);
    return { do: "page", values: rows, next: next ?? part.next };
  }

  async undone(ref: RunRef, path: string, keyPath: string): Promise<Stop | { do: "go" }> {
    const { store, tables, actions } = this.#context;
    return store.transact(() => {
      const cleanup = findFenced(this.#context, ref);
      if (cleanup?.parent_id == null) return { do: "stop" };
      tables.values.markUndo(cleanup.parent_id, path, keyPath, "done");
      const known = actions.find(cleanup.parent_id, keyPath);
      // A retry runs the step under a new key.
      if (known?.outcome === "unknown") actions.keep(cleanup.parent_id, { ...known, outcome: "definite" });
      return { do: "go" };
    });
  }
}

/** How an action came out. */
type Late = { output: Json } | { error: StepError };

/** An action has ended whose job settled, or another branch was first, before. What it yielded is kept where it must be taken back. */
export function noteLate(context: RegistryContext, ref: RunRef, path: string, late: Late): void {
  const { store, tables } = context;
  const known = tables.jobs.find(ref.tenant, ref.job_id);
  // The normal case: it is awaited.
  if (known === undefined || !isInFlight(known, ref, path)) return;
  store.transact(() => land(context, known, path, late));
}

/** As {@link noteLate}, for the action of a worker. Called inside a transaction. */
export function noteLateWork(context: RegistryContext, job: Job, path: string, late: Late): void {
  if (isInFlight(job, job, path)) land(context, job, path, late);
}

function land(context: RegistryContext, job: Job, path: string, late: Late): void {
  const next = "output" in late ? kept(context, job, path, late.output) : noted(context, job, path, late.error);
  context.store.save(job, next);
  release(context, next, context.now());
}

function kept({ tables, actions, undoables }: RegistryContext, job: Job, path: string, output: Json): Job {
  const { key_path } = ownValue(job.run.in_flight, path) ?? {};
  const { job: numbered, undo_number } = undoables.numbered(landed(job, path), path);
  if (undo_number === undefined) return numbered;
  tables.values.insert(job.job_id, path, output, { key_path, undo_number });
  // Its undo sees what it yielded: that is known now.
  const known = actions.find(job.job_id, key_path ?? path);
  if (known !== undefined) actions.keep(job.job_id, { ...known, outcome: "definite" });
  return numbered;
}

function noted({ actions }: RegistryContext, job: Job, path: string, error: StepError): Job {
  const known = actions.find(job.job_id, ownValue(job.run.in_flight, path)?.key_path ?? path);
  if (known !== undefined) actions.keep(job.job_id, { ...known, outcome: outcomeOf(error) });
  return landed(job, path);
}

const isInFlight = (job: Job, { attempt }: Pick<RunRef, "attempt">, path: string): boolean =>
  job.attempt === attempt && Object.hasOwn(job.run.in_flight ?? {}, path);
