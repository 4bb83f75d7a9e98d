import { CLIENT_CAPABILITIES_META_KEY, MissingRequiredClientCapabilityError } from "@modelcontextprotocol/server";
import { z } from "zod";

/** The extension through which callers of 2026-07-28 follow a tool call that goes on without them. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

const Declaring = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({ extensions: z.object({ [TASKS_EXTENSION]: z.looseObject({}) }) }),
});

/** Whether this request declares the extension, by its `_meta`. What an earlier one declared does not count. */
export const declaresTasks = (meta: unknown): boolean => Declaring.safeParse(meta).success;

export const UNDECLARED = `This needs the extension ${TASKS_EXTENSION} among the client capabilities of the request.`;

/** For a request that only a declaring client may send. */
export const tasksMissing = (): MissingRequiredClientCapabilityError =>
  new MissingRequiredClientCapabilityError(
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
    UNDECLARED,
  );
