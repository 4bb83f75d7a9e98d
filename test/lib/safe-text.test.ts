import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeInvisible, oneLine, stripInvisible, visibleLines } from "../../src/lib/safe-text.ts";
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
  "variation selectors": [...range(0xfe00, 0xfe0f), ...range(0xe0100, 0xe01ef)],
  "fillers and soft hyphens": [0x00ad, 0x034f, 0x115f, 0x1160, 0x180b, 0x180f, 0x3164, 0xffa0],
  annotations: range(0xfff9, 0xfffb),
  "half surrogates": [0xd800, 0xdbff, 0xdc00, 0xdfff],
  "what is no character": [0xfdd0, 0xfffe, 0xffff, 0x10ffff],
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

  it.each(["❤\ufe0f", "👩🏽\u200d🚀", "👩\u200d❤\ufe0f\u200d👨", "🏳\ufe0f\u200d🌈", "1\ufe0f\u20e3", "👍🏿"])(
    "leaves the emoji %s whole",
    (emoji) => {
      expect(stripInvisible(`a${emoji}b`)).toBe(`a${emoji}b`);
    },
  );

  it.each([
    ["a\ufe0fb", "ab"],
    ["😀\ufe0f\ufe0f\ufe0f", "😀\ufe0f"],
    ["😀\u200d\u200d😀", "😀😀"],
    ["😀\u200da", "😀a"],
    ["1\ufe0f2\u20e3", "12\u20e3"],
    ["😀\u{e0141}\u{e0142}", "😀"],
  ])("takes what shapes no emoji: %j", (text, left) => {
    expect(stripInvisible(text)).toBe(left);
  });

  it("keeps the layout of several lines, where there may be some", () => {
    expect(visibleLines("a\n\tb\r\nc\u001b[1m\u2028d")).toBe("a\n\tb\nc[1md");
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

describe("escaping what is invisible", () => {
  it("leaves the value of a JSON text the same, and nothing hidden in it", () => {
    fc.assert(
      fc.property(fc.dictionary(anyText(), anyText()), (value) => {
        const json = escapeInvisible(JSON.stringify(value));
        expect(JSON.parse(json)).toEqual(value);
        expect(stripInvisible(json)).toBe(json);
      }),
    );
  });

  it("writes each half of a wide character", () => {
    expect(escapeInvisible("a\u{e0041}b")).toBe("a\\udb40\\udc41b");
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
