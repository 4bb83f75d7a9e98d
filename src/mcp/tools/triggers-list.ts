import * as z from "zod";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { MAX_REPLY_BYTES } from "../../limits.ts";
import { CURSOR_FAULT } from "../../service/answers/refusal-faults.ts";
import { documentView, entryView, triggerView } from "../../service/triggers/trigger-view.ts";
import { ListTriggersInput, ledgerCursor, oneTrigger, pageOfTriggers } from "../../service/triggers/use-triggers.ts";
import type { McpDeps } from "../deps.ts";
import { bytesOf, firstThatFit } from "../replies/budget.ts";
import { visible } from "../replies/structure.ts";
import { call, faultText, shownJson } from "../replies/text.ts";
import { defineTool, type Outcome } from "../tool.ts";

const AROUND_BYTES = 6_000;
const ROOM_BYTES = MAX_REPLY_BYTES - AROUND_BYTES;
/** A field of a document that is long as a whole. */
const LONG_BYTES = 300;
type Args = z.output<typeof ListTriggersInput>;

const INVALID_CURSOR = faultText("The cursor is not valid.", [CURSOR_FAULT]);

const originOf = ({ home }: McpDeps): string => home.replace(/\/$/, "");
const costOf = (row: object): number => bytesOf(visible(row)) + bytesOf(shownJson(row as JsonObject));

export const unknownTrigger = (name: string): string =>
  `Unknown trigger: ${name}\nNext: triggers_list shows those that there are.`;

const withoutLong = (document: object): JsonObject =>
  Object.fromEntries(
    Object.entries(document).map(([field, value]) => [
      field,
      bytesOf(value) > LONG_BYTES ? "(long: not shown)" : value,
    ]),
  );

async function list(args: Args, deps: McpDeps): Promise<Outcome> {
  const page = await pageOfTriggers(deps, args);
  if (!page.ok) return err(INVALID_CURSOR);
  const rows = await Promise.all(page.value.triggers.map((trigger) => triggerView(deps, originOf(deps), trigger)));
  const triggers = firstThatFit(rows, ROOM_BYTES, costOf);
  const last = triggers.at(-1);
  const isCut = triggers.length < rows.length && last !== undefined;
  const next_cursor = isCut
    ? await deps.cursors.write({ after: last.name, filter: "triggers" })
    : page.value.next_cursor;
  const more =
    next_cursor === null ? "" : `${call("triggers_list", { limit: args.limit, cursor: next_cursor })} goes on. `;
  const [first] = triggers;
  const next =
    first === undefined ? "triggers_save makes one." : `${call("triggers_list", { name: first.name })} has its ledger.`;
  const lines = triggers.map((row) => shownJson(row as unknown as JsonObject));
  return ok({
    next: `${more}${next}`,
    structured: { triggers, next_cursor },
    text: [`${triggers.length} triggers.`, ...lines].join("\n"),
  });
}

async function one(args: Args & { name: string }, deps: McpDeps): Promise<Outcome> {
  const { name } = args;
  const found = await oneTrigger(deps, args);
  if (!found.ok) return err(found.error.code === "invalid_cursor" ? INVALID_CURSOR : unknownTrigger(name));
  const { trigger } = found.value;
  const view = await triggerView(deps, originOf(deps), trigger);
  const document = documentView(trigger);
  const shown = bytesOf(document) > ROOM_BYTES / 4 ? withoutLong(document) : document;
  const room = ROOM_BYTES - 2 * bytesOf(shown) - costOf(view);
  const entries = found.value.ledger.map(({ entry }) => entryView(entry));
  const fitting = firstThatFit(entries, Math.max(room, 0), costOf);
  // A page without an entry would lead nowhere.
  const ledger = fitting.length > 0 ? fitting : entries.slice(0, 1);
  const last = found.value.ledger[ledger.length - 1];
  const isCut = ledger.length < entries.length && last !== undefined;
  const next_cursor = isCut ? await ledgerCursor(deps, name, last) : found.value.next_cursor;
  const more =
    next_cursor === null
      ? ""
      : `${call("triggers_list", { name, limit: args.limit, cursor: next_cursor })} has older entries. `;
  return ok({
    next: `${more}${call("triggers_fire", { name })} runs it now.`,
    structured: { trigger: { ...view, document: shown }, ledger, next_cursor },
    text: [
      `Trigger ${name}: ${shownJson(view as unknown as JsonObject)}`,
      ...ledger.map((entry) => shownJson(entry as unknown as JsonObject)),
    ].join("\n"),
  });
}

export const triggersList = defineTool({
  name: "triggers_list",
  title: "List triggers",
  description:
    "Triggers with their next times and what became of the last one; with name, its document and its ledger: ran, skipped, missed, paused, filtered, refused, queued. Next: triggers_save to change one.",
  input: ListTriggersInput,
  output: z.looseObject({}),
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => (args.name === undefined ? list(args, deps) : one({ ...args, name: args.name }, deps)),
});
