import fc from "fast-check";
import jsonata from "jsonata";
import { describe, expect, it } from "vitest";
import { isTrue } from "../../src/expression/truth.ts";
import type { Json } from "../../src/lib/json.ts";
import { evaluated } from "../blueprint/support.ts";

describe("a condition", () => {
  it.each<Json>([null, false, 0, "", {}, [], [null], [0, ""], [[], [{}]], [[[false]]]])("is false for %j", (value) => {
    expect(isTrue(value)).toBe(false);
  });

  it("is false for nothing", () => expect(isTrue(undefined)).toBe(false));

  it.each<Json>([true, 1, -1, "false", "0", " ", { a: null }, [0, 1], [[], ["x"]], [{ a: false }]])(
    "is true for %j",
    (value) => expect(isTrue(value)).toBe(true),
  );

  it("is what JSONata's $boolean says of every value", async () => {
    const library = jsonata("$boolean($v)");
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(isTrue(value as Json)).toBe(await library.evaluate(undefined, { v: value }));
      }),
    );
  });
});

describe("nothing", () => {
  it.each<[string, Json]>([
    ["$boolean($input.missing)", false],
    ["$not($input.missing)", true],
    ["$not($steps.skipped.error)", true],
    ["$not([])", true],
    ["$boolean([0, {}])", false],
    ["$boolean($sum)", false],
    ["$not({'a': 1})", false],
    ["$map([0, 1, ''], $boolean)", [false, true, false]],
    ["'x' ~> $not", false],
    ["$exists($steps.skipped)", false],
    ["$append($steps.skipped, [1])", [1]],
    ["$merge([$steps.skipped, {'a': 1}])", { a: 1 }],
  ])("%s is %j", async (expression, value) => {
    expect(await evaluated(`{% ${expression} %}`)).toEqual(value);
  });

  it.each<[Json, Json]>([
    [{ a: "{% $input.missing %}", b: 1 }, { b: 1 }],
    [{ a: { b: "{% $input.missing %}" } }, { a: {} }],
    [
      ["{% $input.missing %}", 1],
      [null, 1],
    ],
    [{ a: ["{% $input.missing %}"] }, { a: [null] }],
    [{ a: "{% null %}" }, { a: null }],
    [{ a: "{% $input.missing ? 1 %}", b: "{% [] %}" }, { b: [] }],
    [{ a: { b: [{ c: "{% $steps.skipped %}" }] } }, { a: { b: [{}] } }],
  ])("is left out of fields, and null in lists: %j", async (template, value) => {
    expect(await evaluated(template)).toEqual(value);
  });

  it.each([
    [{ a: ["x{% $input.missing %}"] }, /^error: a\[0\]: .*nothing/],
    ["{% $input.none %} of 3", /^error: .*nothing/],
  ] as const)("is an error with text around it: %j", async (template, error) => {
    expect(await evaluated(template as Json, { input: { none: null } })).toMatch(error);
  });
});
