import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { type SaveTriggerArgs, SaveTriggerInput, saveTrigger } from "../../service/triggers/save-trigger.ts";
import { savedView } from "../../service/triggers/trigger-view.ts";
import { call, faultText, quotaText } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

function whenText({ paused, schedule }: SaveTriggerArgs, [first]: readonly string[]): string {
  if (paused) return "It is paused.";
  if (first !== undefined) return `Next: ${first}.`;
  return schedule === undefined ? "" : "It is over: no time is left.";
}

export const triggersSave = defineTool({
  name: "triggers_save",
  title: "Save a trigger",
  description:
    "Start jobs by time (schedule), by calls of other services (webhook: the reply has the URL) or by events (event). Creates, changes or pauses; the same again changes nothing. Next: triggers_fire to try it, triggers_list for what became of each time.",
  input: SaveTriggerInput,
  output: z.looseObject({ name: z.string() }),
  scope: "triggers:write",
  alsoNeeds: ["jobs:write"],
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: async (args, deps) => {
    const saved = await saveTrigger(deps, args);
    if (!saved.ok) {
      const { error } = saved;
      return err(
        error.code === "invalid_arguments" ? faultText("Not saved.", error.faults) : quotaText("Not saved", error),
      );
    }
    const view = await savedView(deps, deps.home.replace(/\/$/, ""), saved.value);
    const url = view.url === null ? "" : ` URL for POST: ${view.url}`;
    return ok({
      next: `${call("triggers_fire", { name: view.name })} runs it once now; ${call("triggers_list", { name: view.name })} has its ledger.`,
      structured: view,
      text: `Trigger ${view.name} is saved, version ${view.version}. ${whenText(args, view.next_runs)}${url}`.trim(),
    });
  },
});
