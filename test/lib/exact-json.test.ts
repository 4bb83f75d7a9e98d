import { describe, expect, it } from "vitest";
import { LossyNumber, parseJson, parseJsonExactly } from "../../src/lib/exact-json.ts";
import type { Json } from "../../src/lib/json.ts";

const lossy = (text: string): LossyNumber => new LossyNumber(text);

describe("a number that a double does not hold", () => {
  it.each([
    "1e400",
    "-1e999",
    "1E+309",
    "1e-400",
    "9007199254740993",
    "-9007199254740993",
    "9007199254740992",
    "12345678901234567890",
    "9.007199254740993e15",
    "900719925474099.3e1",
    "9007199254740993.0",
    `1${"0".repeat(400)}`,
    `0.${"0".repeat(400)}1`,
  ])("is kept as its text: %s", (text) => {
    expect(parseJson(`{"a":[1,${text}]}`)).toEqual({ a: [1, lossy(text)] });
    expect(parseJson(text)).toEqual(lossy(text));
  });
});

describe("a number that a double holds", () => {
  it.each([
    "9007199254740991",
    "-9007199254740991",
    "0",
    "-0.0",
    "0e999",
    "1e20",
    "1.5e300",
    "1.7976931348623157e308",
    "5e-324",
    "0.1",
    "3.14159265358979323846",
    "1000e13",
  ])("is that number: %s", (text) => {
    expect(parseJson(`[${text}]`)).toEqual([Number(text)]);
  });
});

it("digits inside of text stay text", () => {
  const text = '{"1e400":"9007199254740993","n":"\\"1e400"}';
  expect(parseJson(text)).toEqual(JSON.parse(text));
});

it("a key that is called __proto__ is a key, whether numbers are looked at or not", () => {
  for (const text of ['{"__proto__":{"x":1},"b":3}', '{"__proto__":{"x":1e20},"b":3}']) {
    expect(Object.keys(parseJson(text) ?? {})).toEqual(["__proto__", "b"]);
  }
});

it("the last of two equal keys wins, and a lossy one before it is forgotten", () => {
  expect(parseJson('{"a":1e400,"a":2}')).toEqual({ a: 2 });
});

it.each([
  ["a list of many numbers", `[${"1,".repeat(2_000_000)}1e400]`],
  ["objects in it", `[${'{"a":1},'.repeat(500_000)}1e5]`],
  ["texts full of quotes", `[${JSON.stringify('"\\'.repeat(500_000))},1e400]`],
  ["numbers with exponents", `[${"1e5,".repeat(1_000_000)}1e400]`],
])("4 MiB with one such number take no longer than without: %s", (_what, text) => {
  const bare = text.replace("1e400]", "1]").replaceAll("1e5", "105");
  const took = (each: string): number => {
    const began = performance.now();
    expect(parseJson(each)).toBeDefined();
    return performance.now() - began;
  };
  const without = Math.min(...[1, 2, 3].map(() => took(bare)));
  const withOne = Math.min(...[1, 2, 3].map(() => took(text)));
  expect(withOne).toBeLessThan(25 * without + 100);
});

it("what looks like a mark of ours is the text that it is", () => {
  for (const mark of ["\ue000\ue0010\ue000\ue001", "\ue000\ue001x\ue000\ue001", "\ue000\ue001"]) {
    expect(parseJson(JSON.stringify([mark, 1e5]))).toEqual([mark, 1e5]);
  }
});

it("text that is no JSON is undefined", () => {
  for (const text of ["", "{", "1e", "{'a':1}", "NaN", "[1e400"]) expect(parseJson(text)).toBeUndefined();
});

it("a value that is too deep for a second look is still parsed", () => {
  const text = `${"[".repeat(100_000)}1e400${"]".repeat(100_000)}`;
  expect(Array.isArray(parseJson(text))).toBe(true);
});

describe("JSON of others", () => {
  it.each<[string, Json]>([
    ['{"id": 9007199254740993}', { id: "9007199254740993" }],
    ["[-9007199254740993, 12345678901234567890]", ["-9007199254740993", "12345678901234567890"]],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740992", "9007199254740992"],
    ["1e25", 1e25],
    ["0.12345678901234567999", 0.12345678901234568],
    ["[1E2, -0.0, 0e99]", [100, -0, 0]],
    ['"9007199254740993 and 1e400"', "9007199254740993 and 1e400"],
    ['{"__proto__": {"a": 9007199254740993}}', JSON.parse('{"__proto__": {"a": "9007199254740993"}}')],
  ])("%s keeps every digit of whole numbers", (text, value) => {
    const read = parseJsonExactly(text);
    expect(read).toEqual({ ok: true, value });
    expect(JSON.stringify(read)).toBe(JSON.stringify({ ok: true, value }));
  });

  it.each(["1e400", '{"a": [-1e999]}', "1e-999", `${"9".repeat(400)}`, '[{"x": 12E+308}]'])(
    "%s says which number no double is close to",
    (text) => {
      expect(parseJsonExactly(text)).toEqual({ ok: false, error: expect.stringMatching(/^the number \S+ is beyond/) });
    },
  );

  it.each(["", "{", "nope 1e400", "[01]", "NaN", '{"a": 9007199254740993'])("%j is none", (text) => {
    expect(parseJsonExactly(text)).toEqual({ ok: false, error: "the text is not JSON" });
  });

  it("may be nested as deep as anybody likes", () => {
    const text = `${"[".repeat(100_000)}1e40${"]".repeat(100_000)}`;
    expect(parseJsonExactly(text).ok).toBe(true);
  });
});
