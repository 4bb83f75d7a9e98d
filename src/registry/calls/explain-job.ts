import { INLINE, type Job, type ListedJob } from "../../jobs/job.ts";
import { type JobStatus, toJobRow } from "../../jobs/view.ts";
import type { Explanation } from "../api/caller.ts";
import type { Tables } from "../storage/tables.ts";
import { findJobs } from "./list-jobs.ts";

/** Bounds of what an explanation carries: it ends up in a model's context. */
const MAX_VALUE_CHARS = 4_096;
const MAX_VALUES = 30;
const MAX_SIMILAR = 5;

/** Newest failed jobs of the same blueprint that failed for the same reason. */
function similar(tables: Tables, job: Job): Explanation["similar"] {
  if (job.status !== "failed") return [];
  const page = findJobs(tables, job.tenant, {
    statuses: ["failed"],
    blueprint: job.blueprint,
    metadata: {},
    submitted_after: null,
    submitted_before: null,
    limit: 50,
    after: null,
  });
  const isSimilar = (other: ListedJob): boolean => {
    if (other.job_id === job.job_id || other.error_code !== job.error_code) return false;
    // All plans that came with their jobs have one label.
    return job.blueprint !== INLINE || other.plan_hash === job.plan_hash;
  };
  return page.jobs.filter(isSimilar).slice(0, MAX_SIMILAR).map(toJobRow);
}

export function explain(tables: Tables, job: Job, status: JobStatus): Explanation {
  const values = tables.values.small(job, MAX_VALUE_CHARS, MAX_VALUES);
  return {
    status,
    plan: JSON.parse(tables.plans.json(job.plan_hash)),
    input: tables.values.input(job),
    outputs: Object.fromEntries(values.filter(([path]) => !path.includes("$"))),
    similar: similar(tables, job),
  };
}
