import type { Job } from "../../jobs/job.ts";
import type { StoreObserver } from "../storage/job-store.ts";
import type { Jobs } from "../storage/jobs.ts";
import { KeyedWaits } from "./keyed-waits.ts";

/** Callers that wait in this object for a job to change. In memory only: a caller that loses its wait reads again. */
export class Waiters implements StoreObserver {
  readonly #jobs: Jobs;
  readonly #byJob = new KeyedWaits();

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  /** Resolves when the status of one of the jobs changes, `over` aborts, and after `waitMs` at the latest. */
  wait(jobIds: readonly string[], waitMs: number, over?: AbortSignal): Promise<void> {
    return this.#byJob.wait(jobIds, waitMs, over);
  }

  onCommitted(before: Job, after: Job): void {
    if (after.status === before.status) return;
    this.#byJob.wake(after.job_id);
    if (after.status === "input_required") this.#wakeForParents(after);
  }

  /** Who waits for a parent waits for an answer to its child. */
  #wakeForParents({ tenant, parent_id }: Job): void {
    for (let id = parent_id; id !== null; id = this.#jobs.find(tenant, id)?.parent_id ?? null) this.#byJob.wake(id);
  }
}
