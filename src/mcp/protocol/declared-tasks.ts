import { CLIENT_CAPABILITIES_META_KEY, MissingRequiredClientCapabilityError } from "@modelcontextprotocol/server";
import { isJsonObject, type Json } from "../../lib/json.ts";

/** The extension through which callers of 2026-07-28 follow a tool call that goes on without them. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

const field = (value: Json | undefined, key: string): Json | undefined =>
  isJsonObject(value) ? value[key] : undefined;

/** Whether this request declares the extension, by its `_meta`. What an earlier one declared does not count. */
export function declaresTasks(meta: unknown): boolean {
  const capabilities = field(meta as Json | undefined, CLIENT_CAPABILITIES_META_KEY);
  return isJsonObject(field(field(capabilities, "extensions"), TASKS_EXTENSION));
}

export const UNDECLARED = `This needs the extension ${TASKS_EXTENSION} among the client capabilities of the request.`;

/** For a request that only a declaring client may send. */
export const tasksMissing = (): MissingRequiredClientCapabilityError =>
  new MissingRequiredClientCapabilityError(
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
    UNDECLARED,
  );
