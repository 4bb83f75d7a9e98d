import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  circles,
  crossings,
  crowded,
  folderCircles,
  importGraph,
  misplaced,
  sameNames,
} from "./support/architecture/house-rules.ts";
import {
  duplicateTestNames,
  forbiddenImports,
  importsOf,
  outOfPlace,
  type SourceFile,
  tooLong,
  weakenedTests,
} from "./support/architecture/source-rules.ts";

const ROOT = join(import.meta.dirname, "..");
const MAX_LINES = 300;
const MAX_FILES = 16;

/** Names that mean the same thing of another floor. */
const SAME_MEANING = /\/(?:index|context)\.ts$/;

/** Tests of more than one file of the source. */
const HARNESSES = [
  ...["conformance", "e2e", "faults", "packages", "tooling", "ui"].map((folder) => `test/${folder}`),
  ...["faults", "faults-engine", "recorded", "refusals", "scale"].map((folder) => `test/registry/${folder}`),
  ...["keys", "plans"].map((folder) => `test/runner/${folder}`),
];

const read = (pattern: string): SourceFile[] =>
  globSync(pattern, { cwd: ROOT }).map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

const source = read("src/**/*.ts");
const tests = read("test/**/*.test.ts");
// This file holds bad examples.
const otherTests = tests.filter(({ path }) => path !== "test/architecture.test.ts");

describe("imports", () => {
  it("of the source all point the allowed way", () => {
    expect(source.length).toBeGreaterThan(1);
    expect(source.flatMap(forbiddenImports)).toEqual([]);
  });

  it("of zod in the source take it as a namespace: a bundler drops what is not used of one, such as 50 languages", () => {
    expect(
      source.filter(({ text }) => /import (?:type )?\{[^}]*\} from "zod"/.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });

  it("are read in every form", () => {
    const text = `import "a";
import type { B } from "b";
import {
  c,
} from "c";
export * from "d";
const e = await import("e");
const from = "f";
type G = typeof import("g");
const h = await import(
  "h"
);`;
    expect(importsOf(text)).toEqual(["a", "b", "c", "d", "e", "g", "h"]);
  });

  it.each([
    ["src/jobs/id.ts", "../registry/api/caller.ts", "an upper layer"],
    ["src/jobs/id.ts", "jsonata", "a package other than zod"],
    ["src/blueprint/checks/check.ts", "agents", "a package that is not pure"],
    ["src/blueprint/kinds/http.ts", "../../runner/run-blueprint.ts", "the runner"],
    ["src/mcp/tools/cancel.ts", "../../registry/storage/jobs.ts", "the registry's inside"],
    ["src/registry/api/caller.ts", "../storage/jobs.ts", "the registry's inside"],
    ["src/http/routes.ts", "../index.ts", "the composition root"],
    ["src/limits.ts", "./jobs/id.ts", "anything"],
    ["src/helpers/x.ts", "zod", "from a folder that has no layer"],
  ])("of %s refuse %s: %s", (path, specifier) => {
    expect(forbiddenImports({ path, text: `import { x } from "${specifier}";\n` })).toHaveLength(1);
  });

  it.each([
    ["src/jobs/id.ts", "./status.ts"],
    ["src/jobs/id.ts", "zod"],
    ["src/blueprint/checks/check.ts", "@cfworker/json-schema/dist/x.js"],
    ["src/mcp/tools/cancel.ts", "../../registry/api/caller.ts"],
    ["src/registry/job-registry.ts", "./storage/jobs.ts"],
    ["src/index.ts", "./registry/job-registry.ts"],
  ])("of %s allow %s", (path, specifier) => {
    expect(forbiddenImports({ path, text: `import { x } from "${specifier}";\n` })).toEqual([]);
  });
});

describe("what stands apart", () => {
  it("is SQL in registry/storage, the clock and chance in composition roots, and the network behind egress", () => {
    expect(source.flatMap(outOfPlace)).toEqual([]);
  });

  it.each([
    ["src/registry/calls/x.ts", 'const SQL = "SELECT job_id FROM jobs";', "SQL"],
    ["src/registry/calls/x.ts", "storage.sql.exec(text);", "SQL"],
    ["src/jobs/x.ts", "const at = Date.now();", "the clock"],
    ["src/jobs/x.ts", "const at = new Date();", "the clock"],
    ["src/service/x.ts", "const n = Math.random();", "Math.random"],
    ["src/service/x.ts", "const response = await fetch(url);", "the network"],
    ["src/runner/x.ts", "const send = globalThis.fetch;", "the network"],
  ])("is reported in %s: %s", (path, text, what) => {
    expect(outOfPlace({ path, text })).toEqual([`${path}: ${what}`]);
  });

  it("is not what was handed in", () => {
    const text = "const ask = ({ fetch, now }: Ports) => fetch(url, { at: now() });";
    expect(outOfPlace({ path: "src/runner/x.ts", text })).toEqual([]);
  });
});

describe("size", () => {
  it(`of every source file is at most ${MAX_LINES} lines`, () => {
    expect(source.flatMap((file) => tooLong(file, MAX_LINES))).toEqual([]);
  });

  it("is reported when it is over", () => {
    expect(tooLong({ path: "src/long.ts", text: "x\n".repeat(301) }, MAX_LINES)).toEqual([
      "src/long.ts: 301 lines, more than 300",
    ]);
    expect(tooLong({ path: "src/long.ts", text: "x\n".repeat(300) }, MAX_LINES)).toEqual([]);
  });
});

/** Folders of one file each, which grow with what the server offers: files there are named after what they are about. */
const COLLECTIONS =
  /^examples\/|^src\/(?:limits|mcp\/(?:tools|resources|prompts)|blueprint\/kinds|runner\/step-kinds|catalog\/(?:blueprints|handlers)|registry\/storage(?:\/migrations)?|http)\//;

/** One file for each client, and for each schema. */
const RECORDINGS = /^test\/(?:e2e\/clients|registry)\/recorded\//;

const FLOORS = "bench,demo,packages,scripts,src,test,tooling,ui";
/** What `npm run build` and installations put beside the source. */
const isMade = (path: string): boolean => /^packages\/[^/]+\/(?:dist|node_modules)\//.test(path);
const everywhere = read(`{${FLOORS}}/**/*.{ts,tsx}`).filter(({ path }) => !isMade(path));
const graph = importGraph(everywhere);
const paths = globSync(`{docs,examples,${FLOORS}}/**/*.*`, { cwd: ROOT }).filter((path) => !isMade(path));

describe("the house", () => {
  it("has floors that import only what is below: scripts, demo, bench, ui and packages never each other", () => {
    expect(graph.size).toBeGreaterThan(500);
    expect(crossings(graph)).toEqual([]);
  });

  it("reports a floor that imports one beside it", () => {
    const files = [
      { path: "demo/a.ts", text: 'import "../scripts/b.ts";\nimport "../tooling/c.ts";' },
      { path: "scripts/b.ts", text: "" },
      { path: "tooling/c.ts", text: 'import "../demo/a.ts";' },
    ];
    expect(crossings(importGraph(files))).toEqual(["demo/a.ts imports scripts/b.ts", "tooling/c.ts imports demo/a.ts"]);
  });

  it("has no circle of files", () => {
    expect(circles(graph)).toEqual([]);
  });

  it("has no circle of folders beside each other", () => {
    expect(folderCircles(graph)).toEqual([]);
  });

  it("reports circles of files and of folders", () => {
    const graph = new Map([
      ["src/a/x/1.ts", ["src/a/y/2.ts"]],
      ["src/a/y/2.ts", ["src/a/y/3.ts"]],
      ["src/a/y/3.ts", ["src/a/x/4.ts", "src/a/y/2.ts"]],
      ["src/a/x/4.ts", ["src/a/5.ts"]],
      ["src/a/5.ts", ["src/a/x/1.ts"]],
    ]);
    expect(circles(graph)).toEqual([["src/a/5.ts", "src/a/x/1.ts", "src/a/x/4.ts", "src/a/y/2.ts", "src/a/y/3.ts"]]);
    expect(folderCircles(graph)).toEqual([["src/a/x", "src/a/y"]]);
  });

  it(`has at most ${MAX_FILES} files directly in a folder, collections aside`, () => {
    const counted = paths.filter((path) => !COLLECTIONS.test(path) && !RECORDINGS.test(path));
    expect(crowded(counted, MAX_FILES)).toEqual([]);
    expect(crowded(["a/1.ts", "a/2.ts", "a/b/3.ts"], 1)).toEqual(["a: 2"]);
  });

  it("gives no name to two files of the source", () => {
    const named = source.map(({ path }) => path).filter((path) => !COLLECTIONS.test(path) && !SAME_MEANING.test(path));
    expect(sameNames(named)).toEqual([]);
    for (const floor of ["ui/", "packages/client/", "packages/cli/", "tooling/", "scripts/", "demo/"]) {
      const own = everywhere.map(({ path }) => path).filter((path) => path.startsWith(floor));
      expect(own.length).toBeGreaterThan(0);
      expect(sameNames(own.filter((path) => !SAME_MEANING.test(path)))).toEqual([]);
    }
    expect(sameNames(["src/a/x.ts", "src/b/x.ts", "src/b/y.ts"])).toEqual(["x.ts: src/a/x.ts, src/b/x.ts"]);
  });
});

describe("tests", () => {
  it("stand where their source stands, or in a folder of harnesses", () => {
    const of = (files: readonly SourceFile[]) => files.map(({ path }) => path);
    expect(misplaced(of(tests), of(source), HARNESSES)).toEqual([]);
    expect(
      misplaced(["test/a/x.test.ts", "test/b/x.test.ts", "test/b/c/x.test.ts"], ["src/b/x.ts"], ["test/b/c"]),
    ).toEqual(["test/a/x.test.ts"]);
  });

  it("have names of their own", () => {
    expect(tests.length).toBeGreaterThan(0);
    expect(duplicateTestNames(tests)).toEqual([]);
  });

  it("with one name in one group are reported, in two groups not", () => {
    const group = (name: string) => `describe("${name}", () => {\n  it("works", () => {});\n});\n`;
    expect(duplicateTestNames([{ path: "a.test.ts", text: group("x") + group("y") }])).toEqual([]);
    const files = ["a.test.ts", "b.test.ts"].map((path) => ({ path, text: group("x") }));
    expect(duplicateTestNames(files)).toEqual(['b.test.ts: "x > works" is also in a.test.ts']);
  });

  it("all run, and none is run again until it passes", () => {
    expect(otherTests.flatMap(weakenedTests)).toEqual([]);
    expect(read("vitest.config.ts").map(({ text }) => /\bretry\b/.test(text))).toEqual([false]);
  });

  it.each([
    ...["it.only(", "describe.skip(", "it.concurrent.skip(", "test.todo(", "it.fails("],
    ...['it("x", { retry: 3 }, ', 'it(\n  "x",\n  { timeout: 5, retry: 3 },\n', 'it.each([1])("x", { skip: true }, '],
  ])("that are weakened by %j are reported", (text) => {
    expect(weakenedTests({ path: "a.test.ts", text })).toHaveLength(1);
  });
});
