import type { Fault } from "../../lib/fault.ts";
import { mayRead } from "../../service/context.ts";
import type { McpDeps } from "../deps.ts";
import type { Reply } from "../tool.ts";

/**
 * A key that may write and not read learns what it needs to go on: which job, and how it stands. What the job is called,
 * returned or asks is for readers.
 */
export function withheld(reply: Reply, deps: Pick<McpDeps, "scopes">): Reply {
  const { id, status } = reply.structured;
  if (mayRead(deps) || typeof id !== "string") return reply;
  const kept = ["id", "status", "deduplicated", "changed"].filter((field) => field in reply.structured);
  return {
    next: "Keep the id; a key with the scope jobs:read sees more.",
    structured: Object.fromEntries(kept.map((field) => [field, reply.structured[field]])),
    text: `Job ${id} is ${status}.`,
  };
}

/** What stands in the place of a remedy that would tell such a key what is stored. */
export const ASK_A_READER = "A key with the scope jobs:read sees what would fit.";

/** Faults of a value that was checked with something stored: a key that may not read learns only that it does not fit. */
export const withheldFaults = (path: string, faults: Fault[], deps: Pick<McpDeps, "scopes">): Fault[] =>
  mayRead(deps) ? faults : [{ path, message: "does not fit", fix: ASK_A_READER }];
