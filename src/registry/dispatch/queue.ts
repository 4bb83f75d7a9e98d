import { jobIdFloor } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import type { JobKey, Jobs } from "../storage/jobs.ts";

/** Accepted jobs that wait for a slot at the engine, in the order of their acceptance: either the children or all others. */
export class Queue {
  readonly #jobs: Jobs;
  readonly #ofChildren: boolean;
  /** Every job in the queue has an id above this; null: the queue is empty. */
  #after: string | null;

  /** @param now epoch ms */
  constructor(jobs: Jobs, ofChildren: boolean, now: number) {
    this.#jobs = jobs;
    this.#ofChildren = ofChildren;
    // The object may have left a queue when it was evicted.
    this.#after = jobs.waiting("", ofChildren, now, 1).length > 0 ? "" : null;
  }

  get isEmpty(): boolean {
    return this.#after === null;
  }

  add(job: Job): void {
    const before = jobIdFloor(job.submitted_at);
    if (this.#after === null || before < this.#after) this.#after = before;
  }

  /** Takes the first jobs out of the queue. */
  take(slots: number, now: number): JobKey[] {
    if (this.#after === null || slots === 0) return [];
    const taken = this.#jobs.waiting(this.#after, this.#ofChildren, now, slots);
    this.#after = taken.length < slots ? null : (taken.at(-1)?.job_id ?? null);
    return taken;
  }

  /** Some jobs may have been taken and not been handed over: the queue is read from its beginning again. */
  readAgain(): void {
    this.#after = "";
  }
}
