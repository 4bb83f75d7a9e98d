import { z } from "zod";
import { checkBlueprint } from "../../blueprint/checks/check.ts";
import { jsonObject } from "../../blueprint/kinds/fields.ts";
import { INLINE } from "../../jobs/job.ts";
import type { Fault } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import type { ShelfFull } from "../../registry/api/saved-blueprints.ts";
import { GUIDE } from "../../service/blueprints.ts";
import { findChildren } from "../../service/children.ts";
import { HOME_SHARD, knownTo } from "../../service/context.ts";
import type { McpDeps } from "../deps.ts";
import { submitCall } from "../replies/submit-call.ts";
import { faultText, quotaText } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

/** `inline` labels jobs without a named blueprint; blueprint://guide is the guide. */
const RESERVED = [INLINE, GUIDE];

function nameFaults({ name }: JsonObject, { blueprints }: McpDeps): Fault[] {
  if (typeof name !== "string") return [];
  const isOurs = blueprints.some((entry) => entry.name === name);
  if (!isOurs && !RESERVED.includes(name)) return [];
  const message = isOurs ? `"${echo(name)}" is the name of a blueprint of the catalogue` : `"${name}" is reserved`;
  return [{ path: "blueprint.name", message, fix: "Choose another name." }];
}

function fullText(refused: ShelfFull): string {
  if (refused.code === "storage_full") return quotaText("Not saved", refused);
  return `Not saved (${refused.code}): ${refused.saved} versions are saved, the most is ${refused.limit}.\nNext: blueprints_list, blueprints_delete those that nobody needs, then the same call.`;
}

export const blueprintsSave = defineTool({
  name: "blueprints_save",
  title: "Save a blueprint",
  description:
    "Keep a plan of steps under its name, as a new version that never changes; the same document again gives the version it has. Next: jobs_submit_blueprint with name@version.",
  input: z.strictObject({
    blueprint: jsonObject.describe("{name, description?, input?, steps, output?}; see blueprint://guide."),
  }),
  output: z.looseObject({ name: z.string() }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async ({ blueprint }, deps) => {
    const checked = checkBlueprint(blueprint, knownTo(deps));
    const children = await findChildren(blueprint, deps);
    const faults = [
      ...nameFaults(blueprint, deps),
      ...(checked.ok ? [] : checked.error),
      ...(children.ok ? [] : children.error),
    ];
    if (!checked.ok || faults.length > 0) return err(faultText("Not saved.", faults));
    const saved = await deps.registry(HOME_SHARD).saveBlueprint(deps.tenant, blueprint, checked.value, deps.actor);
    if ("refused" in saved) return err(fullText(saved.refused));
    const { name, version } = saved;
    const next = submitCall(`${name}@${version}`, checked.value);
    return ok({ next, structured: { name, version }, text: `Saved as ${name}@${version}.` });
  },
});
