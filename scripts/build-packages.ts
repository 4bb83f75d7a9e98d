import { execFileSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Builds what `npm pack` packs: `client` is compiled, `cli` is one file with the client inside. */

const ROOT = join(import.meta.dirname, "..");
const folder = (name: string): string => join(ROOT, "packages", name);

function buildClient(): void {
  rmSync(join(folder("client"), "dist"), { recursive: true, force: true });
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", folder("client")], { stdio: "inherit" });
}

async function buildCli(): Promise<void> {
  const outfile = join(folder("cli"), "dist/edge-jobs.js");
  rmSync(join(folder("cli"), "dist"), { recursive: true, force: true });
  await build({
    entryPoints: [join(folder("cli"), "src/main.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outfile,
  });
  chmodSync(outfile, 0o755);
}

const BUILDS: Record<string, () => void | Promise<void>> = { client: buildClient, cli: buildCli };

for (const name of process.argv.slice(2)) {
  const make = BUILDS[name];
  if (make === undefined) throw new Error(`there is no package ${name}: ${Object.keys(BUILDS).join(", ")}`);
  await make();
}
