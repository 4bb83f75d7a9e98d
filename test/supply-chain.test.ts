import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));

interface Locked {
  version: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  link?: boolean;
}

const locked = Object.entries(read("package-lock.json").packages as Record<string, Locked>)
  .filter(([path]) => path !== "")
  .map(([path, entry]) => ({ ...entry, name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length) }));
const manifest: {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
} = read("package.json");

/** What an install may run: each brings a program for this machine, or is refused by name. */
const MAY_RUN = ["esbuild", "node", "workerd"];
const REFUSED = ["core-js-pure"];

/** Below these are known holes; the reason stands beside it. */
const FLOORS: Record<string, string> = {
  "@modelcontextprotocol/sdk": "1.26.0", // answers of one client to another when a server instance is shared
  "@modelcontextprotocol/server": "2.0.0",
  "@cloudflare/workers-oauth-provider": "1.2.0", // PKCE downgrade, redirect URI checks, code replay
  agents: "0.32.0",
};

/** Programs for a developer's machine that listen on a port and run what they are told. */
const NEVER = ["@modelcontextprotocol/inspector", "mcp-remote"];

const numbers = (version: string): number[] => version.split(/[.-]/).slice(0, 3).map(Number);

function isBelow(version: string, floor: string): boolean {
  const wanted = numbers(floor);
  const first = numbers(version).findIndex((part, i) => part !== wanted[i]);
  return first >= 0 && (numbers(version)[first] ?? 0) < (wanted[first] ?? 0);
}

describe("the lock file", () => {
  it.each([
    ["1.25.9", "1.26.0", true],
    ["1.26.0", "1.26.0", false],
    ["1.100.0", "1.26.0", false],
    ["0.31.9", "0.32.0", true],
    ["2.0.0", "1.26.0", false],
    ["0.99.0", "1.2.0", true],
  ])("says of %s that it is below %s: %s", (version, floor, below) => {
    expect(isBelow(version, floor)).toBe(below);
  });

  it("has no package below its floor, and each that has one", () => {
    const copies = locked.filter(({ name }) => name in FLOORS);
    expect(new Set(copies.map(({ name }) => name))).toEqual(new Set(Object.keys(FLOORS)));
    expect(copies.filter(({ name, version }) => isBelow(version, FLOORS[name] ?? "0"))).toEqual([]);
  });

  it("has none of the packages that must not come along", () => {
    expect(locked.filter(({ name }) => NEVER.includes(name))).toEqual([]);
  });

  it("names a hash for every package of every platform, and no server to get it from", () => {
    const loose = locked.filter(({ integrity }) => !integrity?.startsWith("sha512-"));
    expect(loose.map(({ name, version }) => `${name}@${version}`)).toEqual([]);
    expect(locked.filter(({ resolved, link }) => resolved !== undefined || link)).toEqual([]);
  });

  it("lets node, esbuild and workerd run install scripts, and nothing else", () => {
    const scripts = new Set(locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name));
    expect([...scripts].filter((name) => ![...MAY_RUN, ...REFUSED, "fsevents"].includes(name))).toEqual([]);
    const allowed = Object.entries(manifest.allowScripts)
      .filter(([, may]) => may)
      .map(([name]) => name);
    expect(allowed.toSorted()).toEqual(MAY_RUN);
    expect(REFUSED.every((name) => manifest.allowScripts[name] === false)).toBe(true);
  });
});

it("every dependency is pinned to one version, which is the locked one", () => {
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const root = read("package-lock.json").packages as Record<string, Locked>;
  expect(wanted.filter(([name, version]) => root[`node_modules/${name}`]?.version !== version)).toEqual([]);
});
