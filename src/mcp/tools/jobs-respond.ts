import { err, ok } from "../../lib/result.ts";
import type { RespondError } from "../../registry/api/caller.ts";
import { type NextCalls, respondFaults } from "../../service/answers/refusal-faults.ts";
import type { InvalidArguments } from "../../service/arguments.ts";
import { jobOutput } from "../../service/fields.ts";
import { type RespondArgs, RespondInput, respondToJob } from "../../service/job-operations.ts";
import type { McpDeps } from "../deps.ts";
import { jobReply } from "../replies/job-reply.ts";
import { call, faultText, quotaText, unknownJob } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

const NEXT: NextCalls = {
  look: (job_id) => call("jobs_get_status", { job_id }),
  answer: (question, action) => call("jobs_respond", { ...question, action }),
};

function errorText(error: InvalidArguments | RespondError, args: RespondArgs, deps: McpDeps): string {
  switch (error.code) {
    case "unknown_job":
      return unknownJob(args.job_id);
    case "storage_full":
      return quotaText("Not answered", error);
    case "invalid_content":
      return faultText("Not answered: the content does not fit the question.", respondFaults(error, args, deps, NEXT));
    default:
      return faultText("Not answered.", respondFaults(error, args, deps, NEXT));
  }
}

export const jobsRespond = defineTool({
  name: "jobs_respond",
  title: "Answer a job's question",
  description:
    "Answer what a job in status input_required asks (its input_requests); the first answer stands. Ask your user when the decision is theirs. Next: jobs_wait.",
  input: RespondInput,
  output: jobOutput,
  scope: "jobs:write",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, deps, context) => {
    const responded = await respondToJob(deps, args);
    if (!responded.ok) return err(errorText(responded.error, args, deps));
    const reply = jobReply(responded.value, context);
    return ok({ ...reply, text: `The answer is stored; the job goes on with it. ${reply.text}` });
  },
});
