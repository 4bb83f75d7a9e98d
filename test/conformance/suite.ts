import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

/** The official conformance suite: runs it as its users do, and compares its verdicts with a committed list. */

const SUITE = join(import.meta.dirname, "../../node_modules/@modelcontextprotocol/conformance/dist/index.js");
const TIMEOUT_MS = 50_000;

export type Revision = keyof typeof SCENARIOS;

/** Server scenarios that a revision names, scored or not. A run that reports fewer was cut short. */
const SCENARIOS = { "2026-07-28": 50, "2025-11-25": 33 };
export const REVISIONS = Object.keys(SCENARIOS) as Revision[];

const Checks = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().default("") }));
type Check = z.output<typeof Checks>[number];

/** A check that is not met: a failure of a MUST, or the suite's warning for a SHOULD. */
const isUnmet = ({ status }: Check): boolean => status === "FAILURE" || status === "WARNING";

const execute = promisify(execFile);

/** Runs every scenario of the revision once. The suite ends with 1 when any check failed, which is no error here. */
async function runScenarios(endpoint: string, revision: Revision, folder: string): Promise<void> {
  const args = [SUITE, "server", "--url", endpoint, "--requirements", revision, "--output-dir", folder];
  try {
    await execute(process.execPath, args, { timeout: TIMEOUT_MS, maxBuffer: 2 ** 24 });
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== 1) throw error;
  }
}

/** Folders are named `server-<scenario>-<time>`. */
const scenarioOf = (folder: string): string => folder.replace(/^server-|-\d{4}-\d\d-\d\dT[\d-]+Z$/g, "");

/** @returns what each unmet check says, by `scenario:check` */
async function unmetChecks(endpoint: string, revision: Revision): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "edge-jobs-conformance-"));
  try {
    await runScenarios(endpoint, revision, folder);
    const results = await readdir(folder);
    if (results.length !== SCENARIOS[revision]) throw new Error(`only ${results.length} scenarios of ${revision} ran`);
    const unmet = new Map<string, string>();
    for (const result of results) {
      const checks = Checks.parse(JSON.parse(await readFile(join(folder, result, "checks.json"), "utf8")));
      for (const { id, errorMessage } of checks.filter(isUnmet)) unmet.set(`${scenarioOf(result)}:${id}`, errorMessage);
    }
    return unmet;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The entries of a list. The suite takes the same files with `--expected-failures`; the reasons are for us. */
export function readEntries(text: string): string[] {
  const [head, ...entries] = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (head !== "server:" && head !== "server: []") throw new Error(`not a list of expected failures: ${head}`);
  return entries.map((line) => {
    const entry = /^ {2}- ([^\s:]+:[^\s:]+) # .+$/.exec(line)?.[1];
    if (entry === undefined) throw new Error(`not "  - scenario:check # reason": ${line}`);
    return entry;
  });
}

export interface Difference {
  /** Unmet, but not in the list; with what the suite says. */
  unexpected: string[];
  /** In the list, but met now, or not checked any more. */
  stale: string[];
}

export function difference(unmet: ReadonlyMap<string, string>, expected: readonly string[]): Difference {
  return {
    unexpected: [...unmet].filter(([name]) => !expected.includes(name)).map(([name, message]) => `${name} ${message}`),
    stale: expected.filter((name) => !unmet.has(name)),
  };
}

/** Runs the suite against an endpoint; `list` is a file of this folder. */
export async function compareWithList(endpoint: string, revision: Revision, list: string): Promise<Difference> {
  const expected = readEntries(await readFile(join(import.meta.dirname, list), "utf8"));
  return difference(await unmetChecks(endpoint, revision), expected);
}
