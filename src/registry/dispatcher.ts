import { dispatched, inLine, isDispatchable, needsPlace, postponed } from "../jobs/dispatch.ts";
import { isUndispatched } from "../jobs/due.ts";
import { jobIdFloor } from "../jobs/id.ts";
import type { Job } from "../jobs/job.ts";
import { backoff } from "../jobs/repair.ts";
import { MAX_DISPATCH_BATCH } from "../limits.ts";
import type { Engine } from "./engine.ts";
import type { Ledger } from "./ledger.ts";
import type { Gate } from "./quotas.ts";

type JobKey = Pick<Job, "tenant" | "job_id">;

/**
 * Hands accepted jobs to the engine, in the order they came, many in one call, and no more than there are places.
 * What is asked for here is in memory only: after a crash the alarm finds the same jobs by their rows, and the engine
 * skips those that it already has. Jobs that wait for a place stand in line by their rows alone.
 */
export class Dispatcher {
  readonly #ledger: Ledger;
  readonly #engine: Engine;
  readonly #gate: Gate;
  readonly #now: () => number;
  readonly #asked = new Map<string, JobKey>();
  /** Every job in line has an id above this; null: the line is empty. */
  #lineAfter: string | null;
  #draining: Promise<void> | undefined;

  constructor(ledger: Ledger, engine: Engine, gate: Gate, now: () => number) {
    this.#ledger = ledger;
    this.#engine = engine;
    this.#gate = gate;
    this.#now = now;
    // An earlier life of this object may have left a line.
    this.#lineAfter = this.#wholeLine;
  }

  get #wholeLine(): string | null {
    return this.#gate.limitsPlaces ? "" : null;
  }

  /**
   * May be called inside a transaction, which ends first. Without jobs: whoever is in line, as far as places are free.
   * @returns when all that is asked for has been handed over, put off or put in line
   * @throws when a write fails: the rows still say what is left, and the alarm looks at them
   */
  dispatch(jobs: readonly JobKey[]): Promise<void> {
    for (const { tenant, job_id } of jobs) this.#asked.set(job_id, { tenant, job_id });
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    await null;
    try {
      while (this.#asked.size > 0 || (this.#lineAfter !== null && this.#gate.freePlaces() > 0)) {
        const jobs = this.#next();
        if (jobs.length > 0) await this.#handOver(jobs);
      }
    } catch (error) {
      // Some may have left the line without having been handed over.
      this.#lineAfter = this.#wholeLine;
      throw error;
    } finally {
      // At once, so that what is asked for from now on is not taken for part of this.
      this.#draining = undefined;
    }
  }

  /** The jobs of the next call to the engine. Those that find no place are in line afterwards. */
  #next(): Job[] {
    const keys = [...this.#asked.values()].slice(0, MAX_DISPATCH_BATCH);
    for (const key of keys) this.#asked.delete(key.job_id);
    const asked = keys.flatMap((key) => this.#load(key) ?? []).filter((job) => isDispatchable(job, this.#now()));
    const free = this.#gate.freePlaces();
    const newcomers = asked.filter(needsPlace);
    if (this.#lineAfter === null && newcomers.length <= free) return asked;
    this.#join(newcomers);
    const others = asked.filter((job) => !needsPlace(job));
    const called = this.#call(Math.min(free, MAX_DISPATCH_BATCH - others.length));
    this.#putOff(newcomers.filter(({ job_id }) => !called.some((job) => job.job_id === job_id)));
    return [...others, ...called];
  }

  #join(jobs: readonly Job[]): void {
    for (const { submitted_at } of jobs) {
      const before = jobIdFloor(submitted_at);
      if (this.#lineAfter === null || before < this.#lineAfter) this.#lineAfter = before;
    }
  }

  /** The first jobs of the line, who leave it. */
  #call(places: number): Job[] {
    if (this.#lineAfter === null || places === 0) return [];
    const called = this.#ledger.queries.waitingJobs(this.#lineAfter, this.#now(), places);
    this.#lineAfter = called.length < places ? null : (called.at(-1)?.job_id ?? null);
    return called;
  }

  /** The alarm, where it is what brought them, need not look after them again so soon. */
  #putOff(jobs: readonly Job[]): void {
    const now = this.#now();
    const looked = jobs.filter((job) => job.expected_by <= now);
    if (looked.length === 0) return;
    this.#ledger.transact(() => {
      for (const job of looked) this.#ledger.save(job, inLine(job, now));
    });
  }

  async #handOver(jobs: readonly Job[]): Promise<void> {
    const runs = jobs.map(({ tenant, job_id, attempt }) => ({ tenant, job_id, attempt }));
    const accepted = await this.#engine.startAll(runs).then(
      () => true,
      () => false,
    );
    const now = this.#now();
    this.#ledger.transact(() => {
      for (const given of jobs) {
        const job = this.#load(given);
        // While the engine answered, the job may have started, settled, or moved to another attempt.
        if (job === undefined || job.attempt !== given.attempt || !isUndispatched(job)) continue;
        this.#ledger.save(job, accepted ? dispatched(job, now) : postponed(job, backoff(job.nudges), now));
      }
    });
  }

  #load(key: JobKey): Job | undefined {
    return this.#ledger.queries.job(key.tenant, key.job_id);
  }
}
