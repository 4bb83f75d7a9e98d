import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { jobId, jobOutput } from "../../service/fields.ts";
import { jobStatus } from "../../service/job-operations.ts";
import { CLASSIC_FIELDS, jobReply } from "../replies/job-reply.ts";
import { unknownJob } from "../replies/text.ts";
import { PROGRESS_APP_URI } from "../resources/progress-app.ts";
import { defineTool } from "../tool.ts";

const Part = z.enum(["steps", "events", "blueprint"]);

export const jobsGetStatus = defineTool({
  name: "jobs_get_status",
  title: "Get job status",
  description:
    "Status, progress, questions, error and result of one job, always up to date. To wait for it call jobs_wait instead of this again. Lost the id? Call jobs_list.",
  input: z.strictObject({
    job_id: jobId,
    include: z
      .array(Part)
      .max(Part.options.length)
      .default([])
      .describe(
        "Extra parts: each step's state, the timeline of events, and the blueprint that the job runs (field plan).",
      ),
  }),
  output: jobOutput,
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  view: PROGRESS_APP_URI,
  run: async ({ job_id, include }, deps, context) => {
    const parts = {
      steps: include.includes("steps"),
      events: include.includes("events"),
      blueprint: include.includes("blueprint"),
    };
    const found = await jobStatus(deps, { job_id, include: parts });
    return found.ok ? ok(jobReply(found.value, { ...context, always: CLASSIC_FIELDS })) : err(unknownJob(job_id));
  },
});
