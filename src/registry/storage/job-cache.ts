import type { Job } from "../../jobs/job.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import { MAX_RECENT_JOB_CHARS, MAX_RECENT_JOBS } from "../../limits.ts";
import { fromRecord, type JobRecord, toRecord } from "./rows.ts";

/**
 * The jobs that were read or written last, so that one that is polled, or runs, is not read from its row each time. The object
 * is the only writer of its rows.
 */
export class JobCache {
  readonly #jobs = new BoundedMap<string, Job>(MAX_RECENT_JOBS);

  get(tenant: string, jobId: string): Job | undefined {
    const job = this.#jobs.get(jobId);
    return job?.tenant === tenant ? job : undefined;
  }

  /** Keeps the job of the row, if it is small. @returns it */
  keep(record: JobRecord): Job {
    return this.#put(fromRecord(record), record);
  }

  /** Keeps the job as it was written. */
  wrote(job: Job): void {
    this.#put(job, toRecord(job));
  }

  #put(job: Job, record: JobRecord): Job {
    const { run_json, events_json, metadata_json, input_json, result_json, outputs_json } = record;
    const texts = [run_json, events_json, metadata_json, input_json ?? "", result_json ?? "", outputs_json ?? ""];
    const chars = texts.reduce((sum, text) => sum + text.length, 0);
    if (chars <= MAX_RECENT_JOB_CHARS) this.#jobs.set(job.job_id, job);
    return job;
  }

  delete(jobId: string): void {
    this.#jobs.delete(jobId);
  }

  clear(): void {
    this.#jobs.clear();
  }
}
