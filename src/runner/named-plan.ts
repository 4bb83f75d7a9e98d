import { findInCatalog, labelOf, parseReference } from "../catalog/find.ts";
import { CATALOG } from "../catalog/index.ts";
import type { CallerApi } from "../registry/api.ts";
import type { NamedPlan } from "./ports.ts";

/** The blueprint of a reference: one that ships with the server, else one that the tenant saved. */
export async function namedPlan(
  shelf: Pick<CallerApi, "savedBlueprint">,
  tenant: string,
  reference: string,
): Promise<NamedPlan | undefined> {
  const { name, version } = parseReference(reference);
  const found = findInCatalog(CATALOG.blueprints, reference) ?? (await shelf.savedBlueprint(tenant, name, version));
  return found ? { label: labelOf(found), plan: found.plan } : undefined;
}
