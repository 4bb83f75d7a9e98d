import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import type { SavedBlueprintsFull } from "../../registry/api/blueprint-calls.ts";
import type { InvalidArguments } from "../../service/arguments.ts";
import { SaveInput, saveBlueprint } from "../../service/blueprints/save-blueprint.ts";
import { submitCall } from "../replies/submit-call.ts";
import { faultText, quotaText } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

function errorText(refused: InvalidArguments | SavedBlueprintsFull): string {
  if (refused.code === "invalid_arguments") return faultText("Not saved.", refused.faults);
  if (refused.code === "storage_full") return quotaText("Not saved", refused);
  return `Not saved (${refused.code}): ${refused.saved} versions are saved, the most is ${refused.limit}.\nNext: blueprints_list, blueprints_delete those that nobody needs, then the same call.`;
}

export const blueprintsSave = defineTool({
  name: "blueprints_save",
  title: "Save a blueprint",
  description:
    "Keep a plan of steps under its name, as a new version that never changes; the same document again gives the version it has. Next: jobs_submit_blueprint with name@version.",
  input: SaveInput,
  output: z.looseObject({ name: z.string() }),
  scope: "blueprints:write",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const saved = await saveBlueprint(deps, args);
    if (!saved.ok) return err(errorText(saved.error));
    const { name, version, plan } = saved.value;
    const next = submitCall(`${name}@${version}`, plan);
    return ok({ next, structured: { name, version }, text: `Saved as ${name}@${version}.` });
  },
});
