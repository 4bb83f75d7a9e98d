import * as z from "zod";
import { findInCatalog, labelOf, parseReference } from "../../catalog/find.ts";
import type { CatalogBlueprint } from "../../catalog/index.ts";
import type { Fault } from "../../lib/fault.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { MAX_REFERENCE_CHARS } from "../../limits.ts";
import { type Answer, HOME_SHARD, mayRead, type ServiceContext } from "../context.ts";
import { listBlueprints, type Source } from "./list-blueprints.ts";

/** Blueprints by name: the catalogue's first, then those that the tenant saved. */

/** Names that an error lists, so that the next call can be right. */
const MAX_NAMED = 20;
/** Each is looked up for it. */
const MAX_NAMED_VERSIONS = 5;

export type NamedBlueprint = CatalogBlueprint & { source: Source };

/** The name under which the language itself is kept; no blueprint has it. */
export const GUIDE = "guide";

export const REFERENCE = /^[a-z][a-z0-9-]{0,63}(@[1-9]\d{0,8})?$/;

/** Labels of the name's versions. */
async function versionsOf(context: ServiceContext, name: string): Promise<string[]> {
  const ours = context.blueprints.filter((entry) => entry.name === name).map(labelOf);
  if (ours.length > 0 || !REFERENCE.test(name)) return ours;
  const saved = (version: number | null) =>
    context.ask(HOME_SHARD, (registry, caller) => registry.savedBlueprint(caller, name, version));
  const latest = (await saved(null))?.version ?? 0;
  // Some of those before it may have been deleted.
  const newest = Array.from({ length: Math.min(latest, MAX_NAMED_VERSIONS) }, (_, i) => latest - i).reverse();
  const there = await Promise.all(newest.map(saved));
  return newest.filter((_, i) => there[i] !== null).map((version) => `${name}@${version}`);
}

/** Names that begin alike, then the first ones. */
async function namesNear(context: ServiceContext, name: string): Promise<string[]> {
  const pages = await Promise.all(["", name.slice(0, 2)].map((after) => listBlueprints(context, after, MAX_NAMED)));
  const [first = [], near = []] = pages.map((page) => page.map((entry) => entry.name));
  return [...new Set([...near.slice(0, MAX_NAMED / 2), ...first])].slice(0, MAX_NAMED);
}

/** Says what there is instead, to whoever may read it. */
async function notFound(context: ServiceContext, reference: string): Promise<Fault> {
  if (!mayRead(context)) {
    const fix = "Check its name: a key with the scope jobs:read sees which there are.";
    return { path: "blueprint", message: `"${echo(reference)}" is not known`, fix };
  }
  const [name = "", version] = reference.split("@");
  const versions = version === undefined ? [] : await versionsOf(context, name);
  const known = versions.length > 0 ? versions : await namesNear(context, name);
  const message = versions.length > 0 ? `has no version ${echo(version ?? "")}` : `"${echo(reference)}" is not known`;
  return { path: "blueprint", message, fix: `Use one of: ${known.slice(-MAX_NAMED).join(", ")}.` };
}

/** Where blueprints are looked up. */
export type BlueprintSources = Pick<ServiceContext, "blueprints" | "ask">;

/** The blueprint of the reference; undefined when the tenant can use none of that name. `name` is the latest version. */
export async function lookUpBlueprint(
  { blueprints, ask }: BlueprintSources,
  reference: string,
): Promise<NamedBlueprint | undefined> {
  if (!REFERENCE.test(reference)) return undefined;
  const ours = findInCatalog(blueprints, reference);
  if (ours) return { ...ours, source: "catalog" };
  const { name, version } = parseReference(reference);
  const saved = await ask(HOME_SHARD, (registry, caller) => registry.savedBlueprint(caller, name, version));
  return saved === null ? undefined : { ...saved, source: "saved" };
}

export interface UnknownBlueprint {
  code: "unknown_blueprint";
  /** Says what there is instead. */
  fault: Fault;
}

/** The same, or what there is instead. */
export async function findBlueprint(
  context: ServiceContext,
  reference: string,
): Answer<NamedBlueprint, UnknownBlueprint> {
  const found = await lookUpBlueprint(context, reference);
  return found === undefined
    ? err({ code: "unknown_blueprint", fault: await notFound(context, reference) })
    : ok(found);
}

export const GetBlueprintInput = z.strictObject({
  name: z.string().min(1).max(MAX_REFERENCE_CHARS).describe("Name of a blueprint."),
  version: z.int().min(1).optional().describe("The latest when left out."),
});

/** One version of a blueprint, by name and number. */
export const getBlueprint = (
  context: ServiceContext,
  { name, version }: z.output<typeof GetBlueprintInput>,
): Answer<NamedBlueprint, UnknownBlueprint> =>
  findBlueprint(context, version === undefined ? name : `${name}@${version}`);
