import type { McpDeps } from "../deps.ts";
import type { Reply } from "../tool.ts";

/**
 * A key that may write and not read learns what it needs to go on: which job, and how it stands. What the job is called,
 * returned or asks is for readers.
 */
export function withheld(reply: Reply, { scopes }: Pick<McpDeps, "scopes">): Reply {
  const { id, status } = reply.structured;
  if (scopes.includes("jobs:read") || typeof id !== "string") return reply;
  const kept = ["id", "status", "deduplicated", "changed"].filter((field) => field in reply.structured);
  return {
    next: "Keep the id; a key with the scope jobs:read sees more.",
    structured: Object.fromEntries(kept.map((field) => [field, reply.structured[field]])),
    text: `Job ${id} is ${status}.`,
  };
}
