import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type BuildOptions, build } from "esbuild";

/**
 * What is made of `ui/`: the dashboard in `dist/`, which wrangler.toml serves as static assets, and the page that hosts of MCP
 * Apps show, one file that the Worker has in itself.
 */

const ROOT = join(import.meta.dirname, "../..");
const FROM = join(ROOT, "ui");
const ASSETS = join(ROOT, "dist");
const TO = join(ASSETS, "ui");
const APP_PAGE = join(ROOT, "src/mcp/apps/progress.html");

const OPTIONS = {
  // Names of parts go by paths from there: a server that runs must find its own again, wherever somebody builds from.
  absWorkingDir: ROOT,
  outdir: TO,
  bundle: true,
  format: "esm",
  target: "es2023",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  write: false,
} as const satisfies BuildOptions;

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

async function buildDashboard(): Promise<void> {
  const entryPoints = [join(FROM, "main.tsx")];
  // What a view loads only when it is seen has files of its own.
  const { outputFiles } = await build({ ...OPTIONS, entryPoints, splitting: true, chunkNames: "part-[hash]" });
  await mkdir(TO, { recursive: true });
  for (const { path, contents } of outputFiles) await writeChanged(path, contents);
  await removeOldParts(outputFiles.map(({ path }) => basename(path)));
  for (const name of ["index.html", "icon.svg"]) {
    await writeChanged(join(TO, name), await readFile(join(FROM, name)));
  }
  await writeChanged(join(ASSETS, "_headers"), await readFile(join(FROM, "_headers")));
}

async function buildProgressApp(): Promise<void> {
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: [join(FROM, "progress-app/progress-app.tsx")] });
  const textOf = (kind: string) => outputFiles.find(({ path }) => path.endsWith(kind))?.text ?? "";
  const page = await readFile(join(FROM, "progress-app/page.html"), "utf8");
  // esbuild writes no end of a script or of a style into what it makes.
  const whole = page
    .replace("</style>", () => `${textOf(".css").trim()}</style>`)
    .replace("</script>", () => `${textOf(".js").trim()}</script>`);
  await writeChanged(APP_PAGE, Buffer.from(whole));
}

export async function buildUi(): Promise<void> {
  await Promise.all([buildDashboard(), buildProgressApp()]);
}
