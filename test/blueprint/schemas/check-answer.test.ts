import { describe, expect, it } from "vitest";
import { checkAnswer } from "../../../src/blueprint/schemas/check-answer.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 2, maxLength: 5 },
    email: { type: "string", format: "email" },
    page: { type: "string", format: "uri" },
    day: { type: "string", format: "date" },
    time: { type: "string", format: "date-time" },
    choice: { type: "string", enum: ["a", "b"], enumNames: ["A", "B"] },
    titled: { type: "string", oneOf: [{ const: "x", title: "The x" }] },
    some: { type: "array", items: { type: "string", enum: ["a", "b"] }, minItems: 1, maxItems: 2 },
    many: { type: "array", items: { anyOf: [{ const: "x", title: "The x" }] } },
    share: { type: "number", minimum: 0.5, maximum: 1 },
    count: { type: "integer", minimum: 1 },
    sure: { type: "boolean" },
    toString: { type: "string" },
  },
  required: ["sure"],
};

const check = (content: JsonObject) => checkAnswer(SCHEMA, { sure: true, ...content });

describe("an answer fits with", () => {
  it.each<JsonObject>([
    {},
    { name: "äöü🙂" },
    { email: "a.b+c@example.com" },
    { page: "https://example.com/?q=1#x" },
    { day: "2028-02-29" },
    { time: "2026-12-01T09:00:00.5+01:00" },
    { choice: "b", titled: "x" },
    { some: ["a", "b"], many: [] },
    { share: 0.5, count: 7 },
    { sure: false },
    { toString: "text" },
  ])("%j", (content) => {
    expect(check(content)).toEqual([]);
  });

  it("nothing at all, when nothing is asked but a yes", () => {
    expect(checkAnswer({ type: "object" }, {})).toEqual([]);
  });
});

const CASES: readonly (readonly [content: JsonObject, path: string, message: string, fix: string])[] = [
  [{ name: "a" }, "content.name", "has 1 character, fewer than 2", "Send at least 2 characters."],
  [{ name: "abcdef" }, "content.name", "has 6 characters, more than 5", "Send at most 5 characters."],
  [{ name: 5 }, "content.name", 'is of type number, expected "string"', 'Send a value of type "string".'],
  [{ name: null }, "content.name", 'is of type null, expected "string"', 'Send a value of type "string".'],
  [{ email: "a@" }, "content.email", "is not of the format email", "Send a valid email."],
  [{ email: "example.com" }, "content.email", "is not of the format email", "Send a valid email."],
  [{ page: "example.com" }, "content.page", "is not of the format uri", "Send a valid uri."],
  [{ day: "2027-02-29" }, "content.day", "is not of the format date", "Send a valid date."],
  [{ day: "1 May" }, "content.day", "is not of the format date", "Send a valid date."],
  [{ time: "2026-12-01" }, "content.time", "is not of the format date-time", "Send a valid date-time."],
  [{ time: "2026-12-01T09:00:00" }, "content.time", "is not of the format date-time", "Send a valid date-time."],
  [{ choice: "A" }, "content.choice", "is not one of the allowed values", 'Send one of "a", "b".'],
  [{ titled: "The x" }, "content.titled", "is not one of the allowed values", 'Send one of "x".'],
  [{ some: [] }, "content.some", "has 0 items, fewer than 1", "Send at least 1 item."],
  [{ some: ["a", "c"] }, "content.some[1]", "is not one of the allowed values", 'Send one of "a", "b".'],
  [{ some: "a" }, "content.some", 'is of type string, expected "array"', 'Send a value of type "array".'],
  [{ many: ["x", "The x"] }, "content.many[1]", "is not one of the allowed values", 'Send one of "x".'],
  [{ share: 0.4 }, "content.share", "is 0.4, less than 0.5", "Send at least 0.5."],
  [{ share: 1.1 }, "content.share", "is 1.1, more than 1", "Send at most 1."],
  [{ share: "0.7" }, "content.share", 'is of type string, expected "number"', 'Send a value of type "number".'],
  [{ count: 1.5 }, "content.count", 'is of type number, expected "integer"', 'Send a value of type "integer".'],
  [{ sure: "yes" }, "content.sure", 'is of type string, expected "boolean"', 'Send a value of type "boolean".'],
  [{ sure: null }, "content.sure", 'is of type null, expected "boolean"', 'Send a value of type "boolean".'],
  [{ nmae: "abc" }, "content.nmae", "is not allowed here", "Remove it, or check its spelling."],
  [JSON.parse('{"__proto__": {}}'), "content.__proto__", "is not allowed here", "Remove it, or check its spelling."],
  [{ constructor: "x" }, "content.constructor", "is not allowed here", "Remove it, or check its spelling."],
];

describe("an answer is refused", () => {
  it.each(CASES)("%j", (content, path, message, fix) => {
    // Not by spreading over the defaults: a key may be `__proto__`.
    const whole = Object.fromEntries([["sure", true], ...Object.entries(content)]);
    expect(checkAnswer(SCHEMA, whole)).toEqual([{ path, message, fix }]);
  });

  it("without what is required", () => {
    expect(checkAnswer(SCHEMA, {})).toEqual([{ path: "content.sure", message: "is missing", fix: "Add it." }]);
  });

  it.each<Json>([null, [], "yes", true])("when it is %j, no object", (content) => {
    expect(checkAnswer(SCHEMA, content).map(({ path }) => path)).toEqual(["content"]);
  });

  it("with all its faults at once", () => {
    const faults = checkAnswer(SCHEMA, { name: "a", count: 0, other: 1 });
    expect(faults.map(({ path }) => path).sort()).toEqual([
      "content.count",
      "content.name",
      "content.other",
      "content.sure",
    ]);
  });
});

describe("checking an answer", () => {
  it("leaves the schema as it was", () => {
    const before = structuredClone(SCHEMA);
    check({ name: "abc" });
    expect(SCHEMA).toEqual(before);
  });

  it("against a schema that no form can show names what is wrong, too", () => {
    const schema = { type: "object", properties: { deep: { type: "object", required: ["a"] } } };
    expect(checkAnswer(schema, { deep: {} })).toEqual([
      { path: "content.deep.a", message: "is missing", fix: "Add it." },
    ]);
    expect(checkAnswer(schema, { deep: { a: 1 } })).toEqual([]);
    expect(checkAnswer(schema, [])).toMatchObject([{ path: "content", message: "is not an object" }]);
  });
});
