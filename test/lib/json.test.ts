import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject, type Json, jsonBytes, utf8Bytes } from "../../src/lib/json.ts";
import { anyText } from "../support/jobs.ts";

describe("the size of a value", () => {
  it("of a text is its bytes of UTF-8", () => {
    fc.assert(fc.property(anyText(), (text) => utf8Bytes(text) === Buffer.byteLength(text, "utf8")));
  });

  it("of JSON is that of its shortest text", () => {
    expect(jsonBytes({ a: ["é", null, 1] })).toBe('{"a":["é",null,1]}'.length + 1);
  });

  it("of any JSON is the length of the text that JSON makes of it", () => {
    const texts = fc.oneof(
      anyText(),
      fc.string({ unit: "binary" }),
      fc.constantFrom('"', "\\", "\ud83d", "\u007f", "\n"),
    );
    const values = fc.jsonValue({ stringUnit: "binary" });
    fc.assert(
      fc.property(fc.dictionary(texts, fc.array(fc.oneof(texts, values))), (value) => {
        expect(jsonBytes(value as Json)).toBe(Buffer.byteLength(JSON.stringify(value), "utf8"));
      }),
    );
  });
});

describe("a JSON object", () => {
  it.each([[{}], [{ a: 1 }]])("%j is one", (value) => {
    expect(isJsonObject(value)).toBe(true);
  });

  it.each([[null], [[]], ["{}"], [1], [true], [undefined]])("%j is none", (value) => {
    expect(isJsonObject(value)).toBe(false);
  });
});
