import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { DeleteBlueprintInput, deleteBlueprint } from "../../service/blueprints/save-blueprint.ts";
import { defineTool } from "../tool.ts";

export const blueprintsDelete = defineTool({
  name: "blueprints_delete",
  title: "Delete a saved blueprint",
  description:
    "Delete a blueprint that you saved, one version or all. Jobs keep their plan; the number is not given again. blueprints_list shows what there is.",
  input: DeleteBlueprintInput,
  output: z.looseObject({ deleted: z.literal(true) }),
  scope: "blueprints:write",
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  run: async ({ name, version }, deps) => {
    const label = version === undefined ? echo(name) : `${echo(name)}@${version}`;
    const deleted = await deleteBlueprint(deps, { name, version });
    if (!deleted.ok && deleted.error.code === "blueprint_in_use") {
      const names = deleted.error.triggers.length > 0 ? `: ${deleted.error.triggers.join(", ")}` : "";
      return err(
        `Not deleted: triggers use ${label}${names}.\nNext: triggers_delete them first, or save them with another blueprint.`,
      );
    }
    if (!deleted.ok) return err(`Unknown blueprint: ${label}\nNext: blueprints_list shows those that you saved.`);
    return ok({
      next: "There is nothing to do.",
      structured: { deleted: true },
      text: `Blueprint ${label} is deleted.`,
    });
  },
});
