import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import { OPTIONS_FILE } from "./bundle-files.ts";
import { BUNDLE_VARIABLE } from "./workerd-server.ts";

/** A Worker as `wrangler deploy` uploads it, for Miniflare. */

const ROOT = join(import.meta.dirname, "../..");

export interface Bundled {
  /** Path of its wrangler.toml from the root. */
  config: string;
  /** false: names in profiles can be read. */
  minify?: boolean;
}

/** Write into the folder: index.js, and what that imports as text. */
export function bundleInto(folder: string, { config, minify = true }: Bundled): void {
  const { NODE_ENV: _, ...env } = process.env; // a test runner's NODE_ENV would be built into the bundle
  const args = ["deploy", "--dry-run", "-c", config, "--outdir", folder, `--minify=${minify}`];
  const PATH = join(ROOT, "node_modules/.bin") + delimiter + env.PATH;
  const { status, stdout, stderr } = spawnSync("wrangler", args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...env, PATH },
  });
  if (status !== 0) throw new Error(stdout + stderr);
}

/** What wrangler.toml says of the Worker, as JSON; without what this machine's .dev.vars say. */
export function optionsOf(config: string) {
  const path = join(ROOT, config);
  // It lists loaders by patterns, which a bundle needs no more.
  const { modulesRules: _, ...options } = unstable_getMiniflareWorkerOptions(path).workerOptions;
  return { ...options, bindings: unstable_readConfig({ config: path }).vars };
}

/**
 * Bundle the server for `startServer` of the processes that this one starts from now on. Once is enough.
 * @returns deletes the bundle
 */
export function bundleServer(): () => void {
  if (process.env[BUNDLE_VARIABLE] !== undefined) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), "edge-jobs-bundle-"));
  bundleInto(folder, { config: "wrangler.toml" });
  writeFileSync(join(folder, OPTIONS_FILE), JSON.stringify(optionsOf("wrangler.toml")));
  process.env[BUNDLE_VARIABLE] = folder;
  return () => rmSync(folder, { recursive: true });
}
