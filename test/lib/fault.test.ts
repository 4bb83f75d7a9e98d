import { describe, expect, it } from "vitest";
import { jsonPath } from "../../src/lib/fault.ts";

describe("the path of a fault", () => {
  it.each([
    [[], "blueprint"],
    [["steps"], "blueprint.steps"],
    [["steps", 0, "url"], "blueprint.steps[0].url"],
    [["steps", 0, "steps", 12], "blueprint.steps[0].steps[12]"],
    [["$defs", "_a1"], "blueprint.$defs._a1"],
    [["x-rate"], 'blueprint["x-rate"]'],
    [["0"], 'blueprint["0"]'],
    [["a b", "c"], 'blueprint["a b"].c'],
    [[""], 'blueprint[""]'],
    [['say "hi"'], 'blueprint["say \\"hi\\""]'],
    [["two\nlines"], 'blueprint["two\\nlines"]'],
  ])("%j is %s", (keys, path) => {
    expect(jsonPath("blueprint", keys)).toBe(path);
  });
});
