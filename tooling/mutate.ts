import { readFileSync } from "node:fs";
import type { Plugin } from "vitest/config";
import { MUTANTS } from "./mutants.ts";

/**
 * Builds the server with one bug in it.
 * @throws when the source has changed, so that the bug can no longer be put into it
 */
export function mutate(name: string): Plugin {
  const mutant = MUTANTS[name];
  if (mutant === undefined) throw new Error(`no mutant is called "${name}"`);
  const { file, from, to } = mutant;
  const times = readFileSync(file, "utf8").split(from).length - 1;
  if (times !== 1) throw new Error(`${file} has ${times} times what the mutant "${name}" replaces`);
  return {
    name: `mutate: ${name}`,
    enforce: "pre",
    transform: (code, id) => (id.split("?")[0]?.endsWith(`/${file}`) ? code.replace(from, () => to) : null),
  };
}
