import * as z from "zod";
import type { JobStatus } from "../../jobs/view.ts";
import type { Fault } from "../../lib/fault.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { MAX_REPLY_BYTES } from "../../limits.ts";
import type { McpDeps } from "../deps.ts";
import { type DetailedTask, requestKey } from "../replies/task.ts";
import { clip, faultText } from "../replies/text.ts";
import type { CallContext } from "../tool.ts";
import { jobsCancel } from "../tools/jobs-cancel.ts";
import { jobsRespond } from "../tools/jobs-respond.ts";
import { GET_TASK, getTask, lookAtTask } from "./get.ts";

/** The methods of the Tasks extension. Whatever changes a job goes through the tool that does the same. */

export interface Responses {
  [requestId: string]: unknown;
}

export interface TaskCall {
  taskId: string;
  /** By request id, as the client sent them; undefined when it sent none. */
  inputResponses: Responses | undefined;
  deps: McpDeps;
  context: CallContext;
}

type Empty = { [field: string]: never };
/** An acknowledgement says nothing of the task: tasks/get does. The error is for the client. */
type Acknowledged = Result<Empty, string>;

const ACKNOWLEDGED: Acknowledged = ok({});

async function cancel({ taskId, deps, context }: TaskCall): Promise<Acknowledged> {
  const cancelled = await jobsCancel.call({ job_id: taskId }, deps, context);
  return cancelled.ok ? ACKNOWLEDGED : cancelled;
}

/** Of the result of an elicitation; what its fields hold is for jobs_respond to check. */
const Answer = z.object({ action: z.unknown(), content: z.unknown() }).partial().catch({});

/** An elicitation's `cancel`: the user decided nothing, and nobody will ask again. */
function argumentsOf(taskId: string, requestId: string, response: unknown) {
  const { action, content } = Answer.parse(response);
  const decided = action === "cancel" ? "decline" : action;
  return { job_id: taskId, request_id: requestId, action: decided, ...(content !== undefined && { content }) };
}

interface Refused {
  requestId: string;
  text: string;
}

/** Answers the open questions that have a response. @returns those whose response was refused */
async function answerAll(
  { taskId, deps, context }: TaskCall,
  open: JobStatus["input_requests"],
  responses: Responses,
): Promise<Refused[]> {
  const refused: Refused[] = [];
  for (const request of open.filter((each) => Object.hasOwn(responses, requestKey(each)))) {
    const key = requestKey(request);
    const { job_id = taskId, request_id } = request;
    const answered = await jobsRespond.call(argumentsOf(job_id, request_id, responses[key]), deps, context);
    if (!answered.ok) refused.push({ requestId: key, text: answered.error });
  }
  return refused;
}

const NO_RESPONSES: Fault = {
  path: "inputResponses",
  message: "is missing",
  fix: "Send {<key of inputRequests>: {action, content}}.",
};

/** Responses to what is not asked, or not any more, are ignored: the client may not have seen the answer yet. */
async function update(call: TaskCall): Promise<Acknowledged> {
  const before = await lookAtTask(call.taskId, call.deps);
  if (!before.ok) return before;
  if (call.inputResponses === undefined) return err(faultText("Not answered.", [NO_RESPONSES]));
  const refused = await answerAll(call, before.value.input_requests, call.inputResponses);
  if (refused.length === 0) return ACKNOWLEDGED;
  const after = await lookAtTask(call.taskId, call.deps);
  if (!after.ok) return after;
  const isOpen = ({ requestId }: Refused) => after.value.input_requests.some((each) => requestKey(each) === requestId);
  const standing = refused.filter(isOpen).map(({ requestId, text }) => `inputResponses.${echo(requestId)}: ${text}`);
  return standing.length === 0 ? ACKNOWLEDGED : err(clip(standing.join("\n"), MAX_REPLY_BYTES));
}

export const METHODS: { [method: string]: (call: TaskCall) => Promise<Result<DetailedTask | Empty, string>> } = {
  [GET_TASK]: ({ taskId, deps }) => getTask(taskId, deps),
  "tasks/update": update,
  "tasks/cancel": cancel,
};
