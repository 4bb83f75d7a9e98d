import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { type Found, table } from "../tooling/figures-file.ts";
import { BUDGETS } from "../tooling/tiers.ts";

/**
 * `npm run reliability`: runs every harness that records figures, with full budgets, and puts what they found into docs/reliability.md,
 * between its markers. SOAK_MINUTES=60 adds the soak; SEED, SEEDS, KILL_CYCLES and the like mean what they mean there.
 */

const ROOT = join(import.meta.dirname, "..");
const DOCUMENT = join(ROOT, "docs/reliability.md");
const MARKED = /(<!-- figures: made by npm run reliability -->\n).*(<!-- end of figures -->)/s;
/** Variables that change what a harness does. */
const KNOBS = ["SEED", "SOAK_MINUTES", ...Object.keys(BUDGETS)];

const recordsFigures = (path: string): boolean => readFileSync(join(ROOT, path), "utf8").includes("recordFigures(");

function run(args: string[], folder: string): Found[] {
  const file = join(folder, "figures.json");
  const reporters = ["--reporter=default", "--reporter=./scripts/figures-reporter.ts"];
  spawnSync("vitest", ["run", ...args, ...reporters], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, TIER: "full", FIGURES_FILE: file },
  });
  if (!existsSync(file)) throw new Error("the run was broken off before its end");
  const found: Found[] = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  return found;
}

const git = (...args: string[]): string => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();

function heading(): string {
  const knobs = KNOBS.flatMap((name) => (process.env[name] ? [`${name}=${process.env[name]} `] : []));
  const commit =
    git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "src", "test") === "" ? "" : " and changes");
  const today = new Date().toISOString().slice(0, 10);
  return `\`${knobs.join("")}npm run reliability\` on ${today}, commit ${commit}, ${cpus().length} cores, Node ${process.versions.node}.`;
}

const harnesses = globSync("test/**/*.test.ts", { cwd: ROOT }).filter(recordsFigures);
const folder = mkdtempSync(join(tmpdir(), "edge-jobs-reliability-"));
const projects = ["unit", "workerd", "e2e", "timed"].map((name) => `--project=${name}`);
const found = [...run([...projects, ...harnesses], folder), ...run(["--project=nemesis"], folder)];
rmSync(folder, { recursive: true });

const before = readFileSync(DOCUMENT, "utf8");
if (!MARKED.test(before)) throw new Error(`${DOCUMENT} has no place for the figures`);
writeFileSync(
  DOCUMENT,
  before.replace(MARKED, (_, open, close) => `${open}\n${heading()}\n\n${table(found)}\n\n${close}`),
);
const failed = found.filter(({ passed }) => !passed);
console.log(`${DOCUMENT}: ${found.length - failed.length} tests of harnesses passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 || found.length === 0 ? 1 : 0;
