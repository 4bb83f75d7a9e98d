import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { evaluated } from "../blueprint/support.ts";

const KEYS = '{"__proto__":{"x":1},"constructor":2}';
const rows = ["__proto__", "toString", "toString", "hasOwnProperty"].map((k, v) => ({ k, v }));
const input: Json = { o: JSON.parse(KEYS), rows };

describe("a field called __proto__", () => {
  it.each([
    ["$lookup($input.o, '__proto__')", '{"x":1}'],
    ["$input.o.__proto__", '{"x":1}'],
    ["$merge([$input.o, {'b': 1}])", '{"__proto__":{"x":1},"constructor":2,"b":1}'],
    ["$keys($input.o)", '["__proto__","constructor"]'],
    ["$each($input.o, function($v, $k) { $k })", '["__proto__","constructor"]'],
    ["$sift($input.o, function($v) { true })", KEYS],
    ["$input.rows{k: v}", '{"__proto__":0,"toString":[1,2],"hasOwnProperty":3}'],
    ["{'__proto__': 1}", '{"__proto__":1}'],
    ["$spread($input.o)", '[{"__proto__":{"x":1}},{"constructor":2}]'],
    ["$string($input.o)", JSON.stringify(KEYS)],
    ["$exists($input.o.toString)", "false"],
  ])("is one like any other: %s", async (expression, text) => {
    expect(JSON.stringify(await evaluated(`{% ${expression} %}`, { input }))).toBe(text);
  });
});

describe("a number that is none", () => {
  it.each([
    "1/0",
    "0/0",
    "-1/0",
    "1e308*10",
    "$power(10, 400)",
    "$sqrt(-1)",
    "$number('1e400')",
    "[1/0]",
    "{'a': 0/0}",
  ])("is an error: %s", async (expression) => expect(await evaluated(`{% ${expression} %}`)).toMatch(/^error: \S/));
});
