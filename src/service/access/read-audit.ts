import pMap from "p-map";
import * as z from "zod";
import { ok } from "../../lib/result.ts";
import { iso } from "../../lib/time.ts";
import { MAX_LISTED_AUDIT, REVOKE_CONCURRENCY } from "../../limits.ts";
import type { AuditEntry } from "../../registry/api/keys.ts";
import { type InvalidArguments, instantFault, invalidArguments, readInstant } from "../arguments.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { instant } from "../fields.ts";

export const AuditInput = z.strictObject({
  before: instant.optional().describe("Only what was done before this time (ISO 8601); next_before goes on."),
});

export interface AuditPage {
  entries: (Omit<AuditEntry, "at"> & { at: string })[];
  /** Where the next page begins; null: that was all. */
  next_before: string | null;
}

/** What was done, the newest first. */
export async function readAudit(
  { ask, shards, now }: Pick<ServiceContext, "ask" | "shards" | "now">,
  { before: asked }: z.output<typeof AuditInput>,
): Answer<AuditPage, InvalidArguments> {
  const before = asked === undefined ? now() + 1 : readInstant(asked);
  if (before === undefined) return invalidArguments([instantFault("before")]);
  const all = Array.from({ length: shards }, (_, shard) => shard);
  const parts = await pMap(
    all,
    (shard) => ask(shard, (registry, caller) => registry.audit(caller, before, MAX_LISTED_AUDIT)),
    { concurrency: REVOKE_CONCURRENCY },
  );
  const newest = parts.flat().sort((a, b) => b.at - a.at);
  const shown = newest.slice(0, MAX_LISTED_AUDIT);
  const isCut = newest.length > shown.length || parts.some((part) => part.length === MAX_LISTED_AUDIT);
  const last = shown.at(-1);
  return ok({
    entries: shown.map(({ at, ...entry }) => ({ at: iso(at), ...entry })),
    // What was done in the same millisecond comes again, rather than not at all.
    next_before: isCut && last !== undefined ? iso(last.at + 1) : null,
  });
}
