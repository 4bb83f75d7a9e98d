import { signal } from "@preact/signals";

/** What an agent would call to do the same as a button. */
export const mcpCall = (tool: string, args: object = {}): string => `${tool} ${JSON.stringify(args)}`;

/** What no tool does, because a value must not pass through a model, or because it is an operator's. */
export const restCall = (method: string, path: string): string => `no tool: ${method} /api/v1${path}`;

/** Whether buttons show it beside them. */
export const showsCalls = signal(false);
