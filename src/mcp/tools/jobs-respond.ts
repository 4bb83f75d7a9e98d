import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { iso } from "../../lib/time.ts";
import type { RespondError } from "../../registry/api/caller.ts";
import type { InvalidArguments } from "../../service/arguments.ts";
import { jobOutput } from "../../service/fields.ts";
import { type RespondArgs, RespondInput, respondToJob } from "../../service/job-operations.ts";
import { jobReply } from "../replies/job-reply.ts";
import { call, faultText, quotaText, unknownJob } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

const PAST = { accept: "was accepted", decline: "was declined", expired: "expired" };

function errorText(error: InvalidArguments | RespondError, { job_id, request_id, action }: RespondArgs): string {
  const status = call("jobs_get_status", { job_id });
  switch (error.code) {
    case "invalid_arguments":
      return faultText("Not answered.", error.faults);
    case "unknown_job":
      return unknownJob(job_id);
    case "unknown_request": {
      const child = error.children?.find((asked) => asked.request_id === request_id);
      if (child !== undefined) {
        const fix = `Send the same to ${call("jobs_respond", { ...child, action })}.`;
        const message = `"${echo(request_id)}" is asked by a child of this job, which takes the answer`;
        return faultText("Not answered.", [{ path: "job_id", message, fix }]);
      }
      const open = error.open.length > 0 ? `Open: ${error.open.join(", ")}.` : `Nothing is asked now; see ${status}.`;
      return faultText("Not answered.", [
        { path: "request_id", message: `"${echo(request_id)}" asks nothing`, fix: open },
      ]);
    }
    case "already_answered": {
      const message = `"${echo(request_id)}" ${PAST[error.action]} at ${iso(error.at)}, and that stands`;
      return faultText("Not answered.", [{ path: "request_id", message, fix: `Go on with ${status}.` }]);
    }
    case "storage_full":
      return quotaText("Not answered", error);
    case "invalid_content":
      return faultText("Not answered: the content does not fit the question.", error.faults);
    default:
      return error satisfies never;
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
    if (!responded.ok) return err(errorText(responded.error, args));
    const reply = jobReply(responded.value, context);
    return ok({ ...reply, text: `The answer is stored; the job goes on with it. ${reply.text}` });
  },
});
