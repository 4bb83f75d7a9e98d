import type { Job } from "../../jobs/job.ts";
import { isSettled, type JobStatusName } from "../../jobs/status.ts";
import { toJobStatus } from "../../jobs/view.ts";
import type { Log } from "../../lib/log.ts";
import type { AuditEntry } from "../api/keys.ts";
import type { Changes } from "../watch/job-changes.ts";
import type { Waiters } from "../watch/waiters.ts";
import type { Actions } from "./actions.ts";
import type { AlarmClock } from "./alarm.ts";
import type { Audit } from "./audit.ts";
import type { Census } from "./job-counts.ts";
import type { LastStates } from "./last-states.ts";
import type { Tables } from "./tables.ts";

interface LedgerDeps {
  storage: DurableObjectStorage;
  tables: Tables;
  actions: Actions;
  lastStates: LastStates;
  audit: Audit;
  clock: AlarmClock;
  waiters: Waiters;
  changes: Changes;
  census: Census;
  log: Log;
}

/**
 * The jobs of one object: every write of a job goes through here, so that alarm, waiters, listeners and census follow
 * from it.
 */
export class Ledger {
  readonly tables: Tables;
  readonly lastStates: LastStates;
  readonly audit: Audit;
  readonly #actions: Actions;
  readonly #storage: DurableObjectStorage;
  readonly #clock: AlarmClock;
  readonly #waiters: Waiters;
  readonly #changes: Changes;
  readonly #census: Census;
  readonly #log: Log;
  /** Of the transaction that is open, in their order. */
  #saved: [before: Job, after: Job][] = [];

  constructor({ storage, tables, actions, lastStates, audit, clock, waiters, changes, census, log }: LedgerDeps) {
    this.#storage = storage;
    this.tables = tables;
    this.#actions = actions;
    this.lastStates = lastStates;
    this.audit = audit;
    this.#clock = clock;
    this.#waiters = waiters;
    this.#changes = changes;
    this.#census = census;
    this.#log = log;
  }

  /** All or nothing: an exception undoes every write, which it would not do by itself. Nobody hears of what was undone. */
  transact<T>(work: () => T): T {
    const done = this.#undoOnError(work);
    for (const [before, after] of this.#saved.splice(0)) {
      if (after.status !== before.status) this.#tell(after);
      this.#changes.announce(before, after);
    }
    return done;
  }

  #tell(job: Job): void {
    const { job_id, status, error_code, run } = job;
    this.#waiters.announce(job_id);
    if (status === "input_required") this.#tellParents(job);
    if (isSettled(status)) this.#log({ event: "job_settled", job_id, status, error_code, ...run.trace });
  }

  /** Who waits for a parent waits for an answer to its child. */
  #tellParents({ tenant, parent_id }: Job): void {
    for (let id = parent_id; id !== null; id = this.tables.jobs.find(tenant, id)?.parent_id ?? null) {
      this.#waiters.announce(id);
    }
  }

  #undoOnError<T>(work: () => T): T {
    const undoAlarm = this.#clock.savepoint();
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      undoAlarm();
      this.#census.forget();
      this.tables.jobs.forgetRead();
      this.#saved = [];
      throw error;
    }
  }

  /** @returns false when its id cannot be had: nothing is written */
  insert(job: Job): boolean {
    if (!this.tables.jobs.insert(job)) return false;
    this.#census.note(undefined, job);
    this.#clock.ringBy(job.due_at);
    return true;
  }

  /**
   * Called inside a transaction.
   * @param from the statuses that the change may leave
   * @returns false when another write came first, a normal outcome
   */
  save(before: Job, after: Job, from: readonly JobStatusName[] = [before.status]): boolean {
    if (!this.tables.jobs.update(before, after, from)) return false;
    this.#census.note(before, after);
    if (after.due_at < before.due_at) this.#clock.ringBy(after.due_at);
    this.#saved.push([before, after]);
    return true;
  }

  /** Look at the job at `dueAt` (epoch ms) and not before, whatever its row holds. */
  putOff(jobId: string, dueAt: number): void {
    this.transact(() => {
      this.tables.jobs.putOff(jobId, dueAt);
      this.#clock.ringBy(dueAt);
    });
  }

  /** Delete the job with all that belongs to it. How it ended is known for a while. Called inside a transaction. */
  delete(job: Job, now: number): void {
    const status = toJobStatus(job, { resultJson: this.tables.values.result(job) }, now);
    this.#clock.ringBy(this.lastStates.keep(job.tenant, status, now));
    this.tables.values.delete(job.job_id);
    if (job.idempotency_key !== null) this.tables.keys.delete(job.idempotency_key, job.job_id);
    this.tables.jobs.delete(job.job_id);
    this.tables.plans.release(job);
    this.#actions.forget(job);
    this.#census.note(job, undefined);
  }

  /** Note what was done. Called inside the transaction that does it. */
  note(entry: AuditEntry): void {
    this.#clock.ringBy(this.audit.add(entry));
  }

  /** Set the alarm for what is due first, but not before `floor` (epoch ms). */
  rearm(floor: number): void {
    const due = this.#firstDue();
    if (due < Number.POSITIVE_INFINITY) this.#clock.ringBy(Math.max(due, floor));
  }

  /** The same when all that is due is known, and the alarm may be later than it was set for. */
  moveAlarm(floor: number): void {
    const due = this.#firstDue();
    if (due < Number.POSITIVE_INFINITY) this.#clock.ringAt(Math.max(due, floor));
  }

  #firstDue(): number {
    const never = Number.POSITIVE_INFINITY;
    const dues = [this.tables.jobs.firstDue(), this.lastStates.firstDue(), this.audit.firstDue()];
    return Math.min(...dues.map((due) => due ?? never));
  }

  /** Called by every request, and reads no row in the normal case: an alarm that was lost is set again. */
  mendAlarm(floor: number): void {
    if (this.#clock.isLost) this.rearm(floor);
  }

  /** The alarm is ringing: until it is set again, nothing is armed. */
  alarmRang(): void {
    this.#clock.forget();
  }
}
