import type { Job } from "../jobs/job.ts";
import { type JobStatus, toJobStatus } from "../jobs/view.ts";
import type { Include } from "./api.ts";
import type { Queries } from "./queries.ts";

const NOTHING_MORE: Include = { steps: false, events: false };

/** Jobs as callers see them, with what is stored beside their row. */
export class Viewer {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  view(job: Job, now: number, include: Include = NOTHING_MORE): JobStatus {
    const resultJson = this.#queries.resultJson(job);
    const outline = include.steps ? JSON.parse(this.#queries.planJson(job.plan_hash)).steps : undefined;
    return toJobStatus(job, { resultJson, outline, events: include.events }, now);
  }
}
