import { err, ok } from "../../jobs/result.ts";
import { registryOfJob } from "../deps.ts";
import { postmortemText } from "../postmortem.ts";
import type { Prompt } from "../prompt.ts";
import { completeJobId } from "../recent-jobs.ts";
import { unknownJob } from "../text.ts";

export const postmortem: Prompt = {
  name: "jobs_postmortem",
  title: "Job postmortem",
  description: "Everything known about one job, and the questions that a good postmortem answers.",
  argument: { name: "job_id", description: "Job to explain.", complete: completeJobId },
  render: async (jobId, deps) => {
    const found = await registryOfJob(deps, jobId)?.explain(deps.tenant, jobId);
    return found?.ok ? ok(postmortemText(found.value)) : err(unknownJob(jobId));
  },
};
