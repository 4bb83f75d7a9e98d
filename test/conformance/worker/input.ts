import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";

/** Fixtures that ask the client something before they answer: the input_required results of 2026-07-28. */

type Answer = CallToolResult | InputRequiredResult;

/** Any key does: a state lives as long as the few requests of one scenario. */
const codec = createRequestStateCodec<{ round: number }>({ key: "0123456789abcdef0123456789abcdef" });

const done = (text: string): Answer => ({ content: [{ type: "text", text }] });

const ask = (message: string, field: string) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: "object", properties: { [field]: { type: "string" as const } }, required: [field] },
  });

const askModel = (text: string) =>
  inputRequired.createMessage({ messages: [{ role: "user", content: { type: "text", text } }], maxTokens: 100 });

/** All that the client was asked has an answer; one that was declined or has the wrong shape is none. */
function isAnswered(requests: InputRequests, { mcpReq }: ServerContext): boolean {
  const responses = mcpReq.inputResponses ?? {};
  return Object.entries(requests).every(([key, { method }]) =>
    method === "elicitation/create" ? acceptedContent(responses, key) !== undefined : responses[key] !== undefined,
  );
}

export async function askOnce(requests: InputRequests, context: ServerContext, withState: boolean): Promise<Answer> {
  if (isAnswered(requests, context)) return done(JSON.stringify(context.mcpReq.inputResponses));
  const state = withState ? { requestState: await codec.mint({ round: 1 }) } : {};
  return inputRequired({ inputRequests: requests, ...state });
}

export const NAME = { user_name: ask("What is your name?", "name") };
const CONFIRM = {
  confirm: inputRequired.elicit({
    message: "Please confirm",
    requestedSchema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
  }),
};
const CAPITAL = { capital_question: askModel("What is the capital of France?") };
const ROOTS = { client_roots: inputRequired.listRoots() };
const GREETING = { greeting: askModel("Generate a greeting") };

async function askTwice({ mcpReq }: ServerContext): Promise<Answer> {
  const round = mcpReq.requestState<{ round: number }>()?.round ?? 0;
  if (round === 2) return done("both rounds are answered");
  const inputRequests =
    round === 0
      ? { step1: ask("Step 1: What is your name?", "name") }
      : { step2: ask("Step 2: What is your favorite color?", "color") };
  return inputRequired({ inputRequests, requestState: await codec.mint({ round: round + 1 }) });
}

const Envelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({ elicitation: z.looseObject({}), sampling: z.looseObject({}) }).partial(),
});

/** Asks only for what this client has declared. */
function askCapable(context: ServerContext): Promise<Answer> {
  const declared = Envelope.parse(context.mcpReq.envelope)[CLIENT_CAPABILITIES_META_KEY];
  const requests = { ...(declared.elicitation && NAME), ...(declared.sampling && GREETING) };
  return askOnce(requests, context, false);
}

const TOOLS: Record<string, (context: ServerContext) => Promise<Answer>> = {
  test_missing_capability: (context) => askOnce(CAPITAL, context, false),
  test_input_required_result_elicitation: (context) => askOnce(NAME, context, false),
  test_input_required_result_sampling: (context) => askOnce(CAPITAL, context, false),
  test_input_required_result_list_roots: (context) => askOnce(ROOTS, context, false),
  test_input_required_result_request_state: (context) => askOnce(CONFIRM, context, true),
  test_input_required_result_multiple_inputs: (context) => askOnce({ ...NAME, ...GREETING, ...ROOTS }, context, true),
  test_input_required_result_multi_round: askTwice,
  test_input_required_result_tampered_state: (context) => askOnce(CONFIRM, context, true),
  test_input_required_result_capabilities: askCapable,
};

export function addInputTools(server: McpServer): void {
  for (const [name, call] of Object.entries(TOOLS)) {
    server.registerTool(
      name,
      { description: "Asks the client before it answers.", inputSchema: z.object({}) },
      (_, context) => call(context),
    );
  }
}

export function addInputPrompt(server: McpServer): void {
  const description = "Asks for its context before it renders.";
  const question = { user_context: ask("What context should the prompt use?", "context") };
  const argsSchema = z.object({});
  server.registerPrompt("test_input_required_result_prompt", { description, argsSchema }, (_, { mcpReq }) => {
    const answer = acceptedContent<{ context: string }>(mcpReq.inputResponses, "user_context");
    if (answer === undefined) return inputRequired({ inputRequests: question });
    return { messages: [{ role: "user", content: { type: "text", text: `Use this context: ${answer.context}` } }] };
  });
}

/** Rejects a state that is not ours, before any handler sees it. */
export const requestState = { verify: codec.verify };
