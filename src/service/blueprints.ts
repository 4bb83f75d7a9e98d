import { findInCatalog, labelOf, parseReference } from "../catalog/find.ts";
import type { CatalogBlueprint } from "../catalog/index.ts";
import type { Fault } from "../lib/fault.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { echo } from "../lib/safe-text.ts";
import type { CallerApi } from "../registry/api/caller.ts";
import { HOME_SHARD, type ServiceContext } from "./context.ts";

/** Blueprints by name: the catalogue's first, then those that the tenant saved. */

/** Names that an error lists, so that the next call can be right. */
const MAX_NAMED = 20;

export type Source = "catalog" | "saved";

export interface Listing {
  name: string;
  version: number;
  description: string;
  source: Source;
}

export type NamedBlueprint = CatalogBlueprint & { source: Source };

/** The latest version of each blueprint of the catalogue, by name. */
function latestOf(all: readonly CatalogBlueprint[]): CatalogBlueprint[] {
  const latest = new Map<string, CatalogBlueprint>();
  for (const entry of all) {
    if (entry.version > (latest.get(entry.name)?.version ?? 0)) latest.set(entry.name, entry);
  }
  return [...latest.values()];
}

/** The latest version of each name above `after`, by name, at most `limit`. */
export async function listBlueprints(context: ServiceContext, after: string, limit: number): Promise<Listing[]> {
  const saved = await context.registry(HOME_SHARD).savedBlueprints(context.tenant, after, limit);
  const ours = latestOf(context.blueprints).filter(({ name }) => name > after);
  const byName = new Map<string, Listing>();
  for (const entry of saved) byName.set(entry.name, { ...entry, source: "saved" });
  // Last, because it wins: a later version of the server may bring a name that a tenant has used.
  for (const { name, version, description } of ours)
    byName.set(name, { name, version, description, source: "catalog" });
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit);
}

/** The name under which the language itself is kept; no blueprint has it. */
export const GUIDE = "guide";

export const REFERENCE = /^[a-z][a-z0-9-]{0,63}(@[1-9]\d{0,8})?$/;

/** Labels of the name's versions. */
async function versionsOf(name: string, context: ServiceContext): Promise<string[]> {
  const ours = context.blueprints.filter((entry) => entry.name === name).map(labelOf);
  if (ours.length > 0 || !REFERENCE.test(name)) return ours;
  const latest = await context.registry(HOME_SHARD).savedBlueprint(context.tenant, name, null);
  return Array.from({ length: latest?.version ?? 0 }, (_, i) => `${name}@${i + 1}`);
}

/** Names that begin alike, then the first ones. */
async function namesNear(name: string, context: ServiceContext): Promise<string[]> {
  const pages = await Promise.all(["", name.slice(0, 2)].map((after) => listBlueprints(context, after, MAX_NAMED)));
  const [first = [], near = []] = pages.map((page) => page.map((entry) => entry.name));
  return [...new Set([...near.slice(0, MAX_NAMED / 2), ...first])].slice(0, MAX_NAMED);
}

/** Says what there is instead. */
async function notFound(reference: string, context: ServiceContext): Promise<Fault> {
  const [name = "", version] = reference.split("@");
  const versions = version === undefined ? [] : await versionsOf(name, context);
  const known = versions.length > 0 ? versions : await namesNear(name, context);
  const message = versions.length > 0 ? `has no version ${echo(version ?? "")}` : `"${echo(reference)}" is not known`;
  return { path: "blueprint", message, fix: `Use one of: ${known.slice(-MAX_NAMED).join(", ")}.` };
}

/** Where blueprints are looked up. */
export interface BlueprintSources extends Pick<ServiceContext, "tenant" | "blueprints"> {
  registry: (shard: number) => Pick<CallerApi, "savedBlueprint">;
}

/** The blueprint of the reference; undefined when the tenant can use none of that name. `name` is the latest version. */
export async function lookUpBlueprint(
  reference: string,
  { tenant, blueprints, registry }: BlueprintSources,
): Promise<NamedBlueprint | undefined> {
  if (!REFERENCE.test(reference)) return undefined;
  const ours = findInCatalog(blueprints, reference);
  if (ours) return { ...ours, source: "catalog" };
  const { name, version } = parseReference(reference);
  const saved = await registry(HOME_SHARD).savedBlueprint(tenant, name, version);
  return saved === null ? undefined : { ...saved, source: "saved" };
}

/** The same, or what there is instead. */
export async function findBlueprint(
  reference: string,
  context: ServiceContext,
): Promise<Result<NamedBlueprint, Fault>> {
  const found = await lookUpBlueprint(reference, context);
  return found === undefined ? err(await notFound(reference, context)) : ok(found);
}
