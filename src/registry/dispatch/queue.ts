import { groupOf, priorityOf } from "../../jobs/flow/concurrency.ts";
import { type Waiting, WaitingLine } from "../../jobs/flow/waiting-line.ts";
import type { Job } from "../../jobs/job.ts";
import { MAX_LINE_JOBS } from "../../limits.ts";
import type { JobKey, Jobs } from "../storage/jobs.ts";

type InLine = JobKey & Waiting;

/** Accepted jobs that wait for a place at the engine: either the children or all others. The rows say who does. */
export class Queue {
  readonly #jobs: Jobs;
  readonly #ofChildren: boolean;
  #line = new WaitingLine<InLine>();
  /** Rows say of more jobs that they wait than are in the line. */
  #isShort: boolean;

  /** @param now epoch ms */
  constructor(jobs: Jobs, ofChildren: boolean, now: number) {
    this.#jobs = jobs;
    this.#ofChildren = ofChildren;
    // The object may have left a queue when it was evicted.
    this.#isShort = jobs.waiting(ofChildren, now, 1).length > 0;
  }

  get isEmpty(): boolean {
    return !this.#isShort && this.#line.size === 0;
  }

  /** How many are known to wait. @param now epoch ms */
  size(now: number): number {
    this.#readIfEmpty(now);
    return this.#line.size;
  }

  add({ tenant, job_id, run }: Job): void {
    if (this.#isShort || this.#line.size >= MAX_LINE_JOBS) this.#isShort = true;
    else this.#line.add({ tenant, job_id, priority: priorityOf(run), group: groupOf(run) ?? "" });
  }

  /** Takes the first job out of the queue. It may not wait any more. @param now epoch ms */
  take(now: number): JobKey | undefined {
    this.#readIfEmpty(now);
    return this.#line.take();
  }

  /** The job waits no more. */
  drop(jobId: string): void {
    this.#line.drop(jobId);
  }

  /** How many are served before the job, from 0; undefined: it is not known to wait here. @param now epoch ms */
  ahead(jobId: string, now: number): number | undefined {
    this.#readIfEmpty(now);
    return this.#line.ahead(jobId);
  }

  /** Some jobs may have been taken and not been handed over: the queue is read from its beginning again. */
  readAgain(): void {
    this.#line = new WaitingLine();
    this.#isShort = true;
  }

  #readIfEmpty(now: number): void {
    if (!this.#isShort || this.#line.size > 0) return;
    const rows = this.#jobs.waiting(this.#ofChildren, now, MAX_LINE_JOBS);
    for (const { group, ...row } of rows) this.#line.add({ ...row, group: group ?? "" });
    this.#isShort = rows.length === MAX_LINE_JOBS;
  }
}
