import { describe, expect, it } from "vitest";
import { readInput } from "../../../src/blueprint/checks/check.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { MAX_INPUT_BYTES } from "../../../src/limits.ts";
import { checkInput } from "../support.ts";

const props = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more });
const n: JsonObject = { type: "integer", default: 5 };
const DEEP: JsonObject = props({ page: props({ size: n, at: { default: null } }) });
const ROW: JsonObject = { items: props({ n }) };

/** A schema, what is sent, and what the job gets. */
const CASES: readonly (readonly [title: string, schema: JsonObject, sent: JsonObject, got: JsonObject])[] = [
  ["a field that is left out", props({ n }), {}, { n: 5 }],
  ["no field that is there", props({ n }), { n: 7 }, { n: 7 }],
  ["no field that is there as null", props({ a: { default: 1 } }), { a: null }, { a: null }],
  ["null", props({ a: { default: null } }), {}, { a: null }],
  ["a required field", props({ n }, { required: ["n"] }), {}, { n: 5 }],
  ["a field inside of one that is there", DEEP, { page: {} }, { page: { size: 5, at: null } }],
  ["no field inside of one that is not there", DEEP, {}, {}],
  ["a field inside of a default", props({ page: { default: {}, ...props({ n }) } }), {}, { page: { n: 5 } }],
  ["fields of each item", props({ rows: ROW }), { rows: [{}, { n: 1 }] }, { rows: [{ n: 5 }, { n: 1 }] }],
  [
    "fields of first items",
    props({ rows: { prefixItems: [props({ n })] } }),
    { rows: [{}, {}] },
    { rows: [{ n: 5 }, {}] },
  ],
  ["fields of other fields", props({}, { additionalProperties: props({ n }) }), { x: {} }, { x: { n: 5 } }],
  ["a field behind a reference", props({ a: { $ref: "#/$defs/n" } }, { $defs: { n } }), {}, { a: 5 }],
  ["a field beside a reference", props({ a: { $ref: "#/$defs/n", default: 6 } }, { $defs: { n } }), {}, { a: 6 }],
  ["fields of all parts", { allOf: [props({ n }), props({ m: n })] }, {}, { n: 5, m: 5 }],
  ["none of an alternative", { anyOf: [props({ n })] }, {}, {}],
  [
    "a field named like what objects inherit",
    props({ constructor: n, toString: n }),
    {},
    { constructor: 5, toString: 5 },
  ],
  [
    "a tree, as deep as it is sent",
    props({ n, next: { $ref: "#" } }),
    { next: { next: {} } },
    { n: 5, next: { n: 5, next: { n: 5 } } },
  ],
];

const read = (schema: JsonObject, input: Json) => readInput({ input: schema }, input);

describe("defaults of the schema fill in", () => {
  it.each(CASES)("%s", (_title, schema, sent, got) => {
    expect(read(schema, sent)).toEqual({ ok: true, value: got });
  });

  it("what is sent stays as it is, and so does the schema", () => {
    const [schema, sent] = [props({ n, page: props({ n }) }), { page: {} }];
    const before = JSON.stringify([schema, sent]);
    read(schema, sent);
    expect(JSON.stringify([schema, sent])).toBe(before);
  });

  it("a field named __proto__ beside them is kept", () => {
    const sent = JSON.parse('{"__proto__":{"x":1}}');
    const filled = read(props({ n }), sent);
    expect(filled.ok && JSON.stringify(filled.value)).toBe('{"__proto__":{"x":1},"n":5}');
  });

  it("the value that is then checked", () => {
    expect(checkInput({ input: props({ a: { type: "string", default: 5 } }) }, {})).toMatchObject([
      { path: "input.a" },
    ]);
  });
});

describe("defaults that would go on", () => {
  const doubling = props({ a: { $ref: "#" }, b: { $ref: "#" } }, { default: {} });

  it.each([
    ["for ever", props({ a: { $ref: "#", default: {} } })],
    ["twice as many at each level", doubling],
    ["as a reference to itself", { $ref: "#", properties: { n } }],
  ])("%s are refused", (_title, schema) => {
    expect(checkInput({ input: schema }, {})).toMatchObject([
      { path: "input", message: expect.stringMatching(/refers to itself|bytes/) },
    ]);
  });

  it(`beyond ${MAX_INPUT_BYTES} bytes are refused`, () => {
    const large = props({ text: { default: "x".repeat(MAX_INPUT_BYTES / 4) } });
    const rows = (count: number) => ({ rows: Array(count).fill({}) });
    expect(checkInput({ input: props({ rows: { items: large } }) }, rows(3))).toEqual([]);
    expect(checkInput({ input: props({ rows: { items: large } }) }, rows(5_000))).toMatchObject([
      { path: "input", message: expect.stringContaining("with the defaults") },
    ]);
  });
});
