import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { MAX_BLUEPRINT_BYTES, MAX_FAULTS, MAX_STEPS, MAX_STRING_CHARS } from "../../../src/limits.ts";
import { aBlueprint, aTransform } from "../support.ts";

const faultsOf = (document: Json) => {
  const checked = checkBlueprint(document, { handlers: ["audit", "extract"] });
  return checked.ok ? [] : checked.error;
};

const step = (more: JsonObject): Json => aBlueprint([{ id: "a", ...more }]);
const http = (more: JsonObject): Json => step({ type: "http", url: "https://example.com/", ...more });
const map = (steps: Json[], more: JsonObject = {}): JsonObject => ({
  id: "each",
  type: "map",
  over: "{% $input.items %}",
  steps,
  ...more,
});
const value = (text: string): Json => aBlueprint([aTransform("a", text)]);
const input = (schema: Json): Json => aBlueprint([aTransform("a")], { input: schema });
const nested = (depth: number): JsonObject => (depth === 0 ? {} : { items: nested(depth - 1) });
const deep = (depth: number): Json => (depth === 0 ? 1 : [deep(depth - 1)]);

/** What is sent, and the path of its only fault. */
const CASES: readonly (readonly [title: string, document: Json, path: string])[] = [
  // The whole.
  ["text", "plan", "blueprint"],
  ["a list", [], "blueprint"],
  ["null", null, "blueprint"],
  ["no name", { steps: [aTransform("a")] }, "blueprint.name"],
  ["an upper-case name", { ...aBlueprint([aTransform("a")]), name: "Plan" }, "blueprint.name"],
  ["a name of 65 letters", { ...aBlueprint([aTransform("a")]), name: "a".repeat(65) }, "blueprint.name"],
  ["a description that is no text", { ...aBlueprint([aTransform("a")]), description: 5 }, "blueprint.description"],
  ["an unknown field", { ...aBlueprint([aTransform("a")]), version: 1 }, "blueprint.version"],
  [
    "a field named __proto__",
    JSON.parse('{"name": "p", "steps": [{"id": "a", "type": "sleep", "for": "1 day"}], "__proto__": {}}'),
    "blueprint.__proto__",
  ],
  ["no steps", { name: "plan" }, "blueprint.steps"],
  ["an empty list of steps", aBlueprint([]), "blueprint.steps"],
  ["steps by name", { name: "plan", steps: { a: aTransform("a") } }, "blueprint.steps"],
  ["a step that is text", aBlueprint(["a"]), "blueprint.steps[0]"],
  [
    "too many steps",
    aBlueprint(Array.from({ length: MAX_STEPS + 1 }, (_, i) => aTransform(`s${i}`))),
    "blueprint.steps",
  ],
  ["a long text", value("x".repeat(MAX_STRING_CHARS + 1)), "blueprint.steps[0].value"],
  ["too many bytes", aBlueprint([aTransform("a", Array(5).fill("ä".repeat(8_000)))]), "blueprint"],
  ["too deep a value", aBlueprint([aTransform("a", deep(40))]), `blueprint.steps[0].value${"[0]".repeat(29)}`],
  [
    "a value too deep for recursion",
    aBlueprint([aTransform("a", deep(5_000))]),
    `blueprint.steps[0].value${"[0]".repeat(29)}`,
  ],
  // Events.
  ["an emit of nothing", step({ type: "emit" }), "blueprint.steps[0].event"],
  ["an event of one word", step({ type: "emit", event: "shipped" }), "blueprint.steps[0].event"],
  ["an event with capitals", step({ type: "emit", event: "Order.shipped" }), "blueprint.steps[0].event"],
  ["an event of the server's", step({ type: "emit", event: "job.settled" }), "blueprint.steps[0].event"],
  ["an event of a trigger", step({ type: "emit", event: "trigger.x" }), "blueprint.steps[0].event"],
  ["an event whose name is computed", step({ type: "emit", event: "{% 'a.b' %}" }), "blueprint.steps[0].event"],
  // The store.
  ["a store without a key", step({ type: "store", value: 1 }), "blueprint.steps[0].key"],
  ["an empty key", step({ type: "store", key: "" }), "blueprint.steps[0].key"],
  ["a key of 201 characters", step({ type: "store", key: "k".repeat(201) }), "blueprint.steps[0].key"],
  ["a condition of a read", step({ type: "store", key: "k", if: "absent" }), "blueprint.steps[0].if"],
  ["a lifetime of a read", step({ type: "store", key: "k", for: "1 day" }), "blueprint.steps[0].for"],
  ["a lifetime of a deletion", step({ type: "store", key: "k", value: null, for: "1 day" }), "blueprint.steps[0].for"],
  ["a lifetime above a year", step({ type: "store", key: "k", value: 1, for: "366 days" }), "blueprint.steps[0].for"],
  ["another condition", step({ type: "store", key: "k", value: 1, if: "present" }), "blueprint.steps[0].if"],
  [
    "a version below 0",
    step({ type: "store", key: "k", value: 1, if: { version: -1 } }),
    "blueprint.steps[0].if.version",
  ],
  [
    "a field that no store answers",
    aBlueprint([{ id: "a", type: "store", key: "k" }, aTransform("b", "{% $steps.a.body %}")]),
    "blueprint.steps[1].value",
  ],
  ["a secret in the store", step({ type: "store", key: "k", value: { secret: "A" } }), "blueprint.steps[0].value"],
  // Every step.
  ["no type", step({ value: 1 }), "blueprint.steps[0].type"],
  ["an unknown type", step({ type: "shell" }), "blueprint.steps[0].type"],
  ["a type that every object has", step({ type: "constructor" }), "blueprint.steps[0].type"],
  ["no id", aBlueprint([{ type: "transform", value: 1 }]), "blueprint.steps[0].id"],
  ["an id with a dash", aBlueprint([aTransform("a-b")]), "blueprint.steps[0].id"],
  ["an id named __proto__", aBlueprint([aTransform("__proto__")]), "blueprint.steps[0].id"],
  ["an id of 65 letters", aBlueprint([aTransform("a".repeat(65))]), "blueprint.steps[0].id"],
  ["the same id twice", aBlueprint([aTransform("a"), aTransform("a")]), "blueprint.steps[1].id"],
  ["the same id inside a map", aBlueprint([aTransform("a"), map([aTransform("a")])]), "blueprint.steps[1].steps[0].id"],
  ["an unknown field of a step", http({ uri: "x" }), "blueprint.steps[0].uri"],
  [
    "another kind's field",
    step({ type: "transform", value: 1, url: "https://example.com/" }),
    "blueprint.steps[0].url",
  ],
  ["when without an expression", http({ when: "yes" }), "blueprint.steps[0].when"],
  ["when with text around it", http({ when: "{% true %}!" }), "blueprint.steps[0].when"],
  ["when that is true", http({ when: true }), "blueprint.steps[0].when"],
  ["a timeout without a unit", http({ timeout: "30" }), "blueprint.steps[0].timeout"],
  ["a timeout in milliseconds", http({ timeout: 30_000 }), "blueprint.steps[0].timeout"],
  ["a timeout of nothing", http({ timeout: "0 seconds" }), "blueprint.steps[0].timeout"],
  ["a timeout over the cap", http({ timeout: "11 minutes" }), "blueprint.steps[0].timeout"],
  ["too many retries", http({ retry: { limit: 21 } }), "blueprint.steps[0].retry.limit"],
  ["half a retry", http({ retry: { limit: 0.5 } }), "blueprint.steps[0].retry.limit"],
  ["fewer than no retries", http({ retry: { limit: -1 } }), "blueprint.steps[0].retry.limit"],
  ["a retry delay over a day", http({ retry: { delay: "2 days" } }), "blueprint.steps[0].retry.delay"],
  ["an unknown backoff", http({ retry: { backoff: "random" } }), "blueprint.steps[0].retry.backoff"],
  ["an unknown field of retry", http({ retry: { max: 3 } }), "blueprint.steps[0].retry.max"],
  ["retry as a number", http({ retry: 3 }), "blueprint.steps[0].retry"],
  ["an unknown on_error", http({ on_error: "ignore" }), "blueprint.steps[0].on_error"],
  // http.
  ["no url", step({ type: "http" }), "blueprint.steps[0].url"],
  ["a url without a host", http({ url: "/items" }), "blueprint.steps[0].url"],
  ["an ftp url", http({ url: "ftp://example.com/" }), "blueprint.steps[0].url"],
  ["a file url with an expression", http({ url: "file:///{% $input.path %}" }), "blueprint.steps[0].url"],
  ["a url with a password", http({ url: "https://me:secret@example.com/" }), "blueprint.steps[0].url"],
  [
    "a url with a password that is an expression",
    http({ url: "https://me:{% $input.p %}@example.com/" }),
    "blueprint.steps[0].url",
  ],
  ["a lower-case method", http({ method: "get" }), "blueprint.steps[0].method"],
  ["a method that is not served", http({ method: "CONNECT" }), "blueprint.steps[0].method"],
  ["a header name with a space", http({ headers: { "a b": "c" } }), 'blueprint.steps[0].headers["a b"]'],
  ["a header that is a number", http({ headers: { a: 5 } }), "blueprint.steps[0].headers.a"],
  ["a secret with a bad name", http({ headers: { a: { secret: "token" } } }), "blueprint.steps[0].headers.a.secret"],
  [
    "a secret with an unknown field",
    http({ headers: { a: { secret: "T", suffix: "x" } } }),
    "blueprint.steps[0].headers.a.suffix",
  ],
  ["headers as a list", http({ headers: ["a: b"] }), "blueprint.steps[0].headers"],
  ["an object in the query", http({ query: { a: { b: 1 } } }), "blueprint.steps[0].query.a"],
  ["an empty expect", http({ expect: [] }), "blueprint.steps[0].expect"],
  ["a status that is none", http({ expect: [200, 42] }), "blueprint.steps[0].expect[1]"],
  ["expect as text", http({ expect: "ok" }), "blueprint.steps[0].expect"],
  ["expect as a number", http({ expect: 200 }), "blueprint.steps[0].expect"],
  ["max_bytes over the cap", http({ max_bytes: 10_000_000 }), "blueprint.steps[0].max_bytes"],
  // The other kinds.
  ["a sleep without a time", step({ type: "sleep" }), "blueprint.steps[0]"],
  [
    "a sleep with two times",
    step({ type: "sleep", for: "1 day", until: "2027-01-01T00:00:00Z" }),
    "blueprint.steps[0]",
  ],
  ["a sleep in weeks", step({ type: "sleep", for: "2 weeks" }), "blueprint.steps[0].for"],
  ["a sleep of more than a year", step({ type: "sleep", for: "366 days" }), "blueprint.steps[0].for"],
  [
    "a sleep until a time without a zone",
    step({ type: "sleep", until: "2027-01-01T00:00:00" }),
    "blueprint.steps[0].until",
  ],
  [
    "a sleep until a day that is none",
    step({ type: "sleep", until: "2027-02-41T00:00:00Z" }),
    "blueprint.steps[0].until",
  ],
  ["a transform without a value", step({ type: "transform" }), "blueprint.steps[0].value"],
  ["a handler without a name", step({ type: "handler" }), "blueprint.steps[0].handler"],
  ["a worker without a queue", step({ type: "worker" }), "blueprint.steps[0].queue"],
  ["a queue that no name is", step({ type: "worker", queue: "GPU" }), "blueprint.steps[0].queue"],
  ["a lease of nothing", step({ type: "worker", queue: "q", lease: "0 seconds" }), "blueprint.steps[0].lease"],
  ["an unknown handler", step({ type: "handler", handler: "nobody" }), "blueprint.steps[0].handler"],
  ["a map over text", aBlueprint([map([aTransform("a")], { over: "items" })]), "blueprint.steps[0].over"],
  ["a map over a number", aBlueprint([map([aTransform("a")], { over: 3 })]), "blueprint.steps[0].over"],
  [
    "a map over too many items",
    aBlueprint([map([aTransform("a")], { over: Array(1_001).fill(0) })]),
    "blueprint.steps[0].over",
  ],
  ["a map without steps", aBlueprint([map([])]), "blueprint.steps[0].steps"],
  [
    "an expression for a number that reads a later step",
    aBlueprint([map([aTransform("a")], { concurrency: "{% $steps.later %}" })]),
    "blueprint.steps[0].concurrency",
  ],
  [
    "text around an expression for a number",
    aBlueprint([map([aTransform("a")], { max_items: "{% 1 %} rows" })]),
    "blueprint.steps[0].max_items",
  ],
  [
    "text around an expression for a duration",
    aBlueprint([map([{ ...aTransform("a"), timeout: "{% 1 %} seconds" }])]),
    "blueprint.steps[0].steps[0].timeout",
  ],
  [
    "a map with too much at once",
    aBlueprint([map([aTransform("a")], { concurrency: 21 })]),
    "blueprint.steps[0].concurrency",
  ],
  [
    "a map with too many items",
    aBlueprint([map([aTransform("a")], { max_items: 1_001 })]),
    "blueprint.steps[0].max_items",
  ],
  [
    "a fault in a map of a map",
    aBlueprint([map([map([{ id: "a", type: "transform" }], { id: "inner" })])]),
    "blueprint.steps[0].steps[0].steps[0].value",
  ],
  [
    "too many steps inside maps",
    aBlueprint(
      [0, 1].map((m) =>
        map(
          Array.from({ length: 50 }, (_, i) => aTransform(`s${m}_${i}`)),
          { id: `m${m}` },
        ),
      ),
    ),
    "blueprint.steps",
  ],
  // Expressions.
  ["an expression that does not parse", value("{% $input. %}"), "blueprint.steps[0].value"],
  ["an expression that is not closed", value("a {% $input.x"), "blueprint.steps[0].value"],
  ["an empty expression", value("{% %}"), "blueprint.steps[0].value"],
  [
    "an expression deep in a value",
    aBlueprint([aTransform("a", { b: [{ "c d": "{% ( %}" }] })]),
    'blueprint.steps[0].value.b[0]["c d"]',
  ],
  ["$eval", value("{% $eval('1') %}"), "blueprint.steps[0].value"],
  ["$eval by another name", value("{% ($f := $eval; $f('1')) %}"), "blueprint.steps[0].value"],
  ["$shuffle in a function", value("{% $map([1], function($x) { $shuffle($x) }) %}"), "blueprint.steps[0].value"],
  ["a function signature", value("{% function($x)<n:n> { $x }(1) %}"), "blueprint.steps[0].value"],
  ["a look-ahead", value("{% $match('a', /(?=a)/) %}"), "blueprint.steps[0].value"],
  ["a back-reference", value("{% $match('a', /(a)\\1/) %}"), "blueprint.steps[0].value"],
  ["a huge regular expression", value("{% $match('a', /a{600}b{600}/) %}"), "blueprint.steps[0].value"],
  ["an unknown variable", value("{% $inptu.repo %}"), "blueprint.steps[0].value"],
  ["an unknown function", value("{% $capitalize($input.name) %}"), "blueprint.steps[0].value"],
  ["a variable that every object has", value("{% $constructor %}"), "blueprint.steps[0].value"],
  ["input without its sign", value("{% input.repo %}"), "blueprint.steps[0].value"],
  ["a bare name in a function call", value("{% $count(items) %}"), "blueprint.steps[0].value"],
  ["an unknown step", value("{% $steps.b %}"), "blueprint.steps[0].value"],
  ["a step's own output", value("{% $steps.a %}"), "blueprint.steps[0].value"],
  ["a later step", aBlueprint([aTransform("a", "{% $steps.b %}"), aTransform("b")]), "blueprint.steps[0].value"],
  [
    "a later step in when",
    aBlueprint([{ ...aTransform("a"), when: "{% $steps.b %}" }, aTransform("b")]),
    "blueprint.steps[0].when",
  ],
  [
    "an inner step from outside",
    aBlueprint([map([aTransform("a")]), aTransform("b", "{% $steps.a %}")]),
    "blueprint.steps[1].value",
  ],
  [
    "a map's own output inside it",
    aBlueprint([map([aTransform("a", "{% $steps.each %}")])]),
    "blueprint.steps[0].steps[0].value",
  ],
  ["an unknown step in output", aBlueprint([aTransform("a")], { output: ["{% $steps.b %}"] }), "blueprint.output[0]"],
  ["$item outside a map", value("{% $item %}"), "blueprint.steps[0].value"],
  ["$item in over", aBlueprint([map([aTransform("a")], { over: "{% $item %}" })]), "blueprint.steps[0].over"],
  ["$index in output", aBlueprint([aTransform("a")], { output: "{% $index %}" }), "blueprint.output"],
  ["$response in a body", http({ method: "POST", body: "{% $response %}" }), "blueprint.steps[0].body"],
  // The schema of the input.
  ["a schema that is text", input("object"), "blueprint.input"],
  ["a schema of an unknown type", input({ type: "map" }), "blueprint.input.type"],
  ["a schema with a misspelt keyword", input({ requird: ["a"] }), "blueprint.input.requird"],
  ["required as a flag", input({ properties: { a: { required: true } } }), "blueprint.input.properties.a.required"],
  ["properties as a list", input({ properties: ["a"] }), "blueprint.input.properties"],
  ["a pattern", input({ properties: { a: { pattern: "(a+)+" } } }), "blueprint.input.properties.a.pattern"],
  ["patternProperties", input({ patternProperties: { a: {} } }), "blueprint.input.patternProperties"],
  ["an unknown format", input({ properties: { a: { format: "url" } } }), "blueprint.input.properties.a.format"],
  ["a $ref out of the document", input({ $ref: "https://example.com/s.json" }), "blueprint.input.$ref"],
  ["a $ref to nothing", input({ items: { $ref: "#/$defs/x" } }), "blueprint.input.items.$ref"],
  ["an $id", input({ $id: "https://example.com/" }), "blueprint.input.$id"],
  ["an empty enum", input({ enum: [] }), "blueprint.input.enum"],
  ["a negative length", input({ minLength: -1 }), "blueprint.input.minLength"],
  ["a multiple of nothing", input({ multipleOf: 0 }), "blueprint.input.multipleOf"],
  ["a fault in an alternative", input({ anyOf: [{}, { items: 5 }] }), "blueprint.input.anyOf[1].items"],
  ["too deep a schema", input(nested(16)), `blueprint.input${".items".repeat(16)}`],
];

describe("a blueprint is refused, with one fault at its place, for", () => {
  it.each(CASES)("%s", (_title, document, path) => {
    const faults = faultsOf(document);
    expect(faults.map((fault) => fault.path)).toEqual([path]);
    const [fault] = faults;
    expect(fault?.message.trim()).not.toBe("");
    expect(fault?.fix).toMatch(/^[A-Z].+\.$/);
    expect(`${fault?.message}${fault?.fix}`).not.toMatch(/undefined|\[object|\n|Invalid input/);
  });
});

describe("all faults at once", () => {
  it("are reported, also across steps whose shape is wrong", () => {
    const document = aBlueprint([
      { id: "a", type: "http", uri: "https://example.com/", timeout: "1 week" },
      aTransform("b", ["{% $steps.a.body %}", "{% $steps.c %}"]),
      { id: "c", type: "nothing" },
      aTransform("b"),
    ]);
    expect(faultsOf(document).map(({ path }) => path)).toEqual([
      "blueprint.steps[0].timeout",
      "blueprint.steps[0].url",
      "blueprint.steps[0].uri",
      "blueprint.steps[2].type",
      "blueprint.steps[3].id",
      "blueprint.steps[1].value[1]",
    ]);
  });

  it(`are at most ${MAX_FAULTS}`, () => {
    const steps = Array.from({ length: MAX_STEPS }, () => aTransform("same", "{% $nothing %}"));
    expect(faultsOf(aBlueprint(steps))).toHaveLength(MAX_FAULTS);
  });

  it("of a document that is too large are its size alone", () => {
    const steps = Array.from({ length: 10 }, () => aTransform("same", "x".repeat(MAX_BLUEPRINT_BYTES / 8)));
    expect(faultsOf(aBlueprint(steps)).map(({ path }) => path)).toEqual(["blueprint"]);
  });

  it("say which fields, types and steps there are", () => {
    const fixes = faultsOf(
      aBlueprint([
        aTransform("a"),
        { id: "b", type: "shell" },
        aTransform("c", "{% $steps.x %}"),
        { ...aTransform("d"), vaule: 1 },
      ]),
    );
    const text = JSON.stringify(fixes);
    expect(text).toContain("transform");
    expect(text).toContain("Outputs to use here: a, b.");
    expect(text).toContain("value");
  });
});
