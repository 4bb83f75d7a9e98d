import { err, ok } from "../../lib/result.ts";
import { completeJobId } from "../../service/job-listing.ts";
import { jobStatus } from "../../service/job-operations.ts";
import { unknownJob } from "../replies/text.ts";
import type { TemplateResource } from "../resource.ts";

export const jobEvents: TemplateResource = {
  name: "job_events",
  title: "Job timeline",
  description: "What happened to one job, in order, without gaps.",
  mimeType: "application/json",
  template: "job://{job_id}/events",
  variable: "job_id",
  cacheHint: { ttlMs: 1_000, cacheScope: "private" },
  read: async (jobId, deps) => {
    const found = await jobStatus(deps, { job_id: jobId, include: ["events"] });
    if (!found.ok) return err(unknownJob(jobId));
    const { id, status, events = [] } = found.value;
    return ok(JSON.stringify({ id, status, events }));
  },
  complete: completeJobId,
};
