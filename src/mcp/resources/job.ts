import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { completeJobId, recentJobs } from "../../service/job-listing.ts";
import { jobStatus } from "../../service/job-operations.ts";
import { ageOf, unknownJob } from "../replies/text.ts";
import type { TemplateResource } from "../resource.ts";

export const job: TemplateResource = {
  name: "job",
  title: "Job",
  description: "Status, steps and timeline of one job.",
  mimeType: "application/json",
  template: "job://{job_id}",
  variable: "job_id",
  cacheHint: { ttlMs: 1_000, cacheScope: "private" },
  read: async (jobId, deps) => {
    const found = await jobStatus(deps, { job_id: jobId, include: ["steps", "events"] });
    return found.ok ? ok(JSON.stringify(found.value)) : err(unknownJob(jobId));
  },
  list: async (deps) => {
    const jobs = await recentJobs(deps);
    return jobs.map((row) => {
      const title = `${echo(row.name)} (${row.status})`;
      const age = ageOf(deps.now() - Date.parse(row.submitted_at));
      const description = `${echo(row.name)}: ${row.status}, submitted ${age} ago`;
      return { uri: `job://${row.id}`, name: row.id, title, description };
    });
  },
  complete: completeJobId,
};
