import * as z from "zod";
import type { JsonObject } from "../../lib/json.ts";
import { iso, isoOrNull } from "../../lib/time.ts";
import type { Fired, SavedTrigger } from "../../registry/api/trigger-calls.ts";
import type { NumberedEntry } from "../../triggers/ledger.ts";
import { kindOf } from "../../triggers/trigger-document.ts";
import type { ServiceContext } from "../context.ts";
import type { Placed } from "./trigger-place.ts";

/** Triggers as callers see them. Times are ISO 8601 in UTC with milliseconds. */

export const LedgerEntryView = z.strictObject({
  outcome: z.string(),
  at: z.string(),
  occurrence: z.string().optional().describe("The time that was due, or what came"),
  job_id: z.string().optional(),
  reason: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  count: z.int().optional().describe("Of times that share the entry"),
});
export type LedgerEntryView = z.infer<typeof LedgerEntryView>;

export function entryView({ outcome, at, occurrence, job_id, reason, span }: NumberedEntry): LedgerEntryView {
  return {
    outcome,
    at: iso(at),
    ...(occurrence !== undefined && { occurrence }),
    ...(job_id !== undefined && { job_id }),
    ...(reason !== undefined && { reason }),
    ...(span !== undefined && { from: iso(span.from), to: iso(span.to), count: span.count }),
  };
}

/** Whoever may write triggers is told where deliveries go to; whoever only reads is not. */
async function urlOf(context: ServiceContext, origin: string, trigger: Placed<SavedTrigger>): Promise<string | null> {
  if (trigger.hook_id === null || !context.scopes.includes("triggers:write")) return null;
  return `${context.publicOrigin ?? origin}/hooks/${await context.hookToken(trigger.shard, trigger.hook_id)}`;
}

/** @param origin under which the caller reached the server */
export async function savedView(context: ServiceContext, origin: string, trigger: Placed<SavedTrigger>) {
  const { document, version, next_runs } = trigger;
  const url = await urlOf(context, origin, trigger);
  return { name: document.name, version, next_runs: next_runs.map(iso), url };
}

export async function triggerView(context: ServiceContext, origin: string, trigger: Placed<SavedTrigger>) {
  const { document, label, saved_at, runs, last, watch_error } = trigger;
  return {
    ...(await savedView(context, origin, trigger)),
    kind: kindOf(document),
    blueprint: label,
    paused: document.paused,
    runs,
    saved_at: iso(saved_at),
    last: last === null ? null : entryView(last),
    ...(watch_error !== null && { watch_error }),
    ...(document.note !== undefined && { note: document.note }),
  };
}

/** Without what only the document of an inline blueprint says. */
export function documentView({ document, label }: SavedTrigger): JsonObject {
  const { blueprint, ...rest } = document;
  return { ...(rest as unknown as JsonObject), blueprint: typeof blueprint === "string" ? label : blueprint };
}

export const firedView = ({ due, ...fired }: Fired) => ({ due: isoOrNull(due), ...fired });
