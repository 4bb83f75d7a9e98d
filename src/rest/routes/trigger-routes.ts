import * as z from "zod";
import { CURSOR_FAULT } from "../../service/answers/refusal-faults.ts";
import { cursor, limit } from "../../service/fields.ts";
import { SaveTriggerInput, saveTrigger } from "../../service/triggers/save-trigger.ts";
import {
  documentView,
  entryView,
  firedView,
  LedgerEntryView,
  savedView,
  triggerView,
} from "../../service/triggers/trigger-view.ts";
import {
  DeleteTriggerInput,
  deleteTrigger,
  FireTriggerInput,
  fireTrigger,
  ListTriggersInput,
  oneTrigger,
  pageOfTriggers,
} from "../../service/triggers/use-triggers.ts";
import { answer, defineRoute, type RestContext, type Route, refuse } from "../route.ts";
import { DeletedView } from "./job-views.ts";

const TriggerView = z
  .looseObject({ name: z.string(), version: z.int(), next_runs: z.array(z.string()), url: z.string().nullable() })
  .meta({ id: "Trigger" });

const Ledger = z.array(LedgerEntryView.meta({ id: "LedgerEntry" }));

const ListView = z.looseObject({
  triggers: z.array(TriggerView).optional(),
  trigger: TriggerView.optional().describe("With `name`: the one, with its document."),
  ledger: Ledger.optional(),
  next_cursor: z.string().nullable(),
});

const LedgerView = z.strictObject({ ledger: Ledger, next_cursor: z.string().nullable() }).meta({ id: "Ledger" });

const FiredView = z
  .strictObject({ fired: z.array(z.looseObject({ due: z.string().nullable() })) })
  .meta({ id: "Fired" });

type OneArgs = z.output<typeof ListTriggersInput> & { name: string };

async function one(args: OneArgs, context: RestContext) {
  const found = await oneTrigger(context, args);
  if (!found.ok) return found.error.code === "invalid_cursor" ? refuse(found.error, [CURSOR_FAULT]) : found;
  const { trigger, ledger, next_cursor } = found.value;
  const view = await triggerView(context, context.origin, trigger);
  return answer({
    trigger: { ...view, document: documentView(trigger) },
    ledger: ledger.map(({ entry }) => entryView(entry)),
    next_cursor,
  });
}

async function page(args: z.output<typeof ListTriggersInput>, context: RestContext) {
  const found = await pageOfTriggers(context, args);
  if (!found.ok) return refuse(found.error, [CURSOR_FAULT]);
  const { triggers, next_cursor } = found.value;
  const views = triggers.map((trigger) => triggerView(context, context.origin, trigger));
  return answer({ triggers: await Promise.all(views), next_cursor });
}

const listRoute = defineRoute({
  operation: "triggers_list",
  method: "GET",
  path: "/triggers",
  summary: "Triggers with their next times; with `name` that one, with its document and its ledger.",
  scope: "jobs:read",
  input: ListTriggersInput,
  answers: { 200: { description: "One page.", schema: ListView } },
  refusals: ["unknown_trigger", "invalid_cursor"],
  run: (args, context) => (args.name === undefined ? page(args, context) : one({ ...args, name: args.name }, context)),
});

const ledgerRoute = defineRoute({
  operation: "triggers_ledger",
  method: "GET",
  path: "/triggers/{name}/ledger",
  summary: "What became of each time of the trigger, the newest first.",
  scope: "jobs:read",
  input: z.strictObject({ name: DeleteTriggerInput.shape.name, limit, cursor }),
  answers: { 200: { description: "One page.", schema: LedgerView } },
  refusals: ["unknown_trigger", "invalid_cursor"],
  run: async (args, context) => {
    const found = await oneTrigger(context, args);
    if (!found.ok) return found.error.code === "invalid_cursor" ? refuse(found.error, [CURSOR_FAULT]) : found;
    return answer({
      ledger: found.value.ledger.map(({ entry }) => entryView(entry)),
      next_cursor: found.value.next_cursor,
    });
  },
});

const saveRoute = defineRoute({
  operation: "triggers_save",
  method: "POST",
  path: "/triggers",
  summary: "Start jobs by time, by calls of other services or by event. The same again changes nothing.",
  scope: "triggers:write",
  alsoNeeds: ["jobs:write"],
  input: SaveTriggerInput,
  answers: { 200: { description: "The trigger is saved.", schema: TriggerView } },
  refusals: ["storage_full"],
  run: async (args, context) => {
    const saved = await saveTrigger(context, args);
    return saved.ok ? answer(await savedView(context, context.origin, saved.value)) : saved;
  },
});

const fireRoute = defineRoute({
  operation: "triggers_fire",
  method: "POST",
  path: "/triggers/{name}/fire",
  summary: "Run a trigger once now, or all times of its schedule in a span that have no job yet.",
  scope: "triggers:write",
  alsoNeeds: ["jobs:write"],
  input: FireTriggerInput,
  answers: { 200: { description: "What became of each time.", schema: FiredView } },
  refusals: ["unknown_trigger", "no_schedule", "too_many_times"],
  run: async (args, context) => {
    const fired = await fireTrigger(context, args);
    return fired.ok ? answer({ fired: fired.value.map(firedView) }) : fired;
  },
});

const deleteRoute = defineRoute({
  operation: "triggers_delete",
  method: "DELETE",
  path: "/triggers/{name}",
  summary: "Delete a trigger with its ledger and its URL; its jobs stay.",
  scope: "triggers:write",
  input: DeleteTriggerInput,
  answers: { 200: { description: "It is deleted.", schema: DeletedView } },
  refusals: ["unknown_trigger"],
  run: async (args, context) => {
    const deleted = await deleteTrigger(context, args);
    return deleted.ok ? answer({ deleted: true }) : deleted;
  },
});

export const TRIGGER_ROUTES: readonly Route[] = [listRoute, ledgerRoute, saveRoute, fireRoute, deleteRoute];
