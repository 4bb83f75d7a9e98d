import type { Fault } from "../../lib/fault.ts";
import { echo } from "../../lib/safe-text.ts";
import { iso } from "../../lib/time.ts";
import type { RespondError, ResultError, RetryError } from "../../registry/api/caller.ts";
import type { InvalidArguments } from "../arguments.ts";
import { mayRead, type ServiceContext } from "../context.ts";
import type { RespondArgs, ResultArgs } from "../job-operations.ts";
import type { RetryArgs } from "../retry-job.ts";
import { ASK_A_READER, withheldFaults } from "./withheld-faults.ts";

/** Which argument a refusal is about, and what to send instead. Refusals that are about no argument have no faults. */

type Reader = Pick<ServiceContext, "scopes">;

export const CURSOR_FAULT: Fault = {
  path: "cursor",
  message: "does not belong to this listing",
  fix: "Send next_cursor with the same filters, or no cursor to start again.",
};

export function resultFaults(error: ResultError, { pointer }: ResultArgs): Fault[] {
  if (error.code !== "pointer_not_found") return [];
  const fix = "Start with an empty pointer, and a small max_bytes, to see what there is.";
  return [{ path: "pointer", message: `"${echo(pointer)}" points at nothing`, fix }];
}

export function retryFaults(
  error: InvalidArguments | RetryError,
  { from_step = "" }: RetryArgs,
  reader: Reader,
): Fault[] {
  switch (error.code) {
    case "invalid_arguments":
      return error.faults;
    case "from_step_needed": {
      const fix = "Name the step to run again from; the first step runs all of it again.";
      return [{ path: "from_step", message: "is needed: the job has succeeded", fix }];
    }
    case "no_such_step": {
      const message = `"${echo(from_step)}" is no step that can be run again from`;
      const steps = error.steps.length > 0 ? `Use one of: ${error.steps.join(", ")}.` : "Leave it out.";
      return [{ path: "from_step", message, fix: mayRead(reader) ? steps : ASK_A_READER }];
    }
    case "invalid_input":
      return withheldFaults("input", error.faults, reader);
    default:
      return [];
  }
}

/** How a face says what to do next. */
export interface NextCalls {
  look: (jobId: string) => string;
  answer: (question: { job_id: string; request_id: string }, action: RespondArgs["action"]) => string;
}

const PAST = { accept: "was accepted", decline: "was declined", expired: "expired" };

type NotAsked = Extract<RespondError, { code: "unknown_request" | "awaits_event" | "already_answered" }>;

/** What the job asks instead, or what became of the question. */
function notAskedFault(error: NotAsked, { job_id, request_id, action }: RespondArgs, next: NextCalls): Fault {
  const asked = `"${echo(request_id)}"`;
  if (error.code === "already_answered") {
    const message = `${asked} ${PAST[error.action]} at ${iso(error.at)}, and that stands`;
    return { path: "request_id", message, fix: `Go on with ${next.look(job_id)}.` };
  }
  if (error.code === "awaits_event") {
    const message = `${asked} is answered by an event ${error.event}, and by no person`;
    return { path: "request_id", message, fix: "An emit step of another job tells it; jobs_cancel ends the wait." };
  }
  const child = error.children?.find((each) => each.request_id === request_id);
  if (child !== undefined) {
    const message = `${asked} is asked by a child of this job, which takes the answer`;
    return { path: "job_id", message, fix: `Send the same to ${next.answer(child, action)}.` };
  }
  const open =
    error.open.length > 0 ? `Open: ${error.open.join(", ")}.` : `Nothing is asked now; see ${next.look(job_id)}.`;
  return { path: "request_id", message: `${asked} asks nothing`, fix: open };
}

export function respondFaults(
  error: InvalidArguments | RespondError,
  args: RespondArgs,
  reader: Reader,
  next: NextCalls,
): Fault[] {
  switch (error.code) {
    case "invalid_arguments":
      return error.faults;
    case "unknown_request":
    case "awaits_event":
    case "already_answered":
      return mayRead(reader)
        ? [notAskedFault(error, args, next)]
        : [{ path: "request_id", message: "is not asked, or not any more", fix: ASK_A_READER }];
    case "invalid_content":
      return withheldFaults("content", error.faults, reader);
    default:
      return [];
  }
}
