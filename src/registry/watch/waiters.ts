import type { Job } from "../../jobs/job.ts";
import type { StoreObserver } from "../storage/job-store.ts";
import type { Jobs } from "../storage/jobs.ts";

/** Callers that wait in this object for a job to change. In memory only: a caller that loses its wait reads again. */
export class Waiters implements StoreObserver {
  readonly #jobs: Jobs;
  readonly #byJob = new Map<string, Set<() => void>>();

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  /** Resolves when the status of one of the jobs changes, `over` aborts, and after `waitMs` at the latest. */
  async wait(jobIds: readonly string[], waitMs: number, over?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    over?.addEventListener("abort", wake);
    const timer = setTimeout(wake, waitMs);
    for (const jobId of jobIds) this.#add(jobId, wake);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      over?.removeEventListener("abort", wake);
      for (const jobId of jobIds) this.#remove(jobId, wake);
    }
  }

  #add(jobId: string, wake: () => void): void {
    const waiting = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, waiting.add(wake));
  }

  #remove(jobId: string, wake: () => void): void {
    const waiting = this.#byJob.get(jobId);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#byJob.delete(jobId);
  }

  onCommitted(before: Job, after: Job): void {
    if (after.status === before.status) return;
    this.#wake(after.job_id);
    if (after.status === "input_required") this.#wakeForParents(after);
  }

  /** Who waits for a parent waits for an answer to its child. */
  #wakeForParents({ tenant, parent_id }: Job): void {
    for (let id = parent_id; id !== null; id = this.#jobs.find(tenant, id)?.parent_id ?? null) this.#wake(id);
  }

  #wake(jobId: string): void {
    for (const wake of this.#byJob.get(jobId) ?? []) wake();
  }
}
