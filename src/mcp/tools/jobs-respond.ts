import { z } from "zod";
import { jsonObject } from "../../blueprint/kinds/fields.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { iso } from "../../lib/time.ts";
import { MAX_ECHO_CHARS, MAX_INPUT_BYTES } from "../../limits.ts";
import type { RespondError } from "../../registry/api/caller.ts";
import { sizeFault } from "../../service/arguments.ts";
import { registryOfJob } from "../../service/context.ts";
import { jobId, jobOutput } from "../../service/fields.ts";
import { jobReply } from "../replies/job-reply.ts";
import { call, faultText, unknownJob } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

const Input = z.strictObject({
  job_id: jobId,
  request_id: z.string().min(1).max(MAX_ECHO_CHARS).describe("request_id of the question, from input_requests."),
  action: z.enum(["accept", "decline"]).describe("accept: answer with content; decline: refuse to answer."),
  content: jsonObject.optional().describe("The answer; fits the question's schema."),
});
type Input = z.output<typeof Input>;

const PAST = { accept: "was accepted", decline: "was declined", expired: "expired" };

function errorText(error: RespondError, { job_id, request_id, action }: Input): string {
  const status = call("jobs_get_status", { job_id });
  switch (error.code) {
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
  input: Input,
  output: jobOutput,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, deps, context) => {
    const { job_id, request_id, action, content } = args;
    const oversize = sizeFault("content", content ?? {}, MAX_INPUT_BYTES);
    if (oversize.length > 0) return err(faultText("Not answered.", oversize));
    const answer = { request_id, action, content: action === "accept" ? (content ?? {}) : null };
    const responded = await registryOfJob(deps, job_id)?.respond(deps.tenant, job_id, answer);
    if (responded === undefined) return err(unknownJob(job_id));
    if (!responded.ok) return err(errorText(responded.error, args));
    const reply = jobReply(responded.value, context);
    return ok({ ...reply, text: `The answer is stored; the job goes on with it. ${reply.text}` });
  },
});
