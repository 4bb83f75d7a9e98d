import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asText, byHarness } from "../tooling/figures-file.ts";
import { PROJECTS, seedOf, tierOf } from "../tooling/tiers.ts";

/**
 * `npm run check`, `npm test` and `npm run test:full`: all that the tier has (tooling/tiers.ts), even after a failure.
 * Ends with the one line `N passed, N failed`: a check counts as one, a test as one.
 */

interface Count {
  passed: number;
  failed: number;
}

const CHECKS = { "format and lint": "lint", types: "typecheck", "unused code": "unused" };

const tier = tierOf({ TIER: process.argv[2] });
const seed = seedOf(process.env, Date.now());
const ENV = { ...process.env, TIER: tier, SEED: seed, WRANGLER_SEND_METRICS: "false" };

/** Run an npm script; its output is shown only when it fails. */
async function runCheck([name, script]: [string, string]): Promise<Count> {
  const started = performance.now();
  const { code, output } = await new Promise<{ code: number | null; output: string }>((resolve) => {
    const child = spawn("npm", ["run", "--silent", script], { env: ENV, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.once("close", (code) => resolve({ code, output }));
  });
  const passed = code === 0;
  console.log(`${passed ? "pass" : "FAIL"}  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!passed) console.log(output);
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function runTests(): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), "edge-jobs-test-"));
  const report = join(folder, "report.json");
  const figures = join(folder, "figures.json");
  const projects = PROJECTS[tier].map((name) => `--project=${name}`);
  const reporters = ["default", "json", "./scripts/figures-reporter.ts"].map((name) => `--reporter=${name}`);
  const vitest = spawn("vitest", ["run", ...projects, ...reporters, `--outputFile.json=${report}`], {
    stdio: "inherit",
    env: { ...ENV, FIGURES_FILE: figures },
  });
  const [status] = await once(vitest, "close");
  const { passed, failed } = readReport(report);
  printFigures(figures);
  rmSync(folder, { recursive: true });
  // A file that does not load, or an error outside of a test, fails the run without a failed test.
  const failedOutside = status !== 0 && failed === 0;
  return { passed, failed: failedOutside || passed === 0 ? failed + 1 : failed };
}

function readReport(path: string): Count {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(path, "utf8"));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** What the harnesses counted. */
function printFigures(path: string): void {
  if (!existsSync(path)) return;
  for (const { harness, counts } of byHarness(JSON.parse(readFileSync(path, "utf8")))) {
    console.log(`${harness}: ${asText(counts)}`);
  }
}

// Side by side: most tests run in one process, which leaves a core to the checks.
const counts = await Promise.all([...Object.entries(CHECKS).map(runCheck), runTests()]);
const total = (key: keyof Count) => counts.reduce((sum, count) => sum + count[key], 0);
console.log(`\nSEED=${seed} plays these random courses again`);
console.log(`${total("passed")} passed, ${total("failed")} failed`);
process.exitCode = total("failed") > 0 ? 1 : 0;
