import { dispatched, isDispatchable, postponed } from "../jobs/dispatch.ts";
import { isUndispatched } from "../jobs/due.ts";
import type { Job } from "../jobs/job.ts";
import { backoff } from "../jobs/repair.ts";
import { MAX_DISPATCH_BATCH } from "../limits.ts";
import type { Engine } from "./engine.ts";
import type { Ledger } from "./ledger.ts";

type JobKey = Pick<Job, "tenant" | "job_id">;

/**
 * Hands accepted jobs to the engine, in the order they came, many in one call. What is waiting here is in memory only:
 * after a crash the alarm finds the same jobs by their rows, and the engine skips those that it already has.
 */
export class Dispatcher {
  readonly #ledger: Ledger;
  readonly #engine: Engine;
  readonly #now: () => number;
  readonly #waiting = new Map<string, JobKey>();
  #draining: Promise<void> | undefined;

  constructor(ledger: Ledger, engine: Engine, now: () => number) {
    this.#ledger = ledger;
    this.#engine = engine;
    this.#now = now;
  }

  /** @returns when all that waits has been handed over or put off; never throws */
  dispatch(jobs: readonly JobKey[]): Promise<void> {
    for (const { tenant, job_id } of jobs) this.#waiting.set(job_id, { tenant, job_id });
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.size > 0) {
      const keys = [...this.#waiting.values()].slice(0, MAX_DISPATCH_BATCH);
      for (const key of keys) this.#waiting.delete(key.job_id);
      const jobs = keys.flatMap((key) => this.#load(key) ?? []).filter((job) => isDispatchable(job, this.#now()));
      if (jobs.length > 0) await this.#handOver(jobs);
    }
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
