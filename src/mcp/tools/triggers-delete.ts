import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { DeleteTriggerInput, deleteTrigger } from "../../service/triggers/use-triggers.ts";
import { defineTool } from "../tool.ts";
import { unknownTrigger } from "./triggers-list.ts";

export const triggersDelete = defineTool({
  name: "triggers_delete",
  title: "Delete a trigger",
  description:
    "Delete a trigger with its ledger and its URL; its jobs stay. To stop it for a while: triggers_save with paused.",
  input: DeleteTriggerInput,
  output: z.looseObject({ deleted: z.literal(true) }),
  scope: "triggers:write",
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  run: async ({ name }, deps) => {
    const deleted = await deleteTrigger(deps, { name });
    if (!deleted.ok) return err(unknownTrigger(name));
    return ok({ next: "There is nothing to do.", structured: { deleted: true }, text: `Trigger ${name} is deleted.` });
  },
});
