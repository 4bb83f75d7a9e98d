import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { evaluated } from "../../blueprint/support.ts";

describe("$truncate", () => {
  it.each<[string, Json]>([
    ["$truncate('hello', 3)", "hel"],
    ["$truncate('hello', 5)", "hello"],
    ["$truncate('hello', 50)", "hello"],
    ["$truncate('hello', 0)", ""],
    ["$truncate('😀😀😀', 2)", "😀😀"],
    ["$truncate('a😀b', 2)", "a😀"],
    ["$truncate('', 2)", ""],
    ["$exists($truncate($input.missing, 2))", false],
    ["['abc', 'def'].$truncate(1)", ["a", "d"]],
    ["$map(['abc', 'def'], function($t) { $truncate($t, 2) })", ["ab", "de"]],
  ])("%s", async (expression, value) => expect(await evaluated(`{% ${expression} %}`)).toEqual(value));

  it.each(["-1", "1.5", "$input.missing", "'2'"])("does not take %s characters", async (n) => {
    expect(await evaluated(`{% $truncate('hello', ${n}) %}`)).toMatch(/^error: /);
  });
});

describe("$partition", () => {
  it.each<[string, Json]>([
    ["$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]],
    ["$partition([1,2], 2)", [[1, 2]]],
    ["$partition([1], 5)", [[1]]],
    ["$partition([], 2)", []],
    ["$partition(7, 2)", [[7]]],
    ["$exists($partition($input.missing, 2))", false],
    ["$partition([1..4][$ > 1], 2)", [[2, 3], [4]]],
    ["$count($partition([1..10000], 3))", 3_334],
    ["$partition([1,2,3], 2).$count($)", [2, 1]],
  ])("%s", async (expression, value) => expect(await evaluated(`{% ${expression} %}`)).toEqual(value));

  it.each(["0", "-1", "1.5", "$input.missing"])("does not make pieces of %s", async (n) => {
    expect(await evaluated(`{% $partition([1, 2], ${n}) %}`)).toMatch(/^error: .*no whole number of at least 1/);
  });
});
