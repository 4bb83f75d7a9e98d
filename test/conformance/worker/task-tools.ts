import { acceptedContent, type McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { JsonObject } from "../../../src/lib/json.ts";
import { ok } from "../../../src/lib/result.ts";
import { type Registrar, registerTool, runTool } from "../../../src/mcp/protocol/register.ts";
import { defineTool, type Tool } from "../../../src/mcp/tool.ts";
import { jobsSubmitBlueprint } from "../../../src/mcp/tools/jobs-submit-blueprint.ts";
import { askOnce, NAME } from "./input.ts";

/** Fixtures of the Tasks extension. Their work is done by real jobs, which the shipped tool submits. */

const annotations = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };

const greet = defineTool({
  name: "greet",
  title: "Greet",
  description: "Answers at once.",
  scope: "jobs:write",
  annotations,
  input: z.strictObject({ name: z.string().describe("Whom to greet.") }),
  output: z.looseObject({}),
  run: async ({ name }) => ok({ next: "", structured: {}, text: `Hello, ${name}!` }),
});

/** A tool that submits a job with its arguments as the input. */
const job = (name: string, input: z.ZodObject, steps: JsonObject[]): Tool =>
  defineTool({
    name,
    title: name,
    description: "Runs as a job.",
    scope: "jobs:write",
    annotations,
    input,
    output: z.looseObject({}),
    run: (args, deps, context) =>
      jobsSubmitBlueprint.call({ blueprint: { name: name.replaceAll("_", "-"), steps }, input: args }, deps, context),
  });

const done = (text: string): JsonObject => ({ id: "done", type: "transform", value: text });

const question = (id: string, message: string): JsonObject => ({
  id,
  type: "input",
  message,
  schema: { type: "object", properties: { name: { type: "string" }, confirm: { type: "boolean" } } },
});

const NoArguments = z.strictObject({});

const slowCompute = job(
  "slow_compute",
  z.strictObject({
    seconds: z.int().min(0).max(60).describe("How long it takes."),
    label: z.string().describe("What it is called."),
  }),
  [
    { id: "nap", type: "sleep", when: "{% $input.seconds > 0 %}", for: "{% $input.seconds %} seconds" },
    done("{% $input.label %}"),
  ],
);

const failingJob = job("failing_job", NoArguments, [
  { id: "nap", type: "sleep", for: "1 second" },
  done("{% $error('broken') %}"),
]);

/** The step that the Workflow of the fixtures gives up. */
export const DOOMED_STEP = "doomed";

const protocolErrorJob = job("protocol_error_job", NoArguments, [
  { id: DOOMED_STEP, type: "http", url: "https://example.com/" },
]);

const confirmDelete = job("confirm_delete", z.strictObject({ filename: z.string().describe("What to delete.") }), [
  question("sure", "Delete {% $input.filename %}?"),
  done("{% $input.filename %}"),
]);

const multiInput = job("multi_input", NoArguments, [
  {
    id: "both",
    type: "parallel",
    branches: { first: [question("one", "First?")], second: [question("two", "Second?")] },
  },
]);

const greetLater = job("test_tool_with_task", z.strictObject({ name: z.string().describe("Whom to greet.") }), [
  done("Hello, {% $input.name %}!"),
]);

/** Asks the client first, by an input_required result, and works as a job then. */
function addAskingTool(server: McpServer, registrar: Registrar): void {
  const { name, description } = greetLater;
  server.registerTool(name, { description, inputSchema: z.object({}) }, (_, context) => {
    const answer = acceptedContent<{ name: string }>(context.mcpReq.inputResponses, "user_name");
    return answer === undefined ? askOnce(NAME, context, true) : runTool(registrar, greetLater, answer, context);
  });
}

/** Tools that cannot be called without tasks. */
export const NEEDS_TASKS: ReadonlySet<unknown> = new Set([failingJob.name]);

export function addTaskTools(server: McpServer, registrar: Registrar): void {
  for (const tool of [greet, slowCompute, failingJob, protocolErrorJob, confirmDelete, multiInput]) {
    registerTool(registrar, tool);
  }
  addAskingTool(server, registrar);
}
