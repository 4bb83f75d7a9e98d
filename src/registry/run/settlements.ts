import { type Job, openWork, type StepError, wakeEvent } from "../../jobs/job.ts";
import { childEnded } from "../../jobs/run/awaiting.ts";
import { type Outcome, settle } from "../../jobs/settle.ts";
import { isSettled, sourcesOf } from "../../jobs/status.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { type Gate, notKept } from "../dispatch/admission.ts";
import type { Engine } from "../dispatch/engine.ts";
import type { Actions } from "../storage/actions.ts";
import type { Ledger } from "../storage/job-store.ts";

/** What the engine must hear once a settlement is durable. The rows say the same, so a crash in between is repaired. */
type Aftermath =
  | { do: "terminate"; job: Job }
  /** The parent's step can fetch the child's end. */
  | { do: "deliver"; job: Job; event: string };

/** Why a parent's step fails with its child. */
function failureOf(child: Job): StepError | null {
  if (child.status === "succeeded") return null;
  const why = child.error === null ? "" : `: ${child.error}`;
  const code = child.status === "cancelled" ? "child_cancelled" : "child_failed";
  return { code, message: `Child ${child.job_id} ${child.status}${why}` };
}

interface SettlementDeps {
  ledger: Ledger;
  actions: Actions;
  engine: Engine;
  gate: Gate;
  retentionMs: number;
}

/** Settles jobs, with what follows for their families: children end with their parent, a parent hears of its child. */
export class Settlements {
  readonly #ledger: Ledger;
  readonly #actions: Actions;
  readonly #engine: Engine;
  readonly #retentionMs: number;

  readonly #gate: Gate;

  constructor({ ledger, actions, engine, gate, retentionMs }: SettlementDeps) {
    this.#gate = gate;
    this.#ledger = ledger;
    this.#actions = actions;
    this.#engine = engine;
    this.#retentionMs = retentionMs;
  }

  /**
   * Called inside a transaction.
   * @param before the job as it is stored @param job the same with what its last report changed
   * @returns what must follow; undefined when another outcome came first
   */
  settle(before: Job, job: Job, outcome: Outcome, now: number): Aftermath[] | undefined {
    const settled = settle(job, outcome, now, this.#retentionMs);
    if (settled !== undefined) this.#actions.noteEnd(job, outcome);
    if (settled === undefined || !this.#ledger.save(before, settled, sourcesOf(outcome.name))) return undefined;
    return [...this.#cancelChildren(before, now), ...this.#tellParent(settled, now)];
  }

  /** Once the transaction is durable. Never throws. */
  async follow(aftermath: readonly Aftermath[]): Promise<void> {
    await Promise.all(
      aftermath.map((next) => {
        const { job_id, attempt } = next.job;
        if (next.do === "terminate") return this.#engine.terminate(job_id, attempt);
        return this.#engine.send(job_id, attempt, [next.event]);
      }),
    );
  }

  /** Cancels the child that the parent's step at `path` waits for, if there is one. Called inside a transaction. */
  cancelChild(parent: Job, path: string, reason: string, now: number): Aftermath[] {
    const childId = openWork(parent.run, path)?.child_id;
    const child = childId === undefined ? undefined : this.#ledger.tables.jobs.find(parent.tenant, childId);
    if (child === undefined || isSettled(child.status)) return [];
    const further = this.settle(child, child, { name: "cancelled", reason }, now) ?? [];
    return child.dispatched_at === null ? further : [...further, { do: "terminate", job: child }];
  }

  #cancelChildren(parent: Job, now: number): Aftermath[] {
    return Object.keys(parent.run.open).flatMap((path) => this.cancelChild(parent, path, "its parent ended", now));
  }

  #tellParent(child: Job, now: number): Aftermath[] {
    const { tables } = this.#ledger;
    const parent = child.parent_id === null ? undefined : tables.jobs.find(child.tenant, child.parent_id);
    if (parent === undefined || isSettled(parent.status)) return [];
    const path = Object.keys(parent.run.open).find((key) => parent.run.open[key]?.child_id === child.job_id);
    if (path === undefined) return [];
    const resultJson = tables.values.result(child);
    const bytes = utf8Bytes(resultJson ?? "");
    const full = this.#gate.room(bytes);
    if (resultJson !== undefined && full === undefined) {
      tables.values.insertJson(parent.job_id, path, resultJson, openWork(parent.run, path));
    }
    const failure = full !== undefined && resultJson !== undefined ? notKept(full, bytes) : failureOf(child);
    this.#ledger.save(parent, childEnded(parent, path, failure, now));
    return [{ do: "deliver", job: parent, event: wakeEvent(path) }];
  }
}
