import { describe, expect, it } from "vitest";
import { evaluated } from "../../blueprint/support.ts";

const rows = [
  { id: 1, tags: ["a", "b"] },
  { id: 2, tags: ["c"] },
];

describe("in", () => {
  it.each<[string, boolean]>([
    ['{"a":1} in [{"a":1}]', true],
    ['{"a":1,"b":2} in [{"b":2,"a":1}]', true],
    ['{"a":1} in [{"a":2}]', false],
    ['{"a":1} in {"a":1}', true],
    ["[1,2] in [[1,2]]", true],
    ["[1,2] in [[2,1]]", false],
    ["[1,2] in [1,2]", false],
    ["1 in [1,2]", true],
    ["'1' in [1,2]", false],
    ["null in [null]", true],
    ["null in [{}]", false],
    ["{} in [{}]", true],
    ["{} in [[]]", false],
    ["'{}' in [{}]", false],
    ["1 in 1", true],
    ["$input.missing in [1]", false],
    ["1 in $input.missing", false],
    ["$not(3 in [1,2])", true],
    ["$count($input.rows[id in [2,3]]) = 1", true],
    ["$count($input.rows['a' in tags]) = 1", true],
    ["(function($x) { $x in [{'a': [1]}] })({'a': [1]})", true],
    ["1 in [1] and {'a':1} in [{'a':1}]", true],
  ])("%s is %s", async (expression, value) => {
    expect(await evaluated(`{% ${expression} %}`, { input: { rows } })).toBe(value);
  });

  it("costs what it compares", async () => {
    const input = { value: { text: "x".repeat(1_000) }, list: Array.from({ length: 400 }, (_, i) => ({ i })) };
    const each = "$map([1..9000], function($n) { $input.value in $input.list })";
    expect(await evaluated(`{% ${each} %}`, { input })).toMatch(/^error: too much work/);
  });
});
