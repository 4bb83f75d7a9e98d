import type { CatalogBlueprint } from "../catalog/index.ts";
import type { Fault } from "../jobs/fault.ts";
import { err, ok, type Result } from "../jobs/result.ts";
import { echo } from "./text.ts";

/** Blueprints by name, as tools look them up. */

/** Names that an error lists, so that the next call can be right. */
const MAX_NAMED = 20;

export const labelOf = ({ name, version }: CatalogBlueprint): string => `${name}@${version}`;

/** The latest version of each blueprint, by name. */
export function latestBlueprints(all: readonly CatalogBlueprint[]): CatalogBlueprint[] {
  const latest = new Map<string, CatalogBlueprint>();
  for (const entry of all) {
    if (entry.version > (latest.get(entry.name)?.version ?? 0)) latest.set(entry.name, entry);
  }
  return [...latest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `name` is the latest version, `name@version` that one. */
export function findBlueprint(all: readonly CatalogBlueprint[], reference: string): Result<CatalogBlueprint, Fault> {
  const [name = "", version] = reference.split("@");
  const found = all.find((entry) => labelOf(entry) === reference);
  if (found) return ok(found);
  const versions = all.filter((entry) => entry.name === name);
  const latest = latestBlueprints(versions)[0];
  if (latest && version === undefined) return ok(latest);
  const known = (latest ? versions.map(labelOf) : latestBlueprints(all).map((entry) => entry.name)).slice(0, MAX_NAMED);
  const message = latest ? `has no version ${echo(version ?? "")}` : `"${echo(reference)}" is not known`;
  return err({ path: "blueprint", message, fix: `Use one of: ${known.join(", ")}.` });
}
