import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject, jsonBytes, utf8Bytes } from "../../src/jobs/json.ts";
import { anyText } from "../support/jobs.ts";

describe("the size of a value", () => {
  it("of a text is its bytes of UTF-8", () => {
    fc.assert(fc.property(anyText(), (text) => utf8Bytes(text) === Buffer.byteLength(text, "utf8")));
  });

  it("of JSON is that of its shortest text", () => {
    expect(jsonBytes({ a: ["é", null, 1] })).toBe('{"a":["é",null,1]}'.length + 1);
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
