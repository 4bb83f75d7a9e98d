import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { evaluated } from "../../blueprint/support.ts";

const parse = (text: Json, format?: string): Promise<Json> =>
  evaluated(format === undefined ? "{% $parse($input) %}" : `{% $parse($input, '${format}') %}`, { input: text });

describe("$parse of json", () => {
  it.each<[string, Json]>([
    ['{"a": [1, null, "x"]}', { a: [1, null, "x"] }],
    ["12345678901234567890", "12345678901234567890"],
    ['{"id": 9007199254740993}', { id: "9007199254740993" }],
    ['"text"', "text"],
    [" true ", true],
    ["\uFEFF[]", []],
    ['{"constructor": {"toString": 1}}', { constructor: { toString: 1 } } as unknown as Json],
  ])("%s", async (text, value) => {
    expect(await parse(text)).toEqual(value);
    expect(await parse(text, "json")).toEqual(value);
  });

  it("keeps __proto__ as a field", async () => {
    expect(JSON.stringify(await parse('{"__proto__": {"x": 1}}'))).toBe('{"__proto__":{"x":1}}');
  });

  it.each(["", "{", "{'a': 1}", "NaN", "[1,]", "<a/>", "1e400"])("refuses %j", async (text) => {
    expect(await parse(text)).toMatch(/^error: \$parse: the text is no json: /);
  });

  it.each<Json>([{ a: 1 }, [1], 7, true, null, []])("gives %j, which is no text, back", async (value) => {
    expect(await parse(value)).toEqual(value);
    expect(await parse(value, "csv")).toEqual(value);
  });

  it("of nothing is nothing", async () => expect(await evaluated("{% $exists($parse($input.x)) %}")).toBe(false));
});

describe("$parse of csv", () => {
  it.each<[string, Json]>([
    [
      "id,name\n1,Ada\n2,Bob\n",
      [
        { id: "1", name: "Ada" },
        { id: "2", name: "Bob" },
      ],
    ],
    ["a,b\r\n1,2\r\n", [{ a: "1", b: "2" }]],
    ['a,b\n"x, y","say ""hi"""', [{ a: "x, y", b: 'say "hi"' }]],
    ['a\n"two\nlines"', [{ a: "two\nlines" }]],
    ["a,b\n1,\n", [{ a: "1", b: "" }]],
    ["\uFEFFa\n1", [{ a: "1" }]],
    ["a,b", []],
    ["a,b\n,", [{ a: "", b: "" }]],
    ["a,b\r1,2", [{ a: "1", b: "2" }]],
    ['a,b\n"","x"', [{ a: "", b: "x" }]],
    ["", []],
    ["a\n\n1\n\n", [{ a: "1" }]],
    ["a\n007\n1e3", [{ a: "007" }, { a: "1e3" }]],
  ])("%j", async (text, rows) => expect(await parse(text, "csv")).toEqual(rows));

  it("keeps a column __proto__", async () => {
    expect(JSON.stringify(await parse("__proto__,b\n1,2", "csv"))).toBe('[{"__proto__":"1","b":"2"}]');
  });

  it.each([
    ["a,b\n1,2,3", /row 2/],
    ["a,b\n1", /row 2/],
    ['a\n"open', /quotes that open in row 2/],
    ['a\nx"y', /row 2 has quotes inside/],
    ['a\n"x"y', /row 2 has text behind quotes/],
    ["a,a\n1,2", /"a" twice/],
  ])("refuses %j", async (text, reason) => {
    expect(await parse(text, "csv")).toMatch(/^error: \$parse: the text is no csv: /);
    expect(await parse(text, "csv")).toMatch(reason);
  });
});

describe("$parse of xml", () => {
  it.each<[string, Json]>([
    ["<a/>", { a: "" }],
    ["<a>x</a>", { a: "x" }],
    ['<a id="1">x</a>', { a: { "@id": "1", "#text": "x" } }],
    ["<a><b>1</b><b>2</b></a>", { a: { b: ["1", "2"] } }],
    ["<a>\n  <b>1</b>\n</a>", { a: { b: "1" } }],
    ["<p>one <b>two</b> three</p>", { p: { b: "two", "#text": "one  three" } }],
    ['<x:a xmlns:x="urn:x"><x:b/></x:a>', { "x:a": { "@xmlns:x": "urn:x", "x:b": "" } }],
    ["<a><![CDATA[<b> & ]]></a>", { a: "<b> & " }],
    ["<a>&lt;&amp;&#65;&#x42;</a>", { a: "<&AB" }],
    ['<?xml version="1.0"?><!-- c --><a/>', { a: "" }],
    [
      "<a><toString>1</toString><constructor>2</constructor></a>",
      { a: { toString: "1", constructor: "2" } } as unknown as Json,
    ],
    ["<a>007</a>", { a: "007" }],
  ])("%s", async (text, value) => expect(await parse(text, "xml")).toEqual(value));

  it("keeps elements __proto__", async () => {
    const text = "<a><__proto__>1</__proto__><__proto__>2</__proto__></a>";
    expect(JSON.stringify(await parse(text, "xml"))).toBe('{"a":{"__proto__":["1","2"]}}');
  });

  it.each([
    "",
    "text",
    "<a>",
    "<a></b>",
    "<a/><b/>",
    '<a x="1" x="2"/>',
    "<a>&bogus;</a>",
    '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "<a>".repeat(100_000),
  ])("refuses %.60s", async (text) => {
    expect(await parse(text, "xml")).toMatch(/^error: \$parse: the text is no xml: /);
  });
});

describe("$parse of lines", () => {
  it.each<[string, Json]>([
    ['{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    ["1\r\n\r\n2", [1, 2]],
    ["", []],
    ["12345678901234567890", ["12345678901234567890"]],
    ["[1]\nnull", [[1], null]],
  ])("%j is ndjson", async (text, values) => expect(await parse(text, "ndjson")).toEqual(values));

  it("says which line is none", async () => {
    expect(await parse('{"a":1}\n{"a":', "ndjson")).toMatch(/^error: \$parse: the text is no ndjson: line 2: /);
  });

  it.each<[string, Json]>([
    ["data: a\n\n", [{ event: "message", data: "a" }]],
    ["event: add\nid: 7\ndata: x\ndata: y\n\n", [{ event: "add", id: "7", data: "x\ny" }]],
    [
      ": comment\n\ndata: 1\n\ndata: 2",
      [
        { event: "message", data: "1" },
        { event: "message", data: "2" },
      ],
    ],
    ["data:a\r\n\r\n", [{ event: "message", data: "a" }]],
    ["retry: 5\n\n", []],
    ["", []],
  ])("%j is sse", async (text, events) => expect(await parse(text, "sse")).toEqual(events));
});

describe("$parse", () => {
  it.each(["yaml", "JSON", "", "__proto__", "toString"])("knows no format %j", async (format) => {
    expect(await parse("x", format)).toMatch(/^error: .*is none of json, csv, xml, ndjson, sse/);
  });

  it("is charged by size", async () => {
    const input = `[${"1,".repeat(50_000)}1]`;
    expect(await evaluated("{% $map([1..1000], function($i) { $count($parse($input)) }) %}", { input })).toMatch(
      /^error: too much work/,
    );
  });

  it("works in a list", async () => {
    expect(await evaluated("{% $map(['1', '[2]'], $parse) %}")).toEqual([1, [2]]);
  });
});
