import type { CatalogBlueprint } from "./entry.ts";

/** A blueprint's name, and a version where the reference gives one: `link-check`, `link-check@2`. */
export function parseReference(reference: string): { name: string; version: number | null } {
  const [name = "", version] = reference.split("@");
  return { name, version: version === undefined ? null : Number(version) };
}

/** The label that jobs of this version carry, and a reference to it. */
export const labelOf = ({ name, version }: { name: string; version: number }): string => `${name}@${version}`;

/** `name` is the latest version, `name@version` that one. */
export function findInCatalog(all: readonly CatalogBlueprint[], reference: string): CatalogBlueprint | undefined {
  const { name, version } = parseReference(reference);
  const versions = all.filter((entry) => entry.name === name && (version === null || entry.version === version));
  return versions.sort((a, b) => b.version - a.version)[0];
}
