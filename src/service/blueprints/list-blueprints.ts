import * as z from "zod";
import type { CatalogBlueprint } from "../../catalog/index.ts";
import { ok } from "../../lib/result.ts";
import { type Answer, HOME_SHARD, type ServiceContext } from "../context.ts";
import { cursor, limit } from "../fields.ts";

/** The latest version of each blueprint that the tenant can use by name. */

export type Source = "catalog" | "saved";

export interface Listing {
  name: string;
  version: number;
  description: string;
  source: Source;
}

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
  const saved = await context.ask(HOME_SHARD, (registry, caller) => registry.savedBlueprints(caller, after, limit));
  const ours = latestOf(context.blueprints).filter(({ name }) => name > after);
  const byName = new Map<string, Listing>();
  for (const entry of saved) byName.set(entry.name, { ...entry, source: "saved" });
  // Last, because it wins: a later version of the server may bring a name that a tenant has used.
  for (const { name, version, description } of ours)
    byName.set(name, { name, version, description, source: "catalog" });
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit);
}

export const ListBlueprintsInput = z.strictObject({ limit, cursor });

/** A cursor of another listing does not fit this one. */
const FILTER = "blueprints";

export interface BlueprintPage {
  blueprints: Listing[];
  /** Whether there are more after these. */
  isMore: boolean;
  /** Where a listing goes on that has shown these, up to the last. */
  cursorAfter: (last: Listing) => Promise<string>;
}

/** One page, by name. */
export async function pageOfBlueprints(
  context: ServiceContext,
  args: z.output<typeof ListBlueprintsInput>,
): Answer<BlueprintPage, { code: "invalid_cursor" }> {
  const from = args.cursor === undefined ? ok({ after: "" }) : await context.cursors.read(args.cursor, FILTER);
  if (!from.ok) return from;
  const found = await listBlueprints(context, from.value.after, args.limit + 1);
  return ok({
    blueprints: found.slice(0, args.limit),
    isMore: found.length > args.limit,
    cursorAfter: ({ name }) => context.cursors.write({ after: name, filter: FILTER }),
  });
}
