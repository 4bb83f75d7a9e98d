import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import * as z from "zod";
import { err } from "../../lib/result.ts";
import { declaresTasks, TASKS_EXTENSION, tasksMissing, UNDECLARED } from "../protocol/declared-tasks.ts";
import { observe } from "../protocol/observe.ts";
import { answerOrThrow, callContext, type Registrar } from "../protocol/register.ts";
import { METHODS, type Responses } from "./methods.ts";

const Params = z.looseObject({ taskId: z.string() });

const invalidParams = (text: string): ProtocolError => new ProtocolError(ProtocolErrorCode.InvalidParams, text);

interface Sent {
  inputResponses?: Responses;
  droppedInputResponseKeys?: string[];
}

/** The SDK takes malformed responses away and tells only their keys: they are no answers, which is for us to say. */
const responsesOf = ({ inputResponses, droppedInputResponseKeys: dropped = [] }: Sent): Responses | undefined =>
  inputResponses && { ...Object.fromEntries(dropped.map((key) => [key, null])), ...inputResponses };

/** The Tasks extension, which does not exist for clients of 2025. */
export function registerTasks({ server: { server }, deps, era }: Registrar): void {
  if (era !== "modern") return;
  server.registerCapabilities({ extensions: { [TASKS_EXTENSION]: {} } });
  for (const [method, run] of Object.entries(METHODS)) {
    server.setRequestHandler(method, { params: Params }, async ({ taskId }, context) => {
      const declared = declaresTasks(context.mcpReq.envelope);
      const call = { taskId, inputResponses: responsesOf(context.mcpReq), deps, context: callContext(context, era) };
      const act = async () => (declared ? run(call) : err(UNDECLARED));
      const outcome = await observe(method, deps, era, act, () => taskId);
      return answerOrThrow(outcome, declared ? invalidParams : tasksMissing);
    });
  }
}
