import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { MAX_BRANCHES, MAX_STEPS } from "../../../src/limits.ts";
import { aBlueprint, aTransform } from "../support.ts";

const faultsOf = (document: Json) => {
  const checked = checkBlueprint(document, { handlers: [] });
  return checked.ok ? [] : checked.error;
};

const steps = (...list: Json[]): JsonObject => aBlueprint(list);
const parallel = (branches: Json, more: JsonObject = {}): JsonObject => ({
  id: "both",
  type: "parallel",
  branches,
  ...more,
});
const map = (inner: Json[], more: JsonObject = {}): JsonObject => ({
  id: "each",
  type: "map",
  over: [1],
  steps: inner,
  ...more,
});
const job = (blueprint: Json, more: JsonObject = {}): JsonObject => ({ id: "child", type: "job", blueprint, ...more });
const ask = (more: JsonObject = {}): JsonObject => ({
  id: "ask",
  type: "input",
  message: "Go on?",
  schema: { type: "object", properties: { note: { type: "string", maxLength: 3 } } },
  ...more,
});
const asked = (properties: Json, more: JsonObject = {}): Json =>
  steps(ask({ schema: { type: "object", properties, ...more } }));
const poll = (more: JsonObject): Json => steps({ id: "a", type: "http", url: "https://example.com/", ...more });
/** Inline children inside each other; the innermost step of all is `inner`. */
const nested = (depth: number, inner: Json): JsonObject =>
  depth === 0 ? steps(inner) : steps(job(nested(depth - 1, inner)));
const long = (letter: string): string => letter.repeat(64);

const STEP = "blueprint.steps[0]";
const SCHEMA = `${STEP}.schema`;
const DEEP = `blueprint${".steps[0].blueprint".repeat(4)}.steps[0]`;

/** What is sent, the path of its only fault, and a part of what to do. */
const CASES: readonly (readonly [title: string, document: Json, path: string, fix: string])[] = [
  // parallel.
  ["a parallel without branches", steps({ id: "a", type: "parallel" }), `${STEP}.branches`, "Add it"],
  ["a parallel of no branch", steps(parallel({})), `${STEP}.branches`, "Send steps by name"],
  ["branches as a list", steps(parallel([[aTransform("a")]])), `${STEP}.branches`, "Send an object."],
  ["branches that are text", steps(parallel("left")), `${STEP}.branches`, "Send an object."],
  [
    "too many branches",
    steps(
      parallel(
        Object.fromEntries(Array.from({ length: MAX_BRANCHES + 1 }, (_, i) => [`b${i}`, [aTransform(`s${i}`)]])),
      ),
    ),
    `${STEP}.branches`,
    "for many alike use a map",
  ],
  ["a branch that is one step", steps(parallel({ left: aTransform("a") })), `${STEP}.branches.left`, "Send an array."],
  ["an empty branch", steps(parallel({ left: [] })), `${STEP}.branches.left`, "at least 1"],
  [
    "a branch name with a dash",
    steps(parallel({ "l-r": [aTransform("a")] })),
    `${STEP}.branches["l-r"]`,
    "Correct it.",
  ],
  ["an upper-case branch name", steps(parallel({ Left: [aTransform("a")] })), `${STEP}.branches.Left`, "Correct it."],
  [
    "a fault in the shape of a branch's step",
    steps(parallel({ left: [{ id: "a", type: "sleep", for: "long" }] })),
    `${STEP}.branches.left[0].for`,
    "Write a number and a unit",
  ],
  ["an unknown field of parallel", steps(parallel({ l: [aTransform("a")] }, { over: [] })), `${STEP}.over`, "branches"],
  [
    "the output of another branch",
    steps(parallel({ left: [aTransform("a")], right: [aTransform("b", "{% $steps.a %}")] })),
    `${STEP}.branches.right[0].value`,
    "No step comes before",
  ],
  [
    "a branch's step after the parallel",
    steps(parallel({ left: [aTransform("a")] }), aTransform("b", "{% $steps.a %}")),
    "blueprint.steps[1].value",
    "Outputs to use here: both.",
  ],
  [
    "the parallel's own output inside it",
    steps(parallel({ left: [aTransform("a", "{% $steps.both %}")] })),
    `${STEP}.branches.left[0].value`,
    "No step comes before",
  ],
  [
    "a later step of the same branch",
    steps(parallel({ left: [aTransform("a", "{% $steps.b %}"), aTransform("b")] })),
    `${STEP}.branches.left[0].value`,
    "No step comes before",
  ],
  [
    "$item in a branch outside maps",
    steps(parallel({ left: [aTransform("a", "{% $item %}")] })),
    `${STEP}.branches.left[0].value`,
    "$input, $steps, $job",
  ],
  [
    "one id in two branches",
    steps(parallel({ left: [aTransform("a")], right: [aTransform("a")] })),
    `${STEP}.branches.right[0].id`,
    "an id of its own",
  ],
  [
    "an inner step of a branch in output",
    aBlueprint([parallel({ left: [aTransform("a")] })], { output: "{% $steps.a %}" }),
    "blueprint.output",
    "both",
  ],
  [
    "too many steps in branches",
    steps(
      ...[0, 1].map((p) =>
        parallel({ left: Array.from({ length: MAX_STEPS / 2 }, (_, i) => aTransform(`s${p}_${i}`)) }, { id: `p${p}` }),
      ),
    ),
    "blueprint.steps",
    "Use a map",
  ],
  // job.
  ["a job without a blueprint", steps({ id: "a", type: "job" }), `${STEP}.blueprint`, "Add it"],
  ["a blueprint that is a number", steps(job(5)), `${STEP}.blueprint`, "Send string or object."],
  ["a blueprint's name that is an expression", steps(job("{% $input.name %}")), `${STEP}.one_of`, "with all that"],
  ["a choice of a name that is written out", steps(job("a", { one_of: ["a"] })), `${STEP}.one_of`, "Remove it"],
  ["a choice of nothing", steps(job("{% $input.x %}", { one_of: [] })), `${STEP}.one_of`, "at least 1"],
  [
    "a choice of what is no name",
    steps(job("{% $input.x %}", { one_of: ["A b"] })),
    `${STEP}.one_of[0]`,
    "Write the name",
  ],
  [
    "a choice by a step that is not there",
    steps(job("{% $steps.z %}", { one_of: ["a"] })),
    `${STEP}.blueprint`,
    "No step",
  ],
  [
    "a field of a detached child that is no output",
    steps(job("a", { detached: true }), { ...aTransform("t"), value: "{% $steps.child.result %}" }),
    "blueprint.steps[1].value",
    "job_id",
  ],
  [
    "a blueprint's name with an expression in it",
    steps(job("a-{% $input.x %}")),
    `${STEP}.blueprint`,
    "Write the name",
  ],
  ["a blueprint's version 0", steps(job("link-check@0")), `${STEP}.blueprint`, "Write the name"],
  ["a blueprint's name that is a URL", steps(job("https://example.com/")), `${STEP}.blueprint`, "blueprints_list"],
  ["an inline blueprint without a name", steps(job({ steps: [aTransform("a")] })), `${STEP}.blueprint.name`, "Add it"],
  ["an inline blueprint without steps", steps(job({ name: "in" })), `${STEP}.blueprint.steps`, "Add it"],
  [
    "a fault deep in an inline blueprint",
    steps(aTransform("a"), aTransform("b"), job(steps({ id: "a", type: "http", url: "/x" }))),
    "blueprint.steps[2].blueprint.steps[0].url",
    "Send a URL",
  ],
  [
    "an outer step in an inline blueprint",
    steps(aTransform("a"), job(steps(aTransform("b", "{% $steps.a %}")))),
    "blueprint.steps[1].blueprint.steps[0].value",
    "No step comes before",
  ],
  [
    "an inner step of an inline blueprint outside it",
    steps(job(steps(aTransform("b"))), aTransform("c", "{% $steps.b %}")),
    "blueprint.steps[1].value",
    "Outputs to use here: child.",
  ],
  [
    "an unknown step in the output of an inline blueprint",
    steps(job(aBlueprint([aTransform("b")], { output: ["{% $steps.x %}"] }))),
    `${STEP}.blueprint.output[0]`,
    "Outputs to use here: b.",
  ],
  [
    "the item of a map in an inline blueprint",
    steps(map([job(steps(aTransform("b", "{% $item %}")))])),
    `${STEP}.steps[0].blueprint.steps[0].value`,
    "$input, $steps, $job",
  ],
  [
    "one id twice in an inline blueprint",
    steps(job(steps(aTransform("b"), aTransform("b")))),
    `${STEP}.blueprint.steps[1].id`,
    "an id of its own",
  ],
  [
    "a bad schema of an inline blueprint",
    steps(job(aBlueprint([aTransform("b")], { input: { properties: { a: { pattern: "a+" } } } }))),
    `${STEP}.blueprint.input.properties.a.pattern`,
    "use enum",
  ],
  [
    "an unknown handler in an inline blueprint",
    steps(job(steps({ id: "h", type: "handler", handler: "none" }))),
    `${STEP}.blueprint.steps[0].handler`,
    "This server has none.",
  ],
  ["an input that is a list", steps(job("link-check", { input: [1] })), `${STEP}.input`, "Send an object"],
  ["an input that is text", steps(job("link-check", { input: "{% 1 %}!" })), `${STEP}.input`, "Send an object"],
  [
    "an unknown step in the child's input",
    steps(job("link-check", { input: { urls: "{% $steps.find %}" } })),
    `${STEP}.input.urls`,
    "No step comes before",
  ],
  ["a named child of the innermost job", nested(4, job("link-check")), `${DEEP}.type`, "in place of this one"],
  ["an inline child of the innermost job", nested(5, aTransform("a")), `${DEEP}.type`, "in place of this one"],
  [
    "too many steps in children",
    steps(
      ...[0, 1].map((j) => job(steps(...Array.from({ length: 50 }, (_, i) => aTransform(`s${i}`))), { id: `j${j}` })),
    ),
    "blueprint.steps",
    "several blueprints",
  ],
  // input.
  ["a question without a message", steps(ask({ message: "" })), `${STEP}.message`, "at least 1 character"],
  ["a question without a schema", steps({ id: "a", type: "input", message: "Go on?" }), SCHEMA, "Add it"],
  ["a schema that is no object's", steps(ask({ schema: { type: "string" } })), `${SCHEMA}.type`, '"object"'],
  ["a schema without a type", steps(ask({ schema: { properties: {} } })), `${SCHEMA}.type`, '"object"'],
  ["a field of an unknown type", asked({ a: { type: "text" } }), `${SCHEMA}.properties.a.type`, '"string"'],
  ["a field that is an object", asked({ a: { type: "object" } }), `${SCHEMA}.properties.a.type`, '"boolean"'],
  [
    "a field with a pattern",
    asked({ a: { type: "string", pattern: "a" } }),
    `${SCHEMA}.properties.a.pattern`,
    "format",
  ],
  [
    "a format that MCP lacks",
    asked({ a: { type: "string", format: "uuid" } }),
    `${SCHEMA}.properties.a.format`,
    '"uri"',
  ],
  ["a field name with a space", asked({ "a b": { type: "string" } }), `${SCHEMA}.properties["a b"]`, "Correct it."],
  [
    "a number with a length",
    asked({ a: { type: "number", maxLength: 3 } }),
    `${SCHEMA}.properties.a.maxLength`,
    "maximum",
  ],
  [
    "a text of no length",
    asked({ a: { type: "string", minLength: 3, maxLength: 2 } }),
    `${SCHEMA}.properties.a`,
    "room",
  ],
  [
    "a number between nothing",
    asked({ a: { type: "integer", minimum: 3, maximum: -3 } }),
    `${SCHEMA}.properties.a`,
    "room",
  ],
  ["no choices", asked({ a: { type: "string", enum: [] } }), `${SCHEMA}.properties.a.enum`, "at least 1 item"],
  [
    "choices that are numbers",
    asked({ a: { type: "string", enum: [1] } }),
    `${SCHEMA}.properties.a.enum[0]`,
    "a string",
  ],
  [
    "choices given twice",
    asked({ a: { type: "string", enum: ["x"], oneOf: [{ const: "x", title: "X" }] } }),
    `${SCHEMA}.properties.a`,
    "Use oneOf",
  ],
  [
    "fewer titles than choices",
    asked({ a: { type: "string", enum: ["x", "y"], enumNames: ["X"] } }),
    `${SCHEMA}.properties.a`,
    "Use oneOf",
  ],
  ["titles without choices", asked({ a: { type: "string", enumNames: ["X"] } }), `${SCHEMA}.properties.a`, "Use oneOf"],
  [
    "a choice without a title",
    asked({ a: { type: "string", oneOf: [{ const: "x" }] } }),
    `${SCHEMA}.properties.a.oneOf[0].title`,
    "Add it",
  ],
  ["a list of anything", asked({ a: { type: "array", items: {} } }), `${SCHEMA}.properties.a.items`, '"enum"'],
  ["a required field that is none", asked({}, { required: ["note"] }), `${SCHEMA}.required[0]`, "in properties"],
  [
    "another keyword of JSON Schema",
    asked({}, { additionalProperties: false }),
    `${SCHEMA}.additionalProperties`,
    "Remove it",
  ],
  [
    "a field's default that does not fit",
    asked({ a: { type: "integer", maximum: 3, default: 4 } }),
    `${SCHEMA}.properties.a.default`,
    "Send at most 3.",
  ],
  [
    "a default that is none of the choices",
    asked({ a: { type: "string", oneOf: [{ const: "x", title: "X" }], default: "X" } }),
    `${SCHEMA}.properties.a.default`,
    'Send one of "x".',
  ],
  [
    "an expression in the schema",
    asked({ a: { type: "string", title: "{% 1 %}" } }),
    `${SCHEMA}.properties.a.title`,
    "message",
  ],
  ["a default that is no object", steps(ask({ default: "no" })), `${STEP}.default`, "Send an object."],
  [
    "a default that does not fit",
    steps(ask({ default: { note: "none" } })),
    `${STEP}.default.note`,
    "at most 3 characters",
  ],
  ["a default with another field", steps(ask({ default: { nota: "x" } })), `${STEP}.default.nota`, "Remove it"],
  ["an expression in a default", steps(ask({ default: { note: "{%" } })), `${STEP}.default.note`, "Put what depends"],
  ["a question open for too long", steps(ask({ timeout: "31 days" })), `${STEP}.timeout`, "Write a number and a unit"],
  ["a question open for no time", steps(ask({ timeout: "0 days" })), `${STEP}.timeout`, "Write a number and a unit"],
  [
    "an unknown step in a message",
    steps(ask({ message: "{% $steps.x %}?" })),
    `${STEP}.message`,
    "No step comes before",
  ],
  // http that polls.
  ["every without until", poll({ every: "1 minute" }), `${STEP}.every`, 'Add "until"'],
  ["limit without until", poll({ limit: 5 }), `${STEP}.limit`, 'Add "until"'],
  ["until that is text", poll({ until: "done" }), `${STEP}.until`, "Write one expression"],
  ["until that is a time", poll({ until: "2027-01-01T00:00:00Z" }), `${STEP}.until`, "Write one expression"],
  ["until that does not parse", poll({ until: "{% $response. %}" }), `${STEP}.until`, "Correct the JSONata"],
  ["polls without a pause", poll({ until: "{% true %}", every: "0 seconds" }), `${STEP}.every`, "Write a number"],
  ["polls every 500 ms", poll({ until: "{% true %}", every: "0.5 seconds" }), `${STEP}.every`, "Write a number"],
  ["a pause of days", poll({ until: "{% true %}", every: "2 days" }), `${STEP}.every`, "Write a number"],
  ["no polls", poll({ until: "{% true %}", limit: 0 }), `${STEP}.limit`, "at least 1"],
  ["too many polls", poll({ until: "{% true %}", limit: 1_001 }), `${STEP}.limit`, "at most 1000"],
  ["$response in every", poll({ until: "{% true %}", every: "{% $response.body %}" }), `${STEP}.every`, "$input"],
  ["$response in a url", poll({ until: "{% true %}", url: "{% $response.body.next %}" }), `${STEP}.url`, "$input"],
  ["$response in when", poll({ until: "{% true %}", when: "{% $response.ok %}" }), `${STEP}.when`, "$input"],
  [
    "$response in the time a sleep lasts to",
    steps({ id: "a", type: "sleep", until: "{% $response.body.at %}" }),
    `${STEP}.until`,
    "$input",
  ],
  // Paths.
  [
    "a path that the engine would not take",
    steps(parallel({ [long("b")]: [map([aTransform("x")], { id: long("c") })] }, { id: long("a") })),
    `${STEP}.branches.${long("b")}[0].steps[0].id`,
    "Shorten its id",
  ],
];

describe("a composed blueprint is refused, with one fault at its place, for", () => {
  it.each(CASES)("%s", (_title, document, path, fix) => {
    const faults = faultsOf(document);
    expect(faults.map((fault) => fault.path)).toEqual([path]);
    const [fault] = faults;
    expect(fault?.fix).toContain(fix);
    expect(fault?.fix).toMatch(/^[A-Z].+\.$/);
    expect(`${fault?.message}${fault?.fix}`).not.toMatch(/undefined|\[object|\n|Invalid input/);
  });
});

describe("faults of composed blueprints", () => {
  it("say how long a path can become, and how long it may be", () => {
    const document = steps(parallel({ [long("b")]: [map([aTransform("x")], { id: long("c") })] }, { id: long("a") }));
    const [fault] = faultsOf(document);
    // Three names, two dots, `[1000]`, a dot and the id.
    expect(fault?.message).toContain(`${3 * 64 + 2 + 6 + 2} characters, more than 200`);
  });

  it("are found in all branches and children at once", () => {
    const bad = (id: string) => aTransform(id, "{% $nothing %}");
    const document = steps(
      parallel({ left: [bad("a")], right: [map([bad("b")])] }),
      job(steps(bad("a"))),
      ask({ schema: 5 }),
    );
    expect(faultsOf(document).map(({ path }) => path)).toEqual([
      "blueprint.steps[2].schema",
      "blueprint.steps[0].branches.left[0].value",
      "blueprint.steps[0].branches.right[0].steps[0].value",
      "blueprint.steps[1].blueprint.steps[0].value",
    ]);
  });
});
