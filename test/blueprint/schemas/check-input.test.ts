import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { MAX_FAULTS } from "../../../src/limits.ts";
import { aBlueprint, aTransform, checkInput } from "../support.ts";

function planOf(input: JsonObject | undefined) {
  const document = aBlueprint([aTransform("a")], input && { input });
  const checked = checkBlueprint(document, { handlers: [] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
}

const field = (schema: Json): JsonObject => ({ properties: { a: schema } });
const urls: JsonObject = {
  type: "object",
  required: ["urls"],
  additionalProperties: false,
  properties: {
    urls: { type: "array", minItems: 1, maxItems: 2, uniqueItems: true, items: { type: "string", format: "uri" } },
  },
};

const CASES: readonly (readonly [
  title: string,
  schema: JsonObject | undefined,
  input: Json,
  path: string,
  message: string,
])[] = [
  ["text where there is no schema", undefined, "a", "input", "is not an object"],
  ["a list where there is no schema", undefined, [], "input", "is not an object"],
  ["null", urls, null, "input", "is not an object"],
  ["a missing field", urls, {}, "input.urls", "is missing"],
  ["a missing field with a strange name", { required: ["a b"] }, {}, 'input["a b"]', "is missing"],
  ["a field too many", urls, { urls: ["https://a.b"], more: 1 }, "input.more", "is not allowed here"],
  [
    "a field named __proto__",
    urls,
    JSON.parse('{"urls": ["https://a.b"], "__proto__": 1}'),
    "input.__proto__",
    "is not allowed here",
  ],
  ["the wrong type", urls, { urls: "https://a.b" }, "input.urls", 'is of type string, expected "array"'],
  [
    "the wrong type in a list",
    urls,
    { urls: ["https://a.b", 5] },
    "input.urls[1]",
    'is of type number, expected "string"',
  ],
  [
    "one of several types",
    field({ type: ["string", "null"] }),
    { a: 1 },
    "input.a",
    'is of type number, expected "string", "null"',
  ],
  ["half an integer", field({ type: "integer" }), { a: 1.5 }, "input.a", 'is of type number, expected "integer"'],
  ["too few items", urls, { urls: [] }, "input.urls", "has 0 items, fewer than 1"],
  [
    "too many items",
    urls,
    { urls: ["https://a.b/1", "https://a.b/2", "https://a.b/3"] },
    "input.urls",
    "has 3 items, more than 2",
  ],
  ["equal items", urls, { urls: ["https://a.b", "https://a.b"] }, "input.urls", "has equal items at 0 and 1"],
  ["no URL", urls, { urls: ["nothing"] }, "input.urls[0]", "is not of the format uri"],
  ["another value than the one", field({ const: 1 }), { a: 2 }, "input.a", "is not the one allowed value"],
  ["another value than those", field({ enum: ["x", "y"] }), { a: "z" }, "input.a", "is not one of the allowed values"],
  ["a short text", field({ minLength: 3 }), { a: "ab" }, "input.a", "has 2 characters, fewer than 3"],
  ["a long text", field({ maxLength: 3 }), { a: "abcd" }, "input.a", "has 4 characters, more than 3"],
  ["a small number", field({ minimum: 3 }), { a: 2 }, "input.a", "is 2, less than 3"],
  ["a large number", field({ maximum: 3 }), { a: 4 }, "input.a", "is 4, more than 3"],
  ["a number on the lower bound", field({ exclusiveMinimum: 3 }), { a: 3 }, "input.a", "is 3, not more than 3"],
  ["a number on the upper bound", field({ exclusiveMaximum: 3 }), { a: 3 }, "input.a", "is 3, not less than 3"],
  ["no multiple", field({ multipleOf: 3 }), { a: 4 }, "input.a", "is 4, no multiple of 3"],
  ["too few fields", { minProperties: 1 }, {}, "input", "has 0 fields, fewer than 1"],
  ["too many fields", { maxProperties: 1 }, { a: 1, b: 2 }, "input", "has 2 fields, more than 1"],
  [
    "no alternative",
    field({ anyOf: [{ type: "string" }, { type: "array", items: {} }] }),
    { a: 1 },
    "input.a",
    "fits none of the alternatives of the schema",
  ],
  [
    "two alternatives",
    field({ oneOf: [{ minimum: 1 }, { minimum: 2 }] }),
    { a: 3 },
    "input.a",
    "fits not exactly one of the alternatives of the schema",
  ],
  ["what is excluded", field({ not: { type: "number" } }), { a: 3 }, "input.a", "is what the schema excludes"],
  [
    "a field deep inside",
    field({ items: { properties: { "x/y~z": { type: "null" } } } }),
    { a: [{}, { "x/y~z": 1 }] },
    'input.a[1]["x/y~z"]',
    'is of type number, expected "null"',
  ],
  [
    "a field behind a reference",
    { $defs: { s: { type: "string" } }, properties: { a: { $ref: "#/$defs/s" } } },
    { a: 1 },
    "input.a",
    'is of type number, expected "string"',
  ],
  [
    "a field that another one needs",
    { dependentRequired: { a: ["b"] } },
    { a: 1 },
    "input.b",
    'is missing, and "a" needs it',
  ],
  [
    "too few of what is contained",
    field({ contains: { const: 1 }, minContains: 2 }),
    { a: [1] },
    "input.a",
    "fewer than 2",
  ],
  [
    "too many of what is contained",
    field({ contains: { const: 1 }, maxContains: 1 }),
    { a: [1, 1] },
    "input.a",
    "more than 1",
  ],
  [
    "a bound behind two references",
    { $ref: "#/$defs/o", $defs: { o: field({ $ref: "#/$defs/n" }), n: { maximum: 3 } } },
    { a: 4 },
    "input.a",
    "is 4, more than 3",
  ],
  [
    "a bound under a name with signs",
    { properties: { "a/b~c#d%20": { minimum: 3 } } },
    { "a/b~c#d%20": 2 },
    'input["a/b~c#d%20"]',
    "is 2, less than 3",
  ],
  ["a bound in a part", field({ allOf: [{ maximum: 9 }, { maximum: 3 }] }), { a: 4 }, "input.a", "is 4, more than 3"],
  [
    "a bound in a list of first items",
    field({ prefixItems: [{}, { minLength: 2 }] }),
    { a: [1, "b"] },
    "input.a[1]",
    "has 1 character, fewer than 2",
  ],
  [
    "a bound that a condition sets",
    field(JSON.parse('{"if":{"minimum":2},"then":{"maximum":3}}')),
    { a: 4 },
    "input.a",
    "is 4, more than 3",
  ],
  ["a name that does not fit", { propertyNames: { maxLength: 1 } }, { ab: 1 }, "input.ab", "characters, more than 1"],
  [
    "text with quotes in the one value",
    field({ const: 'a "b".' }),
    { a: "c" },
    "input.a",
    "is not the one allowed value",
  ],
  [
    "equal items that are objects",
    field({ uniqueItems: true }),
    { a: [0, { x: 1, y: 2 }, { y: 2, x: 1 }] },
    "input.a",
    "has equal items at 1 and 2",
  ],
  [
    "nothing like what is contained",
    field({ contains: { type: "string" } }),
    { a: [] },
    "input.a",
    "holds no item that the schema asks for",
  ],
];

describe("an input is refused, with one fault at its place, for", () => {
  it.each(CASES)("%s", (_title, schema, input, path, message) => {
    const faults = checkInput(planOf(schema), input);
    expect(faults).toEqual([
      { path, message: expect.stringContaining(message), fix: expect.stringMatching(/^[A-Z].+\.$/) },
    ]);
    expect(JSON.stringify(faults)).not.toMatch(/#\//);
  });
});

describe("an input with several faults", () => {
  it("is told all of them at once", () => {
    const schema = { required: ["a", "b", "c"], properties: { a: { maximum: 1 }, d: { type: "string" } } };
    const faults = checkInput(planOf(schema), { a: 2, d: 5 });
    expect(faults.map(({ path }) => path).sort()).toEqual(["input.a", "input.b", "input.c", "input.d"]);
  });

  it("is told what the alternatives ask for", () => {
    const [fault] = checkInput(
      planOf(field({ anyOf: [{ type: "string" }, { type: ["null", "array"] }, { const: "x" }] })),
      { a: 1 },
    );
    expect(fault?.fix).toBe('Alternatives: string, null, array, "x".');
  });
});

describe("an input is accepted", () => {
  it.each<[string, JsonObject | undefined, JsonObject]>([
    ["without a schema", undefined, { any: ["thing"] }],
    ["with the fields of the schema", urls, { urls: ["https://a.b"] }],
    ["with a tree of references", { properties: { a: { $ref: "#" } } }, { a: { a: { a: {} } } }],
    ["with a key that objects inherit", { additionalProperties: { type: "number" } }, { constructor: 1, toString: 2 }],
  ])("%s", (_title, schema, input) => {
    expect(checkInput(planOf(schema), input)).toEqual([]);
  });

  it("and the schema of the plan stays as it is", () => {
    const plan = planOf({ properties: { a: { $ref: "#/$defs/s" } }, $defs: { s: {} } });
    checkInput(plan, { a: 1 });
    expect(Object.getOwnPropertyNames(plan.input)).toEqual(["properties", "$defs"]);
  });
});

describe("an input that costs too much to check", () => {
  const items = (n: number): JsonObject => ({ a: Array(n).fill(0) });
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `d${i}`,
      { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
    ]),
  );

  it.each<[string, JsonObject, JsonObject]>([
    [
      "many values against many schemas",
      field({ items: { anyOf: Array(50).fill({ type: "string" }) } }),
      items(30_000),
    ],
    [
      "many values against many allowed ones",
      field({ items: { enum: Array.from({ length: 500 }, (_, i) => i + 1) } }),
      items(30_000),
    ],
    ["many items that must be unique", field({ uniqueItems: true }), items(2_000)],
    ["references that double", { $defs: { ...doubling, d40: {} }, $ref: "#/$defs/d0" }, {}],
    ["a reference to itself", { $ref: "#" }, {}],
    [
      "references in a circle",
      { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" },
      {},
    ],
  ])("is refused: %s", (_title, schema, input) => {
    expect(checkInput(planOf(schema), input)).toEqual([
      {
        path: "input",
        message: expect.stringMatching(/too many values|more than 1000 items|refers to itself/),
        fix: expect.any(String),
      },
    ]);
  });

  it(`gives at most ${MAX_FAULTS} faults`, () => {
    expect(checkInput(planOf(field({ items: { type: "string" } })), items(5_000))).toHaveLength(MAX_FAULTS);
  });

  it.each([
    "uri",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "date-time",
    "duration",
    "uuid",
    "json-pointer",
    "time",
    "date",
  ])("is none that is a long text of format %s", (format) => {
    const texts = ["a", "a.", "1:", "a@", "/a", "a-", "http://a/", "P1", "1.", "%41", "a:b"].map(
      (part) => `${part.repeat(100_000 / part.length)}!`,
    );
    for (const a of texts) {
      expect(checkInput(planOf(field({ format })), { a }).length).toBeLessThanOrEqual(1);
    }
  });
});
