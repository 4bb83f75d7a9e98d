import { labelOf } from "../../catalog/find.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { MAX_LIST_ROWS } from "../../limits.ts";
import { findBlueprint } from "../../service/blueprints/find-blueprint.ts";
import { listBlueprints } from "../../service/blueprints/list-blueprints.ts";
import type { TemplateResource } from "../resource.ts";

export const blueprint: TemplateResource = {
  name: "blueprint",
  title: "Blueprint",
  description: "One blueprint in full, by `name` (its latest version) or `name@version`.",
  mimeType: "application/json",
  template: "blueprint://{name}",
  variable: "name",
  cacheHint: { ttlMs: 1_000, cacheScope: "private" },
  read: async (reference, deps) => {
    const found = await findBlueprint(deps, reference);
    if (!found.ok) return err(found.error.fault.message);
    const { name, version, document, source } = found.value;
    return ok(JSON.stringify({ name, version, blueprint: document, source }));
  },
  list: async (deps) => {
    const rows = await listBlueprints(deps, "", MAX_LIST_ROWS);
    return rows.map((row) => ({
      uri: `blueprint://${row.name}`,
      name: row.name,
      title: `${labelOf(row)}: ${echo(row.description)}`,
      description: `Blueprint ${labelOf(row)}: ${echo(row.description)}`,
    }));
  },
  complete: async (prefix, deps) => {
    const rows = await listBlueprints(deps, "", MAX_LIST_ROWS);
    return rows.map(({ name }) => name).filter((name) => name.startsWith(prefix));
  },
};
