import * as z from "zod";
import { checkBlueprint } from "../../blueprint/checks/check.ts";
import { jsonObject } from "../../blueprint/kinds/fields.ts";
import { BULK } from "../../jobs/bulk.ts";
import { INLINE } from "../../jobs/job.ts";
import type { Fault } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { MAX_REFERENCE_CHARS } from "../../limits.ts";
import type { SavedBlueprintsFull } from "../../registry/api/blueprint-calls.ts";
import { usableSecrets } from "../access/tenant-secrets.ts";
import { type InvalidArguments, invalidArguments } from "../arguments.ts";
import { checkTurn } from "../check-turns.ts";
import { type Answer, HOME_SHARD, knownTo, mayRead, type ServiceContext } from "../context.ts";
import { triggersUsing } from "./blueprint-users.ts";
import { findChildren } from "./child-plans.ts";
import { GUIDE, type NamedBlueprint } from "./find-blueprint.ts";

/** What a tenant does with blueprints of its own. */

export const SaveInput = z.strictObject({
  blueprint: jsonObject.describe("{name, description?, input?, steps, output?}; see blueprint://guide."),
});

/** `inline` labels jobs without a named blueprint; `guide` is the language's page. */
const RESERVED = [INLINE, GUIDE, BULK];

function nameFaults({ blueprints }: ServiceContext, { name }: JsonObject): Fault[] {
  if (typeof name !== "string") return [];
  const isOurs = blueprints.some((entry) => entry.name === name);
  if (!isOurs && !RESERVED.includes(name)) return [];
  const message = isOurs ? `"${echo(name)}" is the name of a blueprint of the catalogue` : `"${name}" is reserved`;
  return [{ path: "blueprint.name", message, fix: "Choose another name." }];
}

/** Keeps the document as a new version of its name; the same document again gives the version that it has. */
export async function saveBlueprint(
  context: ServiceContext,
  { blueprint }: z.output<typeof SaveInput>,
): Answer<Pick<NamedBlueprint, "name" | "version" | "plan">, InvalidArguments | SavedBlueprintsFull> {
  const secrets = await usableSecrets(context, JSON.stringify(blueprint));
  await checkTurn(context);
  const checked = checkBlueprint(blueprint, knownTo({ ...context, secrets }));
  const children = await findChildren(context, blueprint);
  const faults = [
    ...nameFaults(context, blueprint),
    ...(checked.ok ? [] : checked.error),
    ...(children.ok ? [] : children.error),
  ];
  if (!checked.ok || faults.length > 0) return invalidArguments(faults);
  const saved = await context.ask(HOME_SHARD, (registry, caller) =>
    registry.saveBlueprint(caller, blueprint, checked.value),
  );
  return "refused" in saved ? err(saved.refused) : ok({ ...saved, plan: checked.value });
}

export const DeleteBlueprintInput = z.strictObject({
  name: z.string().max(MAX_REFERENCE_CHARS).describe("Its name, from blueprints_list."),
  version: z.int().min(1).optional().describe("All versions when left out."),
});

/** Deletes what the tenant saved, never of the catalogue. */
export async function deleteBlueprint(
  context: ServiceContext,
  { name, version }: z.output<typeof DeleteBlueprintInput>,
): Answer<null, { code: "unknown_blueprint" } | { code: "blueprint_in_use"; triggers: string[] }> {
  const triggers = await triggersUsing(context, name, version ?? null);
  if (triggers.length > 0) return err({ code: "blueprint_in_use", triggers: mayRead(context) ? triggers : [] });
  const deleted = await context.ask(HOME_SHARD, (registry, caller) =>
    registry.deleteBlueprint(caller, name, version ?? null),
  );
  return deleted ? ok(null) : err({ code: "unknown_blueprint" });
}
