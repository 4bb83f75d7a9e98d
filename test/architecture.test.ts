import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  duplicateTestNames,
  forbiddenImports,
  importsOf,
  type SourceFile,
  tooLong,
  weakenedTests,
} from "./support/source-rules.ts";

const ROOT = join(import.meta.dirname, "..");
const MAX_LINES = 400;

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
const from = "f";`;
    expect(importsOf(text)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it.each([
    ["src/jobs/id.ts", "../registry/api/caller.ts", "an upper layer"],
    ["src/jobs/id.ts", "jsonata", "a package other than zod"],
    ["src/blueprint/checks/check.ts", "agents", "a package that is not pure"],
    ["src/blueprint/kinds/http.ts", "../../runner/run-blueprint.ts", "the runner"],
    ["src/mcp/tools/cancel.ts", "../../registry/storage/queries.ts", "the registry's inside"],
    ["src/registry/api/caller.ts", "../storage/queries.ts", "the registry's inside"],
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
    ["src/registry/job-registry.ts", "./storage/queries.ts"],
    ["src/index.ts", "./registry/job-registry.ts"],
  ])("of %s allow %s", (path, specifier) => {
    expect(forbiddenImports({ path, text: `import { x } from "${specifier}";\n` })).toEqual([]);
  });
});

describe("size", () => {
  it(`of every source file is at most ${MAX_LINES} lines`, () => {
    expect(source.flatMap((file) => tooLong(file, MAX_LINES))).toEqual([]);
  });

  it("is reported when it is over", () => {
    expect(tooLong({ path: "src/long.ts", text: "x\n".repeat(401) }, MAX_LINES)).toEqual([
      "src/long.ts: 401 lines, more than 400",
    ]);
    expect(tooLong({ path: "src/long.ts", text: "x\n".repeat(400) }, MAX_LINES)).toEqual([]);
  });
});

describe("tests", () => {
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

  it.each(["it.only(", "describe.skip(", "it.concurrent.skip(", "test.todo(", 'it("x", { retry: 3 }, '])(
    "that are weakened by %s are reported",
    (text) => {
      expect(weakenedTests({ path: "a.test.ts", text })).toHaveLength(1);
    },
  );
});
