import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { asText, byHarness, type Found } from "../tooling/figures-file.ts";
import { PROJECTS, seedOf, tierOf } from "../tooling/tiers.ts";

/**
 * `npm run check`, `npm test` and `npm run test:full`: all that the tier has (tooling/tiers.ts), even after a failure.
 * Ends with the one line `N passed, N failed`: a check counts as one, a test as one.
 */

interface Outcome {
  passed: number;
  /** A line for each. */
  failures: string[];
  figures: Found[];
}

const CHECKS = { "format and lint": "lint", types: "typecheck", "unused code": "unused" };

const ROOT = join(import.meta.dirname, "..");
const tier = tierOf({ TIER: process.argv[2] });
const seed = seedOf(process.env, Date.now());
const folder = mkdtempSync(join(tmpdir(), "edge-jobs-test-"));

function start(command: string, args: string[], more: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, TIER: tier, SEED: seed, WRANGLER_SEND_METRICS: "false", ...more };
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<boolean>((resolve) => child.once("close", (code) => resolve(code === 0)));
  return { child, ended };
}

/** Run an npm script; its output is shown only when it fails. */
async function runCheck([name, script]: [string, string]): Promise<Outcome> {
  const started = performance.now();
  const { child, ended } = start("npm", ["run", "--silent", script]);
  const [stdout, stderr, passed] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  console.log(`${passed ? "pass" : "FAIL"}  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (passed) return { passed: 1, failures: [], figures: [] };
  console.log(stdout + stderr);
  return { passed: 0, failures: [name], figures: [] };
}

/** Run the tests of these projects, telling of each file when it is done. */
async function runTests(projects: readonly string[]): Promise<Outcome> {
  const report = join(folder, "report.json");
  const figures = join(folder, "figures.json");
  const args = [
    ...["run", ...projects.map((name) => `--project=${name}`), ...(process.stdout.isTTY ? ["--color"] : [])],
    ...["default", "json", "./scripts/figures-reporter.ts"].map((name) => `--reporter=${name}`),
    `--outputFile.json=${report}`,
  ];
  const { child, ended } = start("vitest", args, { FIGURES_FILE: figures });
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  const succeeded = await ended;
  const { passed, failures } = readReport(report);
  // A file that does not load, or an error outside of a test, fails the run without a failed test.
  if (failures.length === 0 && !(succeeded && passed > 0)) failures.push(`${projects.join(", ")}: outside of a test`);
  return { passed, failures, figures: existsSync(figures) ? JSON.parse(readFileSync(figures, "utf8")) : [] };
}

interface Report {
  testResults: { name: string; assertionResults: { status: string; fullName: string }[] }[];
}

function readReport(path: string): Pick<Outcome, "passed" | "failures"> {
  if (!existsSync(path)) return { passed: 0, failures: [] };
  const { testResults }: Report = JSON.parse(readFileSync(path, "utf8"));
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ name, ...test })),
  );
  return {
    passed: tests.filter(({ status }) => status === "passed").length,
    failures: tests
      .filter(({ status }) => status === "failed")
      .map(({ name, fullName }) => `${relative(ROOT, name)}: ${fullName}`),
  };
}

// Side by side: the first tests run in one process, which leaves a core to the checks.
const outcomes = await Promise.all([...Object.entries(CHECKS).map(runCheck), runTests(PROJECTS[tier])]);
rmSync(folder, { recursive: true });

const failures = outcomes.flatMap((outcome) => outcome.failures);
// What the harnesses counted.
for (const { harness, counts } of byHarness(outcomes.flatMap(({ figures }) => figures))) {
  console.log(`${harness}: ${asText(counts)}`);
}
for (const failure of failures) console.log(`FAIL  ${failure}`);
console.log(`\nSEED=${seed} plays these random courses again`);
console.log(`${outcomes.reduce((sum, { passed }) => sum + passed, 0)} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
