import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { MAX_BACKFILL, MAX_LIST_ROWS } from "../../limits.ts";
import type { Fired, FireError, LedgerPage, SavedTrigger, UnknownTrigger } from "../../registry/api/trigger-calls.ts";
import { kindOf, triggerName } from "../../triggers/trigger-document.ts";
import { type InvalidArguments, instantFault, invalidArguments, readInstant } from "../arguments.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { cursor, instant, limit } from "../fields.ts";
import { type LedgerLine, mergeLedgers, mergeTriggers, placeText, readPlace } from "./merge-triggers.ts";
import { type Placed, shardOfTrigger } from "./trigger-place.ts";

/** What a tenant does with triggers that it has. */

const UNKNOWN = err({ code: "unknown_trigger" as const });
const LIST_FILTER = "triggers";

export const ListTriggersInput = z.strictObject({
  name: triggerName.optional().describe("One trigger, with its ledger."),
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
  const all = mergeTriggers(pages.flat());
  const triggers = all.slice(0, args.limit);
  const last = triggers.at(-1);
  const isMore = all.length > triggers.length && last !== undefined;
  const next_cursor = isMore ? await context.cursors.write({ after: last.document.name, filter: LIST_FILTER }) : null;
  return ok({ triggers, next_cursor });
}

export interface TriggerWithLedger {
  trigger: Placed<SavedTrigger>;
  ledger: LedgerLine[];
  next_cursor: string | null;
}

const ledgerFilter = (name: string): string => `ledger ${name}`;

/** For a reader who has had so much of the ledger. */
export const ledgerCursor = (context: ServiceContext, name: string, { after }: LedgerLine): Promise<string> =>
  context.cursors.write({ after: placeText(after), filter: ledgerFilter(name) });

/** The trigger in all shards that have it. */
async function findEverywhere(context: ServiceContext, name: string): Promise<Placed<SavedTrigger>[]> {
  const home = await shardOfTrigger(context, name);
  const find = async (shard: number) => {
    const trigger = await context.ask(shard, (registry, caller) => registry.findTrigger(caller, name));
    return trigger === null ? [] : [{ ...trigger, shard }];
  };
  const [saved] = await find(home);
  if (saved === undefined || saved.is_copy) return [];
  if (kindOf(saved.document) !== "event") return [saved];
  const others = Array.from({ length: context.shards }, (_, shard) => shard).filter((shard) => shard !== home);
  return [saved, ...(await Promise.all(others.map(find))).flat()];
}

/** One trigger with a page of its ledger, the newest first. */
export async function oneTrigger(
  context: ServiceContext,
  args: { name: string; limit: number; cursor?: string | undefined },
): Answer<TriggerWithLedger, UnknownTrigger | { code: "invalid_cursor" }> {
  const { name } = args;
  const start =
    args.cursor === undefined ? ok({ after: "" }) : await context.cursors.read(args.cursor, ledgerFilter(name));
  if (!start.ok) return start;
  const found = await findEverywhere(context, name);
  const [trigger] = mergeTriggers(found);
  if (trigger === undefined) return UNKNOWN;
  const from = readPlace(start.value.after);
  const limit = Math.min(args.limit, MAX_LIST_ROWS);
  const pages: LedgerPage[] = [];
  await Promise.all(
    found.map(async ({ shard }) => {
      const before = from[shard] ?? null;
      const page = await context.ask(shard, (registry, caller) => registry.triggerLedger(caller, name, before, limit));
      if (page.ok) pages[shard] = page.value;
    }),
  );
  const all = Array.from(pages, (page) => page ?? { entries: [], next_before: null });
  const ledger = mergeLedgers(all, from, limit);
  const last = ledger.at(-1);
  const shown = all.reduce((sum, { entries }) => sum + entries.length, 0);
  const isMore = shown > ledger.length || all.some(({ next_before }) => next_before !== null);
  return ok({ trigger, ledger, next_cursor: isMore && last ? await ledgerCursor(context, name, last) : null });
}

export const FireTriggerInput = z.strictObject({
  name: triggerName,
  from: instant.optional().describe("Backfill from here to `to`; without: once, now."),
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
