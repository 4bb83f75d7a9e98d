import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asText, byHarness } from "../tooling/figures-file.ts";

/**
 * Everything that must hold before a change is merged. Runs all of it even after a failure, and ends with the one
 * line `N passed, N failed`: a check counts as one, a test as one.
 */

interface Count {
  passed: number;
  failed: number;
}

const CHECKS = { "format and lint": "lint", types: "typecheck", "unused code": "unused" };

process.env.WRANGLER_SEND_METRICS = "false";

/** Run an npm script; its output is shown only when it fails. */
function runCheck([name, script]: [string, string]): Count {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", script], { encoding: "utf8" });
  const passed = status === 0;
  console.log(`${passed ? "pass" : "FAIL"}  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!passed) console.log(stdout + stderr);
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function runTests(): Count {
  const folder = mkdtempSync(join(tmpdir(), "edge-jobs-test-"));
  const report = join(folder, "report.json");
  const figures = join(folder, "figures.json");
  const reporters = ["default", "json", "./scripts/figures-reporter.ts"].map((name) => `--reporter=${name}`);
  const { status } = spawnSync("vitest", ["run", ...reporters, `--outputFile.json=${report}`], {
    stdio: "inherit",
    env: { ...process.env, FIGURES_FILE: figures },
  });
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

const counts = [...Object.entries(CHECKS).map(runCheck), runTests()];
const total = (key: keyof Count) => counts.reduce((sum, count) => sum + count[key], 0);
console.log(`\n${total("passed")} passed, ${total("failed")} failed`);
process.exitCode = total("failed") > 0 ? 1 : 0;
