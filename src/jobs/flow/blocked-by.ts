import * as z from "zod";

/** What a queued job waits for. */
export const BlockedBy = z.strictObject({
  limit: z.enum(["run_at", "running_jobs", "concurrency", "engine"]),
  key: z.string().nullable().describe("Of concurrency"),
  running: z.int().nullable().describe("Jobs that have a place"),
  position: z.int().nullable().describe("From 1: the next that gets one"),
});
export type BlockedBy = z.infer<typeof BlockedBy>;

export const blockedBy = (
  limit: BlockedBy["limit"],
  { key = null, running = null, position = null }: Partial<Omit<BlockedBy, "limit">> = {},
): BlockedBy => ({ limit, key, running, position });
