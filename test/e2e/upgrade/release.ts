import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import type { Scope } from "../../../src/auth/scopes.ts";
import { killAmidStart, type RunningServer, type Vars } from "../../../tooling/servers/running-server.ts";
import { ownBundle, startServer } from "../../../tooling/servers/workerd-server.ts";

/** `worker-0.1.0.json.br` is release 0.1.0 as `wrangler deploy --dry-run` bundled it (commit aa13832): file names and their texts. */
const BUNDLE = join(import.meta.dirname, "worker-0.1.0.json.br");

/** All that there were. */
export const SCOPES_OF_0_1_0: readonly Scope[] = ["jobs:read", "jobs:write", "blueprints:write", "admin"];

export interface Upgradable {
  server: RunningServer;
  /** Kills it, and starts this build on what it left; that is killed so many times while it starts. */
  upgrade(kills: number, random: () => number): Promise<void>;
  stop(): Promise<void>;
}

/** A server of release 0.1.0. */
export async function startRelease(vars: Vars): Promise<Upgradable> {
  const folder = mkdtempSync(join(tmpdir(), "edge-jobs-0-1-0-"));
  const files: Record<string, string> = JSON.parse(brotliDecompressSync(readFileSync(BUNDLE)).toString());
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  let served = folder;
  const server = await startServer(vars, { bundle: () => served });
  const upgrade = async (kills: number, random: () => number) => {
    await server.kill9();
    served = ownBundle();
    for (let kill = 0; kill < kills; kill++) await killAmidStart(server, 300 + random() * 1_500);
    await server.restart();
  };
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { server, upgrade, stop };
}
