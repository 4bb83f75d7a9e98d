import { err, ok } from "../../lib/result.ts";
import { jobOutput } from "../../service/fields.ts";
import { jobStatus, StatusInput } from "../../service/job-operations.ts";
import { CLASSIC_FIELDS, jobReply } from "../replies/job-reply.ts";
import { unknownJob } from "../replies/text.ts";
import { PROGRESS_APP_URI } from "../resources/progress-app.ts";
import { defineTool } from "../tool.ts";

export const jobsGetStatus = defineTool({
  name: "jobs_get_status",
  title: "Get job status",
  description:
    "Status, progress, questions, error and result of one job, always up to date. To wait for it call jobs_wait instead of this again. Lost the id? Call jobs_list.",
  input: StatusInput,
  output: jobOutput,
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  view: PROGRESS_APP_URI,
  run: async (args, deps, { isTold }) => {
    const found = await jobStatus(deps, args);
    return found.ok ? ok(jobReply(found.value, { isTold, always: CLASSIC_FIELDS })) : err(unknownJob(args.job_id));
  },
});
