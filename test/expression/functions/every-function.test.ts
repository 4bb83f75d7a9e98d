import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { compileExpression } from "../../../src/expression/expression.ts";
import { FUNCTION_NAMES } from "../../../src/expression/functions/functions.ts";

/** As the source of the library binds them. */
const LIBRARY = readFileSync(createRequire(import.meta.url).resolve("jsonata"), "utf8");
const names = [...LIBRARY.matchAll(/(?:staticFrame|environment)\.bind\('(\w+)'/g)].map(([, name = ""]) => name);

describe("the functions of the library", () => {
  it("are found in its source", () => {
    expect(names).toEqual(expect.arrayContaining(["sum", "now", "eval"]));
    expect(names.length).toBeGreaterThan(60);
  });

  it("each have a cost of ours, or are refused", () => {
    expect(names.filter((name) => !FUNCTION_NAMES.has(name) && compileExpression(`$${name}()`).ok)).toEqual([]);
  });
});
