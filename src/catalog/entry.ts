import type { Blueprint } from "../blueprint/blueprint.ts";
import { checkBlueprint } from "../blueprint/checks/check.ts";
import type { Json } from "../lib/json.ts";

/** A blueprint as its file in `blueprints/` gives it. */
export interface CatalogEntry {
  /** Counts from 1. A published version never changes: append the next one as a file of its own. */
  version: number;
  document: Json;
  /** Names of the secrets that it sends; the operator binds them in BLUEPRINT_SECRETS, and without one its step fails. */
  secrets?: readonly string[];
}

/** One version of a blueprint that ships with the server. */
export interface CatalogBlueprint {
  name: string;
  version: number;
  description: string;
  /** As callers see it. */
  document: Json;
  plan: Blueprint;
}

/** Throws on a document that does not check: a bug of this build, seen at its first start. */
export function parseEntry(
  { version, document, secrets = [] }: CatalogEntry,
  handlers: readonly string[],
): CatalogBlueprint {
  const checked = checkBlueprint(document, {
    handlers,
    secrets: secrets.map((name) => ({ name, hosts: ["*"] })),
  });
  if (!checked.ok) throw new Error(`catalogue blueprint: ${JSON.stringify(checked.error)}`);
  const plan = checked.value;
  return { name: plan.name, version, description: plan.description ?? "", document, plan };
}
