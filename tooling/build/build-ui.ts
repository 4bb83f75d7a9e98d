import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";

/** The dashboard, from `ui/` into `dist/`, which wrangler.toml serves as static assets. */

const ROOT = join(import.meta.dirname, "../..");
const FROM = join(ROOT, "ui");
const ASSETS = join(ROOT, "dist");
const TO = join(ASSETS, "ui");

/** A server that runs serves these files: what has not changed is not written again. */
async function writeChanged(path: string, bytes: Uint8Array): Promise<void> {
  const before = await readFile(path).catch(() => undefined);
  if (before === undefined || !before.equals(bytes)) await writeFile(path, bytes);
}

/** @param fresh names of the files that belong to the build */
async function removeOldParts(fresh: readonly string[]): Promise<void> {
  const old = (await readdir(TO)).filter((name) => name.startsWith("part-") && !fresh.includes(name));
  await Promise.all(old.map((name) => rm(join(TO, name), { force: true })));
}

export async function buildUi(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(FROM, "main.tsx")],
    outdir: TO,
    bundle: true,
    // What a view loads only when it is seen has files of its own.
    splitting: true,
    chunkNames: "part-[hash]",
    format: "esm",
    target: "es2023",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    write: false,
  });
  await mkdir(TO, { recursive: true });
  for (const { path, contents } of outputFiles) await writeChanged(path, contents);
  await removeOldParts(outputFiles.map(({ path }) => basename(path)));
  for (const name of ["index.html", "icon.svg"]) {
    await writeChanged(join(TO, name), await readFile(join(FROM, name)));
  }
  await writeChanged(join(ASSETS, "_headers"), await readFile(join(FROM, "_headers")));
}
