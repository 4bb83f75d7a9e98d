import type { Setting, Switch } from "../../tooling/tiers.ts";

/** Node and the Workers runtime both have it, but not both have its type. */
const { process } = globalThis as unknown as { process: { env: Record<string, string | undefined> } };

/** A number that a harness goes by, such as its seed. vitest.config.ts gives every project what the tier sets. */
export function setting(name: Setting): number {
  const value = process.env[name];
  if (value === undefined) throw new Error(`no ${name}: tooling/tiers.ts sets it`);
  return Number(value);
}

/** A switch that is off unless the environment says 1. */
export const isOn = (name: Switch): boolean => process.env[name] === "1";
