import type { Blueprint } from "../../blueprint/blueprint.ts";
import { namesIn, withNames } from "../../blueprint/children.ts";
import { labelOf } from "../../catalog/find.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_FAULTS } from "../../limits.ts";
import type { ServiceContext } from "../context.ts";
import { findBlueprint, type NamedBlueprint, REFERENCE } from "./find-blueprint.ts";

/** The blueprints that the `job` steps of another name, by that name. */
export type Children = ReadonlyMap<string, NamedBlueprint>;

/**
 * Looks all of them up, each once, or says which are not there.
 * @param document as it was sent; its own faults are told elsewhere
 */
export async function findChildren(context: ServiceContext, document: JsonObject): Promise<Result<Children, Fault[]>> {
  const places = [...namesIn(document)].filter(([, name]) => REFERENCE.test(name));
  const names = [...new Set(places.map(([, name]) => name))];
  const found = await Promise.all(names.map(async (name) => [name, await findBlueprint(context, name)] as const));
  const byName = new Map(found);
  const faults = places.flatMap(([keys, name]) => {
    const child = byName.get(name);
    return child?.ok === false ? [{ ...child.error.fault, path: jsonPath("blueprint", keys) }] : [];
  });
  if (faults.length > 0) return err(faults.slice(0, MAX_FAULTS));
  return ok(new Map(found.flatMap(([name, child]) => (child.ok ? [[name, child.value]] : []))));
}

/** The plan with the version of each child that is the latest now: what is saved later does not change its jobs. */
export function pinned(plan: Blueprint, children: Children): Blueprint {
  if (children.size === 0) return plan;
  return withNames(plan, (name) => {
    const child = children.get(name);
    return child === undefined ? name : labelOf(child);
  });
}
