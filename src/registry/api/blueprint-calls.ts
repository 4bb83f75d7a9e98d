import type { Blueprint } from "../../blueprint/blueprint.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Caller, StorageFull } from "./asking.ts";

/** The blueprints that a tenant saved. */

export interface SavedBlueprint {
  name: string;
  /** Counts from 1; a saved version never changes. */
  version: number;
  description: string;
  /** As it was saved. */
  document: JsonObject;
  plan: Blueprint;
}

/** Why nothing more can be saved. Deleting is always possible. */
export type SavedBlueprintsFull = { code: "too_many_blueprints"; saved: number; limit: number } | StorageFull;

/** In shard 0 only. */
export interface SavedBlueprintsApi {
  /** A document equal to the latest version of its name returns that version. */
  saveBlueprint(
    caller: Caller,
    document: JsonObject,
    plan: Blueprint,
  ): Promise<{ name: string; version: number } | { refused: SavedBlueprintsFull }>;
  /** `version` null: all of them. @returns whether there was one; no number is given again */
  deleteBlueprint(caller: Caller, name: string, version: number | null): Promise<boolean>;
  /** `version` null: the latest. */
  savedBlueprint(caller: Caller, name: string, version: number | null): Promise<SavedBlueprint | null>;
  /** The latest version of each name above `after`, by name. */
  savedBlueprints(caller: Caller, after: string, limit: number): Promise<Omit<SavedBlueprint, "document" | "plan">[]>;
}
