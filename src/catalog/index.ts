import { BLUEPRINTS } from "./blueprints/index.ts";
import type { Handler } from "./define-handler.ts";
import { type CatalogBlueprint, parseEntry } from "./entry.ts";
import { HANDLERS } from "./handlers/index.ts";

export type { Handler } from "./define-handler.ts";
export type { CatalogBlueprint } from "./entry.ts";

interface Catalog {
  /** One for each name and version; the highest version of a name is its latest. */
  blueprints: readonly CatalogBlueprint[];
  /** By name. */
  handlers: Readonly<Record<string, Handler>>;
}

/** What ships with the server. */
export const CATALOG: Catalog = {
  blueprints: BLUEPRINTS.map((entry) => parseEntry(entry, Object.keys(HANDLERS))),
  handlers: HANDLERS,
};
