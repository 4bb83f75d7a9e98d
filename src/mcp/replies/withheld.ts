import { OPEN_FIELDS } from "../../service/answers/withheld-faults.ts";
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
  const kept = OPEN_FIELDS.filter((field) => field in reply.structured);
  return {
    next: "Keep the id; a key with the scope jobs:read sees more.",
    structured: Object.fromEntries(kept.map((field) => [field, reply.structured[field]])),
    text: `Job ${id} is ${status}.`,
  };
}
