import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oneLine, stripInvisible } from "../../src/jobs/text.ts";
import { anyText } from "../support/jobs.ts";

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Code points of what a reader cannot see. */
const INVISIBLE = {
  "C0 controls": range(0x00, 0x1f),
  "DEL and C1 controls": range(0x7f, 0x9f),
  "zero-width characters": [0x200b, 0x200c, 0x200d, 0x2060, 0xfeff],
  "line and paragraph separators": [0x2028, 0x2029],
  "bidi controls": [0x061c, 0x200e, 0x200f, ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)],
  "tag characters": range(0xe0000, 0xe007f),
};
const inNoLine = /[\r\n\v\f\u0085\u2028\u2029]/;
const chars = (text: string): number => [...text].length;

describe("stripping what is invisible", () => {
  it.each(Object.entries(INVISIBLE))("removes %s", (_name, codes) => {
    const left = codes.filter((code) => stripInvisible(`a${String.fromCodePoint(code)}b`) !== "ab");
    expect(left.map((code) => code.toString(16))).toEqual([]);
  });

  it("leaves what a reader sees as it is", () => {
    const seen = "plain text, ünïcode, 中文, العربية, 😀 <b>&amp;</b> \"quotes\" and 'more'";
    expect(stripInvisible(seen)).toBe(seen);
  });

  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const once = stripInvisible(text);
        expect(stripInvisible(once)).toBe(once);
      }),
    );
  });
});

describe("one line", () => {
  it("is a line within its bound, whatever the text", () => {
    fc.assert(
      fc.property(anyText(), fc.integer({ min: 1, max: 30 }), (text, maxChars) => {
        const line = oneLine(text, maxChars);
        expect(line).not.toMatch(inNoLine);
        expect(chars(line)).toBeLessThanOrEqual(maxChars);
        expect(line.isWellFormed()).toBe(true);
      }),
    );
  });

  it("joins lines and indents by one space", () => {
    expect(oneLine("  first\r\n\tsecond\n\nthird \n", 100)).toBe("first second third");
  });

  it("is whole when it has just as many characters as allowed", () => {
    expect(oneLine("😀".repeat(10), 10)).toBe("😀".repeat(10));
  });

  it("ends in an ellipsis when it was cut, and never inside a character", () => {
    expect(oneLine("😀".repeat(11), 10)).toBe(`${"😀".repeat(9)}…`);
  });
});
