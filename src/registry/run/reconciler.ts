import { nextAttempt, nudged, postponed } from "../../jobs/dispatch.ts";
import { nextDue } from "../../jobs/due.ts";
import { type Job, openWork, type StepError } from "../../jobs/job.ts";
import { diagnose, type Repair, triage } from "../../jobs/run/repair.ts";
import { undelivered } from "../../jobs/run/takeover.ts";
import type { Outcome } from "../../jobs/settle.ts";
import { isSettled } from "../../jobs/status.ts";
import { ALARM_BATCH, CLEANUP_LOOK_MS } from "../../limits.ts";
import type { RegistryContext } from "../context.ts";
import { openCleanup } from "../dispatch/cleanup.ts";
import { NUDGE_EVENT } from "../dispatch/engine.ts";
import type { DueJob } from "../storage/jobs.ts";
import { lapseOffer } from "./offer-ends.ts";
import { expireQuestions } from "./questions.ts";
import { followEffects, settleJob } from "./settlements.ts";

/** The alarm rings again after this time even if its work has not ended: the process may have died. */
const WATCHDOG_MS = 60_000;

/** Unexpected errors are logged: no caller waits for the alarm. */
const noteBug = (error: unknown): void => console.error(JSON.stringify({ event: "alarm_error", error: String(error) }));

/** @returns false when it threw */
async function tried(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    noteBug(error);
    return false;
  }
}

/** What else the alarm does. */
interface Others {
  /** Looks at the triggers that are due. */
  ring: (now: number) => Promise<void>;
  takeBulkTurn: (job: Job, now: number) => void;
}

/**
 * The alarm's work: hand over what was left, find out about jobs that went silent, enforce timeouts, purge.
 * Compares what the registry expects with what the engine says, and repairs; the registry's row decides.
 */
export class Reconciler {
  readonly #context: RegistryContext;
  readonly #others: Others;

  constructor(context: RegistryContext, others: Others) {
    this.#context = context;
    this.#others = others;
  }

  /**
   * One ring of the alarm. Re-arms before it works, so that a crash in the middle strands nothing. Work that throws is
   * put off and holds up no other, and this throws only when the alarm cannot be set at all: the platform gives up an
   * alarm that keeps throwing.
   */
  async onAlarm(): Promise<void> {
    const { now } = this.#context;
    this.#context.store.alarmRang();
    const isArmed = await tried(() => this.#context.store.rearm(now() + WATCHDOG_MS));
    const isDone = await tried(() => this.#work(now()));
    // Setting the alarm to the present inside the alarm may lose it.
    const move = () => this.#context.store.moveAlarm(now() + (isDone ? 1 : WATCHDOG_MS));
    if (isArmed) await tried(move);
    else move();
  }

  async #work(now: number): Promise<void> {
    this.#context.lastStates.forget(now);
    this.#context.audit.purge(now);
    this.#context.storeEntries.purge(now);
    this.#context.store.transact(() => this.#context.tables.rateTurns.purge(now));
    this.#context.store.transact(() => this.#context.eventLog.purge(now));
    await tried(() => this.#context.store.transact(() => this.#context.tables.texts.addDue(now)));
    this.#lapseOffers(now);
    const due = this.#context.tables.jobs.due(now, ALARM_BATCH);
    const looks = due.map((key) =>
      this.#reconcileJob(key, now).catch((error) => {
        noteBug(error);
        this.#context.store.putOff(key.job_id, now + WATCHDOG_MS);
      }),
    );
    await Promise.all([...looks, this.#others.ring(now)]);
    // A process may have died between a settlement and giving the place to the next job.
    await this.#context.dispatcher.dispatch([]);
  }

  #lapseOffers(now: number): void {
    const { tables, store } = this.#context;
    for (const offer of tables.offers.due(now, ALARM_BATCH)) {
      try {
        lapseOffer(this.#context, offer, now);
      } catch (error) {
        noteBug(error);
        store.transact(() => store.saveOffer(offer, { ...offer, due_at: now + WATCHDOG_MS }));
      }
    }
  }

  async #reconcileJob({ tenant, job_id }: DueJob, now: number): Promise<void> {
    // Read now: what was done about the jobs before it may have ended this one, and then it is not due to be purged.
    const job = this.#context.tables.jobs.find(tenant, job_id);
    if (job === undefined || job.due_at > now) return;
    if (isSettled(job.status)) return this.#purge(job, now);
    if (this.#expireQuestions(job, now)) return this.#wake(job);
    const need = triage(job, now);
    if (need.do === "dispatch" && job.run.bulk !== undefined) return this.#others.takeBulkTurn(job, now);
    if (need.do !== "ask_engine") return this.#apply(job, need, now);
    const engine = await this.#context.engine.state(job.job_id, job.attempt);
    const fresh = this.#context.tables.jobs.find(job.tenant, job.job_id);
    // A report may have come while the engine answered.
    if (fresh === undefined || fresh.attempt !== job.attempt || triage(fresh, now).do !== "ask_engine") return;
    return this.#apply(fresh, diagnose(fresh, engine), this.#context.now());
  }

  /** Not as long as another job cleans up after it. */
  #purge(job: Job, now: number): void {
    if (openCleanup(this.#context, job) !== undefined) this.#save(job, { ...job, due_at: now + CLEANUP_LOOK_MS });
    else this.#context.store.transact(() => this.#context.store.delete(job, now));
  }

  async #apply(job: Job, repair: Repair, now: number): Promise<void> {
    switch (repair.do) {
      case "nothing":
      case "ask_engine":
        return this.#save(job, { ...job, due_at: nextDue(job) });
      case "dispatch":
        return this.#context.dispatcher.dispatch([job]);
      case "wait":
        return this.#saveDue(job, postponed(job, repair.againInMs, now));
      case "nudge":
        this.#saveDue(job, nudged(job, repair.againInMs, now));
        return this.#wake(job);
      case "next_attempt":
        this.#nextAttempt(job, repair.reason, now);
        await this.#context.engine.terminate(job.job_id, job.attempt);
        return this.#context.dispatcher.dispatch([job]);
      case "fail":
        await this.#fail(job, repair.error, now);
        return this.#context.engine.terminate(job.job_id, job.attempt);
      default:
        return repair satisfies never;
    }
  }

  /** Wakes the instance, and tells it again what it has not fetched. */
  #wake(job: Job): Promise<void> {
    const fresh = this.#context.tables.jobs.find(job.tenant, job.job_id) ?? job;
    return this.#context.engine.send(job.job_id, job.attempt, [NUDGE_EVENT, ...undelivered(fresh)]);
  }

  #expireQuestions(job: Job, now: number): boolean {
    return this.#context.store.transact(() => {
      const closed = expireQuestions(this.#context, job, now);
      return closed !== job && this.#context.store.save(job, { ...closed, due_at: nextDue(closed) });
    });
  }

  #nextAttempt(job: Job, reason: string, now: number): void {
    const after = nextAttempt(job, reason, now);
    this.#context.store.transact(() => {
      this.#context.actions.noteLost(job, (path) => openWork(after.run, path) === undefined);
      this.#context.store.save(job, { ...after, due_at: nextDue(after) });
    });
  }

  #fail(job: Job, error: StepError, now: number): Promise<void> {
    const outcome: Outcome = { name: "failed", error, path: null };
    const effects = this.#context.store.transact(() => settleJob(this.#context, job, job, outcome, now));
    return followEffects(this.#context, effects ?? []);
  }

  /** The job is being looked at, so its due time moves on, later too. */
  #saveDue(before: Job, after: Job): void {
    this.#save(before, { ...after, due_at: nextDue(after) });
  }

  #save(before: Job, after: Job): void {
    this.#context.store.transact(() => this.#context.store.save(before, after));
  }
}
