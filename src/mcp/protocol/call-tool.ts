import type { CallToolResult } from "@modelcontextprotocol/server";
import { isSettled } from "../../jobs/status.ts";
import { mayRead } from "../../service/context.ts";
import type { McpDeps } from "../deps.ts";
import { createTaskResult } from "../replies/task.ts";
import { withheld } from "../replies/withheld.ts";
import { type CallContext, resultOf, type Tool } from "../tool.ts";
import type { Era } from "./metrics.ts";
import { observe } from "./observe.ts";

/** One call of a tool, whichever lane it came by. */
export interface ToolCall {
  args: unknown;
  context: CallContext;
}

/** The job that the arguments name. */
const jobIdIn = (args: unknown): unknown =>
  typeof args === "object" && args !== null && "job_id" in args ? args.job_id : undefined;

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
    (reply) => jobIdIn(args) ?? reply?.structured.id,
  );
  if (!outcome.ok) return { content: [{ type: "text", text: outcome.error.text }], isError: true };
  const { submitted } = outcome.value;
  const follows = mayRead(deps) && context.isTold && submitted !== undefined && !isSettled(submitted.status);
  return { ...resultOf(withheld(outcome.value, deps)), ...(follows && createTaskResult(submitted, deps)) };
}
