import type { Job } from "../jobs/job.ts";
import { isFenced } from "../jobs/reports.ts";
import type { RunRef, Stop } from "./api.ts";
import type { Ledger } from "./ledger.ts";

/** Applies reports of the attempt that the job is in; those of any other change nothing. */
export class FencedReports {
  readonly #ledger: Ledger;
  readonly #now: () => number;

  constructor(ledger: Ledger, now: () => number) {
    this.#ledger = ledger;
    this.#now = now;
  }

  /** The job, if the attempt may still change it. */
  find(ref: RunRef): Job | undefined {
    const job = this.#ledger.queries.job(ref.tenant, ref.job_id);
    return job === undefined || isFenced(job, ref.attempt) ? undefined : job;
  }

  /** One report as one transaction. */
  apply<Reply>(ref: RunRef, report: (job: Job, now: number) => { next: Job; reply: Reply }): Reply | Stop {
    return this.#ledger.transact(() => {
      const job = this.find(ref);
      if (job === undefined) return { do: "stop" };
      const { next, reply } = report(job, this.#now());
      return this.#ledger.save(job, next) ? reply : { do: "stop" };
    });
  }
}
