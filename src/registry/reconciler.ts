import { nextAttempt, postponed } from "../jobs/dispatch.ts";
import { nextDue } from "../jobs/due.ts";
import type { Job, StepError } from "../jobs/job.ts";
import { diagnose, type Repair, triage } from "../jobs/repair.ts";
import { settle } from "../jobs/settle.ts";
import { isSettled, sourcesOf } from "../jobs/status.ts";
import { withEvent } from "../jobs/timeline.ts";
import { ALARM_BATCH } from "../limits.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Engine } from "./engine.ts";
import type { Ledger } from "./ledger.ts";

/** The alarm rings again after this although its work has not ended: the work died with its process. */
const WATCHDOG_MS = 60_000;

/**
 * The alarm's work: hand over what was left, find out about jobs that went silent, enforce timeouts, purge.
 * Compares what the registry expects with what the engine says, and repairs; the registry's row decides.
 */
export class Reconciler {
  readonly #ledger: Ledger;
  readonly #engine: Engine;
  readonly #dispatcher: Dispatcher;
  readonly #now: () => number;
  readonly #retentionMs: number;

  constructor(ledger: Ledger, engine: Engine, dispatcher: Dispatcher, now: () => number, retentionMs: number) {
    this.#ledger = ledger;
    this.#engine = engine;
    this.#dispatcher = dispatcher;
    this.#now = now;
    this.#retentionMs = retentionMs;
  }

  /** One ring of the alarm. Re-arms before it works, so that a crash in the middle strands nothing. */
  async ring(): Promise<void> {
    const now = this.#now();
    this.#ledger.alarmRang();
    const due = this.#ledger.transact(() => {
      const jobs = this.#ledger.queries.dueJobs(now, ALARM_BATCH);
      if (jobs.some((job) => !isSettled(job.status))) this.#ledger.rearm(now + WATCHDOG_MS);
      return jobs;
    });
    await Promise.all(due.map((job) => this.#look(job, now)));
    this.#ledger.alarmRang();
    // Setting the alarm to the present inside the alarm may lose it.
    this.#ledger.rearm(this.#now() + 1);
  }

  async #look(job: Job, now: number): Promise<void> {
    if (isSettled(job.status)) return this.#ledger.transact(() => this.#ledger.queries.deleteJob(job));
    const need = triage(job, now);
    if (need.do !== "ask_engine") return this.#apply(job, need, now);
    const engine = await this.#engine.state(job.job_id, job.attempt);
    const fresh = this.#ledger.queries.job(job.tenant, job.job_id);
    // A report may have come while the engine answered.
    if (fresh === undefined || fresh.attempt !== job.attempt || triage(fresh, now).do !== "ask_engine") return;
    return this.#apply(fresh, diagnose(fresh, engine), this.#now());
  }

  async #apply(job: Job, repair: Repair, now: number): Promise<void> {
    switch (repair.do) {
      case "nothing":
      case "ask_engine":
        return this.#save(job, { ...job, due_at: nextDue(job) });
      case "dispatch":
        return this.#dispatcher.dispatch([job]);
      case "wait":
        return this.#saveDue(job, postponed(job, repair.againInMs, now));
      case "nudge":
        this.#saveDue(job, withEvent(postponed(job, repair.againInMs, now), "nudged", now));
        return this.#engine.nudge(job.job_id, job.attempt);
      case "next_attempt":
        this.#saveDue(job, nextAttempt(job, repair.reason, now));
        await this.#engine.terminate(job.job_id, job.attempt);
        return this.#dispatcher.dispatch([job]);
      case "fail":
        this.#fail(job, repair.error, now);
        return this.#engine.terminate(job.job_id, job.attempt);
      default:
        return repair satisfies never;
    }
  }

  #fail(job: Job, error: StepError, now: number): void {
    const settled = settle(job, { name: "failed", error, path: null }, now, this.#retentionMs);
    if (settled !== undefined) this.#ledger.transact(() => this.#ledger.save(job, settled, sourcesOf("failed")));
  }

  /** The job is being looked at, so its due time moves on, later too. */
  #saveDue(before: Job, after: Job): void {
    this.#save(before, { ...after, due_at: nextDue(after) });
  }

  #save(before: Job, after: Job): void {
    this.#ledger.transact(() => this.#ledger.save(before, after));
  }
}
