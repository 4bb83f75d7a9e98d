import { err, ok } from "../../lib/result.ts";
import { jobOutput } from "../../service/fields.ts";
import { CancelInput, cancelJob } from "../../service/job-operations.ts";
import { jobReply } from "../replies/job-reply.ts";
import { unknownJob } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

export const jobsCancel = defineTool({
  name: "jobs_cancel",
  title: "Cancel a job",
  description:
    "Stop a job and its child jobs for good; a settled job stays as it is. Only steps with undo are taken back. Next: jobs_retry to run it again.",
  input: CancelInput,
  output: jobOutput,
  scope: "jobs:write",
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  run: async (args, deps, context) => {
    const cancelled = await cancelJob(deps, args);
    if (!cancelled.ok) return err(unknownJob(args.job_id));
    const reply = jobReply(cancelled.value, context);
    const first = cancelled.value.changed
      ? "Cancelled; no further step starts."
      : "Nothing changed: it had settled before.";
    return ok({ ...reply, text: `${first} ${reply.text}` });
  },
});
