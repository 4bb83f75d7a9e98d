import { jobIdFloor } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import { type Grouping, type Statistics, statisticsRow, Tally } from "../../jobs/statistics.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { MAX_REMEMBERED_GROUPS, MAX_STATISTICS_SCAN, STATISTICS_PAGE } from "../../limits.ts";
import type { Jobs } from "../storage/jobs.ts";

/** The rows, read a page at once. */
export type JobRows = Pick<Jobs, "between">;

/** Above every job id. */
const END = jobIdFloor(Number.MAX_SAFE_INTEGER);

interface Subject {
  tenant: string;
  grouping: Grouping | null;
  periodMs: number;
}

/**
 * What the newest jobs have in common, and from which one on. It is kept up with every write: who looks again reads only
 * jobs that it does not know yet, and those that have left the period. In memory alone.
 */
export class JobWindow {
  readonly #jobs: JobRows;
  readonly #subject: Subject;
  #tally: Tally;
  /** All jobs are in the tally whose ids are not below this. */
  #from = END;
  #isExact = true;

  constructor(jobs: JobRows, subject: Subject) {
    this.#jobs = jobs;
    this.#subject = subject;
    this.#tally = this.#newTally();
  }

  #newTally(): Tally {
    return new Tally(this.#subject.grouping, this.#subject.periodMs);
  }

  /** Whether it may be looked at again. */
  get isToKeep(): boolean {
    return this.#isExact && this.#tally.size <= MAX_REMEMBERED_GROUPS;
  }

  get statistics(): Statistics {
    return this.#tally.statistics;
  }

  /** Takes in the jobs from the floor on, and no others. @returns whether it has got that far */
  async reach(floor: string): Promise<boolean> {
    if (this.#from < floor) this.#leave(floor);
    for (let read = 0; this.#from > floor; ) {
      if (read >= MAX_STATISTICS_SCAN)
        return this.#jobs.between(this.#subject.tenant, floor, this.#from, 1).length === 0;
      if (read > 0) await yieldTurn();
      read += this.#extend(floor);
    }
    return true;
  }

  /** The older ones have left the period. Where these are many, it begins anew. */
  #leave(floor: string): void {
    const left = this.#jobs.between(this.#subject.tenant, this.#from, floor, STATISTICS_PAGE);
    if (left.length < STATISTICS_PAGE) {
      this.#from = floor;
      // From the oldest: the sample of failures is the newest.
      for (const row of left.reverse()) this.#isExact = this.#tally.remove(row) && this.#isExact;
    } else {
      this.#from = END;
      this.#tally = this.#newTally();
    }
  }

  /** @returns how many more it has */
  #extend(floor: string): number {
    const rows = this.#jobs.between(this.#subject.tenant, floor, this.#from, STATISTICS_PAGE);
    for (const row of rows) this.#tally.add(row);
    this.#from = rows.length < STATISTICS_PAGE ? floor : (rows.at(-1)?.job_id ?? floor);
    return rows.length;
  }

  #has(job: Job | undefined): job is Job {
    return job !== undefined && job.tenant === this.#subject.tenant && job.job_id >= this.#from;
  }

  onWritten(before: Job | undefined, after: Job | undefined): void {
    if (this.#has(before)) this.#isExact = this.#tally.remove(statisticsRow(before)) && this.#isExact;
    if (this.#has(after)) this.#tally.add(statisticsRow(after));
  }
}
