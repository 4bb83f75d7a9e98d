import * as z from "zod";
import { CURSOR_FAULT } from "../../service/answers/refusal-faults.ts";
import { GetBlueprintInput, getBlueprint } from "../../service/blueprints/find-blueprint.ts";
import { ListBlueprintsInput, pageOfBlueprints } from "../../service/blueprints/list-blueprints.ts";
import {
  DeleteBlueprintInput,
  deleteBlueprint,
  SaveInput,
  saveBlueprint,
} from "../../service/blueprints/save-blueprint.ts";
import { answer, created, defineRoute, type Route, refuse } from "../route.ts";
import { DeletedView } from "./job-views.ts";

const Source = z.enum(["catalog", "saved"]);

const ListingView = z
  .strictObject({ name: z.string(), version: z.int(), description: z.string(), source: Source })
  .meta({ id: "BlueprintRow" });

const PageView = z
  .strictObject({ blueprints: z.array(ListingView), next_cursor: z.string().nullable() })
  .meta({ id: "BlueprintList" });

const BlueprintView = z
  .strictObject({ name: z.string(), version: z.int(), blueprint: z.record(z.string(), z.json()), source: Source })
  .meta({ id: "Blueprint" });

const SavedView = z.strictObject({ name: z.string(), version: z.int() }).meta({ id: "SavedBlueprint" });

const listRoute = defineRoute({
  operation: "blueprints_list",
  method: "GET",
  path: "/blueprints",
  summary: "Blueprints of the catalogue and saved ones, each in its latest version, by name.",
  scope: "jobs:read",
  input: ListBlueprintsInput,
  answers: { 200: { description: "One page.", schema: PageView } },
  refusals: ["invalid_cursor"],
  run: async (args, context) => {
    const page = await pageOfBlueprints(context, args);
    if (!page.ok) return refuse(page.error, [CURSOR_FAULT]);
    const { blueprints, isMore, cursorAfter } = page.value;
    const last = blueprints.at(-1);
    return answer({ blueprints, next_cursor: isMore && last !== undefined ? await cursorAfter(last) : null });
  },
});

const getRoute = defineRoute({
  operation: "blueprints_get",
  method: "GET",
  path: "/blueprints/{name}",
  summary: "One version of a blueprint in full.",
  scope: "jobs:read",
  input: GetBlueprintInput,
  answers: { 200: { description: "The blueprint.", schema: BlueprintView } },
  refusals: ["unknown_blueprint"],
  run: async (args, context) => {
    const found = await getBlueprint(context, args);
    if (!found.ok) return refuse(found.error, [{ ...found.error.fault, path: "name" }]);
    const { name, version, document, source } = found.value;
    return answer({ name, version, blueprint: document, source });
  },
});

const saveRoute = defineRoute({
  operation: "blueprints_save",
  method: "POST",
  path: "/blueprints",
  summary: "Keep a blueprint under its name, as a new version; the same document again gives the version that it has.",
  scope: "blueprints:write",
  input: SaveInput,
  answers: { 201: { description: "Its name and version.", schema: SavedView } },
  refusals: ["too_many_blueprints", "storage_full"],
  run: async (args, context) => {
    const saved = await saveBlueprint(context, args);
    if (!saved.ok) return saved;
    const { name, version } = saved.value;
    return created({ name, version }, `/blueprints/${name}?version=${version}`);
  },
});

const deleteRoute = defineRoute({
  operation: "blueprints_delete",
  method: "DELETE",
  path: "/blueprints/{name}",
  summary: "Delete a saved blueprint, one version or all. Jobs keep their plan.",
  scope: "blueprints:write",
  input: DeleteBlueprintInput,
  answers: { 200: { description: "It is deleted.", schema: DeletedView } },
  refusals: ["unknown_blueprint", "blueprint_in_use"],
  run: async (args, context) => {
    const deleted = await deleteBlueprint(context, args);
    return deleted.ok ? answer({ deleted: true }) : deleted;
  },
});

export const BLUEPRINT_ROUTES: readonly Route[] = [listRoute, getRoute, saveRoute, deleteRoute];
