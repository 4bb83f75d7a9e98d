import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageOf } from "../../../src/lib/text/text-page.ts";
import { anyText } from "../../support/jobs.ts";

describe("the pages of a text", () => {
  it("together are the text, whatever is in it and however small they are", () => {
    fc.assert(
      fc.property(anyText(), fc.integer({ min: 1, max: 9 }), (text, maxBytes) => {
        fc.pre(text.isWellFormed());
        let whole = "";
        for (let next: number | null = 0; next !== null; ) {
          const page = pageOf(text, next, maxBytes);
          whole += page.text;
          next = page.next_offset;
        }
        expect(whole).toBe(text);
      }),
    );
  });

  it("keep a U+FEFF, also where one begins with it", () => {
    expect(pageOf("\ufeffa\ufeffb", 0, 100).text).toBe("\ufeffa\ufeffb");
    expect(pageOf("a\ufeffb", 1, 100).text).toBe("\ufeffb");
  });
});
