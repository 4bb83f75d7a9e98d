import { holdsSlot, isCounted } from "../../jobs/dispatch.ts";
import type { Job } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import type { StoreObserver } from "./job-store.ts";
import type { Jobs } from "./jobs.ts";

interface Counts {
  /** Jobs that have not settled. */
  active: number;
  /** Those of them that hold a slot at the engine. */
  running: number;
}

/**
 * How many jobs of the object count against its limits. In memory, so that a submit reads no row for it: counted from
 * the rows when it is first asked for, then kept up with every write.
 */
export class JobCounts implements StoreObserver {
  readonly #jobs: Jobs;
  readonly #onSlotFreed: () => void;
  #counts: Counts | undefined;

  /** @param onSlotFreed called inside the transaction that frees a slot at the engine */
  constructor(jobs: Jobs, onSlotFreed: () => void) {
    this.#jobs = jobs;
    this.#onSlotFreed = onSlotFreed;
  }

  get current(): Readonly<Counts> {
    this.#counts ??= this.#jobs.counts();
    return this.#counts;
  }

  onWritten(before: Job | undefined, after: Job | undefined): void {
    if (this.#counts !== undefined) {
      this.#counts.active += Number(isActive(after)) - Number(isActive(before));
      this.#counts.running += Number(isRunning(after)) - Number(isRunning(before));
    }
    if (isRunning(before) && !isRunning(after)) this.#onSlotFreed();
  }

  onUndone(): void {
    this.#counts = undefined;
  }
}

const isActive = (job: Job | undefined): boolean => job !== undefined && isCounted(job) && !isSettled(job.status);
const isRunning = (job: Job | undefined): boolean => job !== undefined && holdsSlot(job);
