import { err, ok } from "../../lib/result.ts";
import { explainJob } from "../../service/explanation/explained-job.ts";
import { completeJobId } from "../../service/job-listing.ts";
import type { Prompt } from "../prompt.ts";
import { postmortemText } from "../replies/postmortem.ts";
import { unknownJob } from "../replies/text.ts";

export const postmortem: Prompt = {
  name: "jobs_postmortem",
  title: "Job postmortem",
  description: "Everything known about one job, and the questions that a good postmortem answers.",
  argument: { name: "job_id", description: "Job to explain.", complete: completeJobId },
  render: async (jobId, deps) => {
    const found = await explainJob(deps, { job_id: jobId });
    return found.ok ? ok(postmortemText(found.value)) : err(unknownJob(jobId));
  },
};
