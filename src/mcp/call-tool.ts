import type { CallToolResult } from "@modelcontextprotocol/server";
import { parseJobId } from "../jobs/id.ts";
import { isSettled } from "../jobs/status.ts";
import type { McpDeps } from "./deps.ts";
import type { Era } from "./metrics.ts";
import { observe } from "./observe.ts";
import { createTaskResult } from "./tasks/task.ts";
import { type CallContext, resultOf, type Tool } from "./tool.ts";
import { withheld } from "./withheld.ts";

/** One call of a tool, whichever lane it came by. */
export interface ToolCall {
  args: unknown;
  context: CallContext;
}

const idOf = (value: unknown): string | undefined =>
  typeof value === "string" && parseJobId(value) !== undefined ? value : undefined;

/** The job that the arguments name, for the log: what is no id is not repeated there. */
const jobIdIn = (args: unknown): string | undefined =>
  typeof args === "object" && args !== null && "job_id" in args ? idOf(args.job_id) : undefined;

/** Runs a tool for one request, measured. Whoever gets a task has the whole reply beside it. What has settled is a
 * plain reply: nobody needs to be told of it later. */
export async function callTool(
  tool: Tool,
  { args, context }: ToolCall,
  deps: McpDeps,
  era: Era,
): Promise<CallToolResult> {
  const outcome = await observe(
    tool.name,
    deps,
    era,
    () => tool.call(args, deps, context),
    (reply) => jobIdIn(args) ?? idOf(reply?.structured.id),
  );
  if (!outcome.ok) return { content: [{ type: "text", text: outcome.error.text }], isError: true };
  const { submitted } = outcome.value;
  const follows =
    deps.scopes.includes("jobs:read") && context.isTold && submitted !== undefined && !isSettled(submitted.status);
  return { ...resultOf(withheld(outcome.value, deps)), ...(follows && createTaskResult(submitted, deps)) };
}
