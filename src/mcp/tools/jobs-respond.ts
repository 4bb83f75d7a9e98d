import type { Fault } from "../../lib/fault.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { iso } from "../../lib/time.ts";
import type { RespondError } from "../../registry/api/caller.ts";
import type { InvalidArguments } from "../../service/arguments.ts";
import { mayRead } from "../../service/context.ts";
import { jobOutput } from "../../service/fields.ts";
import { type RespondArgs, RespondInput, respondToJob } from "../../service/job-operations.ts";
import type { McpDeps } from "../deps.ts";
import { jobReply } from "../replies/job-reply.ts";
import { call, faultText, quotaText, unknownJob } from "../replies/text.ts";
import { ASK_A_READER, withheldFaults } from "../replies/withheld.ts";
import { defineTool } from "../tool.ts";

const PAST = { accept: "was accepted", decline: "was declined", expired: "expired" };

type NotAsked = Extract<RespondError, { code: "unknown_request" | "already_answered" }>;

/** What the job asks instead, or what became of the question. */
function notAskedFault(error: NotAsked, { job_id, request_id, action }: RespondArgs): Fault {
  const status = call("jobs_get_status", { job_id });
  const asked = `"${echo(request_id)}"`;
  if (error.code === "already_answered") {
    const message = `${asked} ${PAST[error.action]} at ${iso(error.at)}, and that stands`;
    return { path: "request_id", message, fix: `Go on with ${status}.` };
  }
  const child = error.children?.find((each) => each.request_id === request_id);
  if (child !== undefined) {
    const fix = `Send the same to ${call("jobs_respond", { ...child, action })}.`;
    return { path: "job_id", message: `${asked} is asked by a child of this job, which takes the answer`, fix };
  }
  const open = error.open.length > 0 ? `Open: ${error.open.join(", ")}.` : `Nothing is asked now; see ${status}.`;
  return { path: "request_id", message: `${asked} asks nothing`, fix: open };
}

function errorText(error: InvalidArguments | RespondError, args: RespondArgs, deps: McpDeps): string {
  switch (error.code) {
    case "invalid_arguments":
      return faultText("Not answered.", error.faults);
    case "unknown_job":
      return unknownJob(args.job_id);
    case "unknown_request":
    case "already_answered":
      return faultText("Not answered.", [
        mayRead(deps)
          ? notAskedFault(error, args)
          : { path: "request_id", message: "is not asked, or not any more", fix: ASK_A_READER },
      ]);
    case "storage_full":
      return quotaText("Not answered", error);
    case "invalid_content":
      return faultText(
        "Not answered: the content does not fit the question.",
        withheldFaults("content", error.faults, deps),
      );
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
    if (!responded.ok) return err(errorText(responded.error, args, deps));
    const reply = jobReply(responded.value, context);
    return ok({ ...reply, text: `The answer is stored; the job goes on with it. ${reply.text}` });
  },
});
