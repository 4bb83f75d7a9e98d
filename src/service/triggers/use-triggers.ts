import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { MAX_BACKFILL, MAX_LIST_ROWS } from "../../limits.ts";
import type { Fired, FireError, LedgerPage, SavedTrigger, UnknownTrigger } from "../../registry/api/trigger-calls.ts";
import { triggerName } from "../../triggers/trigger-document.ts";
import { type InvalidArguments, instantFault, invalidArguments, readInstant } from "../arguments.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { cursor, instant, limit } from "../fields.ts";
import { type Placed, shardOfTrigger } from "./trigger-place.ts";

/** What a tenant does with triggers that it has. */

const UNKNOWN = err({ code: "unknown_trigger" as const });
const LIST_FILTER = "triggers";

export const ListTriggersInput = z.strictObject({
  name: triggerName.optional().describe("One trigger, with its ledger: what became of each time."),
  limit,
  cursor,
});

export interface TriggerPage {
  triggers: Placed<SavedTrigger>[];
  next_cursor: string | null;
}

/** By name, of all shards. */
export async function pageOfTriggers(
  context: ServiceContext,
  args: { limit: number; cursor?: string | undefined },
): Answer<TriggerPage, { code: "invalid_cursor" }> {
  const from = args.cursor === undefined ? ok({ after: "" }) : await context.cursors.read(args.cursor, LIST_FILTER);
  if (!from.ok) return from;
  const { after } = from.value;
  const pages = await Promise.all(
    Array.from({ length: context.shards }, async (_, shard) => {
      const found = await context.ask(shard, (registry, caller) =>
        registry.listTriggers(caller, after, args.limit + 1),
      );
      return found.map((trigger) => ({ ...trigger, shard }));
    }),
  );
  const all = pages.flat().sort((a, b) => (a.document.name < b.document.name ? -1 : 1));
  const triggers = all.slice(0, args.limit);
  const last = triggers.at(-1);
  const isMore = all.length > triggers.length && last !== undefined;
  const next_cursor = isMore ? await context.cursors.write({ after: last.document.name, filter: LIST_FILTER }) : null;
  return ok({ triggers, next_cursor });
}

export interface TriggerWithLedger {
  trigger: Placed<SavedTrigger>;
  ledger: LedgerPage["entries"];
  next_cursor: string | null;
}

/** One trigger with a page of its ledger, the newest first. */
export async function oneTrigger(
  context: ServiceContext,
  args: { name: string; limit: number; cursor?: string | undefined },
): Answer<TriggerWithLedger, UnknownTrigger | { code: "invalid_cursor" }> {
  const { name } = args;
  const filter = `ledger ${name}`;
  const from = args.cursor === undefined ? ok({ after: "" }) : await context.cursors.read(args.cursor, filter);
  if (!from.ok) return from;
  const before = from.value.after === "" ? null : Number(from.value.after);
  const shard = await shardOfTrigger(context, name);
  const [trigger, page] = await Promise.all([
    context.ask(shard, (registry, caller) => registry.findTrigger(caller, name)),
    context.ask(shard, (registry, caller) =>
      registry.triggerLedger(caller, name, before, Math.min(args.limit, MAX_LIST_ROWS)),
    ),
  ]);
  if (trigger === null || !page.ok) return UNKNOWN;
  const { entries, next_before } = page.value;
  const next_cursor = next_before === null ? null : await context.cursors.write({ after: `${next_before}`, filter });
  return ok({ trigger: { ...trigger, shard }, ledger: entries, next_cursor });
}

export const FireTriggerInput = z.strictObject({
  name: triggerName,
  from: instant.optional().describe("Backfill: all times of the schedule from here to `to`; without: once, now."),
  to: instant.optional().describe("The end of it."),
});

function readSpan({ from, to }: { from?: string | undefined; to?: string | undefined }) {
  if (from === undefined && to === undefined) return ok(null);
  const [begin, end] = [readInstant(from ?? ""), readInstant(to ?? "")];
  const faults = [
    ...(begin === undefined ? [instantFault("from")] : []),
    ...(end === undefined ? [instantFault("to")] : []),
  ];
  if (begin === undefined || end === undefined) return invalidArguments(faults);
  if (begin <= end) return ok({ from: begin, to: end });
  return invalidArguments([{ path: "to", message: "is before from", fix: "Choose a later time." }]);
}

/** Runs the trigger once, or all times of a span that have no job yet. */
export async function fireTrigger(
  context: ServiceContext,
  args: z.output<typeof FireTriggerInput>,
): Answer<Fired[], InvalidArguments | FireError> {
  const span = readSpan(args);
  if (!span.ok) return span;
  if (span.value !== null && span.value.to > context.now()) {
    const message = "is in the future";
    return invalidArguments([
      { path: "to", message, fix: `Backfills are of times that have passed, ${MAX_BACKFILL} at most.` },
    ]);
  }
  const request = { now: span.value === null, span: span.value };
  const shard = await shardOfTrigger(context, args.name);
  return context.ask(shard, (registry, caller) => registry.fireTrigger(caller, args.name, request));
}

export const DeleteTriggerInput = z.strictObject({ name: triggerName });

export async function deleteTrigger(context: ServiceContext, { name }: { name: string }): Answer<null, UnknownTrigger> {
  const shard = await shardOfTrigger(context, name);
  return (await context.ask(shard, (registry, caller) => registry.deleteTrigger(caller, name))) ? ok(null) : UNKNOWN;
}
