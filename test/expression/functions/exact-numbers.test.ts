import { describe, expect, it } from "vitest";
import { evaluated } from "../../blueprint/support.ts";

const BEYOND = /is beyond the numbers that are kept exactly/;

describe("$number and $parseInteger", () => {
  it.each([
    ['$number("9007199254740991")', Number.MAX_SAFE_INTEGER],
    ['$number("-12.50")', -12.5],
    ['$number("1e16")', 1e16],
    ['$number("007")', 7],
    ['$number("0x1F")', 31],
    ["$number(true)", 1],
    ['$parseInteger("12,345", "#,##0")', 12_345],
    ['$map(["1", "2"], $number)', [1, 2]],
  ])("%s is the number that the text says", async (text, value) => {
    expect(await evaluated(`{% ${text} %}`, {})).toEqual(value);
  });

  it.each([
    '$number("9007199254740993")',
    '$number("-9007199254740993")',
    '$number("9007199254740993.0")',
    '$number("12345678901234567890")',
    '$number("1e-400")',
    '$number("0x20000000000001")',
    '$map(["1", "9007199254740993"], $number)',
    '$parseInteger("9007199254740993", "0")',
    '$parseInteger("9,007,199,254,740,993", "#,##0")',
  ])("%s is an error, and no other number", async (text) => {
    expect(await evaluated(`{% ${text} %}`, {})).toMatch(BEYOND);
  });

  it.each(['$number("0x1zz")', '$number("1o8")', '$parseInteger("abc", "0")'])("%s is an error", async (text) => {
    expect(await evaluated(`{% ${text} %}`, {})).toMatch(/^error: /);
  });

  it("$number of nothing is nothing", async () => {
    expect(await evaluated("{% $number($input.missing) %}", { input: {} })).toBeNull();
  });
});
