import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { MUTANTS } from "../tooling/mutants.ts";

/**
 * Puts one bug after the other into the server and lets harnesses look for it: those of faults, and the tests of what these do not
 * see. Fails when one is not found, or when something is found in the server as it is. Arguments: names of mutants; none: all.
 */

const FAULTS = ["crash-points", "model", "linearizable", "triggers"].map(
  (name) => `test/registry/faults/${name}/${name}.test.ts`,
);
/**
 * What the harnesses of faults do not see, or by chance alone: keys, times of schedules, ledgers that grow beyond one row, turns,
 * lines, late workers, what is done in bulk, the index of texts, and looks that fail.
 */
const HARNESSES = [
  ...FAULTS,
  "test/runner/keys/key-histories.test.ts",
  "test/registry/fire",
  "test/triggers",
  "test/jobs/run/offers.test.ts",
  "test/jobs/flow",
  "test/registry/flow",
  "test/registry/calls/hooks.test.ts",
  "test/registry/calls/worker-calls.test.ts",
  "test/registry/bulk",
  "test/registry/statistics",
  "test/registry/calls/text-search.test.ts",
  "test/registry/storage",
];
const UNIT = ["test/triggers", "test/jobs"];
const projectOf = (harness: string): string => (UNIT.some((path) => harness.startsWith(path)) ? "unit" : "workerd");

/** Fewer histories and courses than `npm run test:full`: the model sees the same bugs. */
const ENV = {
  TIER: "full",
  BAIL: "1",
  HISTORIES: process.env.HISTORIES ?? "40",
  TRIGGER_COURSES: process.env.TRIGGER_COURSES ?? "100",
  KEY_HISTORIES: process.env.KEY_HISTORIES ?? "200",
  NO_COLOR: "1",
  WRANGLER_SEND_METRICS: "false",
};

interface Run {
  /** Tests that failed, not a build. */
  found: boolean;
  /** Every harness that was asked has run its tests. */
  ran: boolean;
  seconds: number;
  output: string;
}

/** Those of the folder that the bug is in come first. */
function inOrder(mutant: string | undefined): string[] {
  const folder = dirname(MUTANTS[mutant ?? ""]?.file ?? "").replace(/^src/, "test");
  return HARNESSES.toSorted((a, b) => Number(b.startsWith(folder)) - Number(a.startsWith(folder)));
}

/** One harness after the other, until one finds something. */
function hunt(mutant: string | undefined): Run {
  const started = performance.now();
  const run = { found: false, ran: true, output: "" };
  for (const harness of inOrder(mutant)) {
    const { stdout, stderr } = spawnSync("vitest", ["run", "--project", projectOf(harness), "--bail", "1", harness], {
      encoding: "utf8",
      env: { ...process.env, ...ENV, ...(mutant && { MUTANT: mutant }) },
    });
    run.output += stdout + stderr;
    run.ran &&= /Tests\s+\d+/.test(stdout);
    run.found = /Tests\s+\d+ failed/.test(stdout);
    if (run.found) break;
  }
  return { ...run, seconds: (performance.now() - started) / 1_000 };
}

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(MUTANTS);
const runs = [undefined, ...names].map((mutant) => {
  const run = hunt(mutant);
  const isRight = run.ran && run.found === (mutant !== undefined);
  console.log(`${isRight ? "pass" : "FAIL"}  ${mutant ?? "no bug: nothing is found"} (${run.seconds.toFixed(0)} s)`);
  if (!isRight) console.log(run.output.slice(-4_000));
  return isRight;
});
const missed = runs.filter((isRight) => !isRight).length;
console.log(`\n${names.length} bugs, ${missed} not as it should be`);
process.exitCode = missed > 0 ? 1 : 0;
