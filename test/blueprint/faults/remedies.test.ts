// biome-ignore-all lint/suspicious/noTemplateCurlyInString: other template languages are what this is about
import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import { foreignProblems } from "../../../src/blueprint/faults/foreign-templates.ts";
import { javascriptProblems } from "../../../src/blueprint/faults/javascript.ts";
import { numberProblems } from "../../../src/blueprint/faults/lossy-numbers.ts";
import { regexProblems } from "../../../src/blueprint/faults/regex-brackets.ts";
import { readSource, sourcesIn } from "../../../src/blueprint/faults/source.ts";
import { FUNCTION_NAMES } from "../../../src/expression/functions/functions.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { aBlueprint, aTransform } from "../support.ts";

/**
 * What callers write when they know other systems, and the same mended as the fault says: the remedy must stand in the
 * fault, and what it leads to must be accepted.
 */

const faultsOf = (document: Json) => {
  const checked = checkBlueprint(document, { handlers: [] });
  return checked.ok ? [] : checked.error;
};

const STEP = "blueprint.steps[1]";
const page: JsonObject = { id: "page", type: "http", url: "https://example.com/", on_error: "continue" };
const rows: JsonObject = { id: "rows", type: "map", over: [1], steps: [{ ...page, id: "row", on_error: "fail" }] };
const both: JsonObject = {
  id: "both",
  type: "parallel",
  branches: { left: [{ ...page, id: "l" }], right: [aTransform("r", { a: {} })] },
};
const nap: JsonObject = { id: "nap", type: "sleep", for: "1 second" };
const ask: JsonObject = { id: "ask", type: "input", message: "?", schema: { type: "object" } };
const made = aTransform("made", { tag: "x", deep: { er: 1 } });

const afterStep = (before: JsonObject, value: Json): JsonObject => aBlueprint([before, aTransform("a", value)]);
const VALUE = `${STEP}.value`;
const http = (more: JsonObject): JsonObject => aBlueprint([aTransform("p", "/x"), { ...page, ...more }]);

type Case = readonly [title: string, wrong: JsonObject, path: string, remedy: string, right: JsonObject];

/** An expression that is wrong, the remedy, and the expression that follows it, all after the step `before`. */
const expressions = (before: JsonObject, list: readonly (readonly [string, string, string])[]): Case[] =>
  list.map(([wrong, remedy, right]) => [
    wrong,
    afterStep(before, `{% ${wrong} %}`),
    VALUE,
    remedy,
    afterStep(before, `{% ${right} %}`),
  ]);

const FIELDS: Case[] = [
  ...expressions(page, [
    ["$steps.page.output", "The output is $steps.page itself", "$steps.page"],
    ["$steps.page.temp", "$steps.page.body.temp", "$steps.page.body.temp"],
    ["$steps.page.statusCode", "$steps.page.status", "$steps.page.status"],
    ["$steps.page.json.items[0].name", "$steps.page.body.json", "$steps.page.body.items[0].name"],
    ["$exists($steps.page.err)", "$steps.page.error", "$exists($steps.page.error)"],
    [
      "$map([1], function($x) { $steps.page.data })",
      "$steps.page.body",
      "$map([1], function($x) { $steps.page.body })",
    ],
    ["$job.name", "$job.id", "$job.id"],
  ]),
  ...expressions(rows, [["$steps.rows.temp", "$steps.rows.body.temp", "$steps.rows.body.temp"]]),
  ...expressions(rows, [["$steps.rows[0].result", "$steps.rows.body", "$steps.rows[0].body"]]),
  ...expressions(both, [
    ["$steps.both.middle", "$steps.both.left, $steps.both.right", "$steps.both.left"],
    ["$steps.both.left.text", "$steps.both.left.body.text", "$steps.both.left.body.text"],
    ["$steps.both.right.b", "$steps.both.right.a", "$steps.both.right.a"],
  ]),
  ...expressions(nap, [["$steps.nap.output", "leave $steps.nap out", "$steps.nap"]]),
  ...expressions(ask, [["$steps.ask.note", "$steps.ask.content.note", "$steps.ask.content.note"]]),
  ...expressions(made, [
    ["$steps.made.output", "$steps.made itself", "$steps.made"],
    ["$steps.made.value", "$steps.made.tag, $steps.made.deep", "$steps.made.tag"],
    ["$steps.made.deep.est", "$steps.made.deep.er", "$steps.made.deep.er"],
  ]),
  [
    "$steps.nap.error of a step that fails the job",
    afterStep(nap, "{% $exists($steps.nap.error) %}"),
    VALUE,
    '"on_error": "continue"',
    afterStep({ ...nap, on_error: "continue" }, "{% $exists($steps.nap.error) %}"),
  ],
  [
    "$response.data in expect",
    http({ expect: "{% $response.data.ok %}" }),
    `${STEP}.expect`,
    "$response.body.data",
    http({ expect: "{% $response.body.ok %}" }),
  ],
];

const HYPHENS: Case[] = expressions(page, [
  ["$steps.page.headers.content-type", "$steps.page.headers.`content-type`", "$steps.page.headers.`content-type`"],
  [
    "$steps.page.headers.X-Rate-Limit > 1",
    "$steps.page.headers.`x-rate-limit`",
    "$steps.page.headers.`x-rate-limit` > 1",
  ],
  ["$steps.page.body.first-name", "$steps.page.body.`first-name`", "$steps.page.body.`first-name`"],
  ["$uppercase($input.user.last-name)", "$input.user.`last-name`", "$uppercase($input.user.`last-name`)"],
  ["$input.a-b-c", "$input.`a-b-c`", "$input.`a-b-c`"],
]);

const JAVASCRIPT: Case[] = expressions(page, [
  ["$steps.page.status == 200", "a = b", "$steps.page.status = 200"],
  ["$steps.page.status === 200", "a = b", "$steps.page.status = 200"],
  ["$steps.page.status !== 200", "a != b", "$steps.page.status != 200"],
  ["$input.a && $input.b", "a and b", "$input.a and $input.b"],
  ["$input.a || $input.b", "a or b", "$input.a or $input.b"],
  ["!$input.a", "$not(x)", "$not($input.a)"],
  ["$map($input.a, x => 1)", "function($x) { ... }", "$map($input.a, function($x) { 1 })"],
  ["$map($input.a, ($x) => $x + 1)", "function($x) { ... }", "$map($input.a, function($x) { $x + 1 })"],
  ["$steps.page.body.length > 0", "$count(list)", "$count($steps.page.body) > 0"],
  ["$input.text.length", ".`length`", "$input.text.`length`"],
  ["'Hello ' + $input.name", "a & b", "'Hello ' & $input.name"],
  ['$input.name + "!"', "a & b", '$input.name & "!"'],
  ["JSON.stringify($input)", "$string(value)", "$string($input)"],
  ["new Date()", "$now()", "$now()"],
  ["Date.now()", "$millis()", "$millis()"],
  ["Math.round($input.n)", "$round(...)", "$round($input.n)"],
  ["Object.keys($input)", "$keys(object)", "$keys($input)"],
  ["$input.list.map($string)", "$map(list", "$map($input.list, $string)"],
  ["$input.name.toUpperCase()", "$uppercase(text)", "$uppercase($input.name)"],
  ["$input.tags.includes('a')", "value in list", "'a' in $input.tags"],
  ["$input.a?.b", "a.b", "$input.a.b"],
  ["$input.a.constructor('b')", "a function that starts with $", "$string($input.a)"],
  ["$input.a.hasOwnProperty('b')", "a function that starts with $", "$exists($input.a.b)"],
  ["typeof $input.a", "$type(value)", "$type($input.a)"],
  ["$input.a = undefined", "$exists(value)", "$exists($input.a)"],
]);

const REGEXES: Case[] = expressions(page, [
  ["$contains($input.a, /[(]/)", "Put a backslash before brackets", String.raw`$contains($input.a, /[\(]/)`],
  [
    "$match($input.a, /[(]/) & $match($input.a, /[)]/)",
    "Put a backslash before brackets",
    String.raw`$match($input.a, /[\(]/) & $match($input.a, /[\)]/)`,
  ],
  ["$split($input.a, /[[]/)", "Put a backslash before brackets", String.raw`$split($input.a, /[\[]/)`],
  ["$replace($input.a, /[^}]+/, '')", "Put a backslash before brackets", String.raw`$replace($input.a, /[^\}]+/, '')`],
  [
    String.raw`$contains($input.a, /\\(a)/)`,
    "Put a backslash before brackets",
    String.raw`$contains($input.a, /\x5c(a)/)`,
  ],
]);

const FOREIGN: Case[] = [
  ["Hello ${input.name}", "{% $input.name %}", "Hello {% $input.name %}"],
  ["Hello ${$steps.page.status}", "{% $steps.page.status %}", "Hello {% $steps.page.status %}"],
  ["Hello {{input.name}}", "{% $input.name %}", "Hello {% $input.name %}"],
  ["${{ steps.page.status }}", "{% $steps.page.status %}", "{% $steps.page.status %}"],
  ["Hello $input.name", "{% $input.name %}", "Hello {% $input.name %}"],
  ["$steps.page.body", "{% $steps.page.body %}", "{% $steps.page.body %}"],
  ["$item", "{% '$item' %}", "{% '$item' %}"],
  ["{{mustache}}", "{% '{{mustache}}' %}", "{% '{{mustache}}' %}"],
  ["{{ t 'a' }}", `{% "{{ t 'a' }}" %}`, `{% "{{ t 'a' }}" %}`],
  ['{{ t "a" }}', `{% '{{ t "a" }}' %}`, `{% '{{ t "a" }}' %}`],
  [`{{ t "a" 'b' }}`, "send it in input", "{% $input.text %}"],
  [String.raw`{{ t "\n" }}`, "send it in input", "{% $input.text %}"],
  [`{{ ${"x".repeat(70)} }}`, "{% '...' %}", `{% '{{ ${"x".repeat(70)} }}' %}`],
  ["{% $input.a %} of ${b}", "{% '${b}' %}", "{% $input.a %} of {% '${b}' %}"],
].map(
  ([wrong = "", remedy = "", right = ""]): Case => [
    wrong,
    afterStep(page, [wrong]),
    `${VALUE}[0]`,
    remedy,
    afterStep(page, [right]),
  ],
);

const REQUESTS: Case[] = [
  [
    "a body on GET",
    http({ body: { q: 1 } }),
    `${STEP}.body`,
    '"method": "POST"',
    http({ body: { q: 1 }, method: "POST" }),
  ],
  [
    "a body on HEAD",
    http({ body: "q", method: "HEAD" }),
    `${STEP}.body`,
    "send it as query",
    http({ query: { q: "1" }, method: "HEAD" }),
  ],
  [
    "a null body on GET",
    http({ body: null, method: "GET" }),
    `${STEP}.body`,
    "PATCH",
    http({ body: null, method: "PATCH" }),
  ],
  [
    "one header twice",
    http({ headers: { Accept: "a", accept: "b" } }),
    `${STEP}.headers.accept`,
    "Keep one of them",
    http({ headers: { Accept: "a, b" } }),
  ],
  ...(
    [
      [{ auth: { bearer: "t" }, headers: { authorization: "Bearer t" } }, "authorization"],
      [{ auth: { bearer: "t" }, headers: { Authorization: "{% $input.t %}", accept: "a" } }, "Authorization"],
      [{ auth: { basic: { user: "u", password: "p" } }, headers: { AUTHORIZATION: "Basic x" } }, "AUTHORIZATION"],
      [{ auth: { bearer: "t" }, headers: { authorization: null } }, "authorization"],
      [{ auth: { hmac: { secret: "k", header: "X-Sig" } }, headers: { "x-sig": "1" } }, '["x-sig"]'],
      [{ auth: { standard_webhook: "k" }, headers: { "Webhook-Id": "1" } }, '["Webhook-Id"]'],
      [{ auth: { basic: { user: "u", password: "p" } }, headers: { "x-a": "1", aUTHORIZATION: "" } }, "aUTHORIZATION"],
    ] as const
  ).map(
    ([{ auth, headers }, name]): Case => [
      `auth beside headers ${JSON.stringify(headers)}`,
      http({ auth, headers }),
      `${STEP}.headers${name.startsWith("[") ? name : `.${name}`}`,
      "Keep one of them",
      http({ auth }),
    ],
  ),
  [
    "pages of a step that polls",
    http({ pages: { items: "{% $response.body %}", next: "link" }, until: "{% true %}" }),
    `${STEP}.until`,
    "Move until into pages",
    http({ pages: { items: "{% $response.body %}", next: "link", until: "{% true %}" } }),
  ],
  [
    "a field that a step with pages never has",
    afterStep({ ...page, pages: { items: "{% $response.body %}", next: "link" } }, "{% $steps.page.body %}"),
    "blueprint.steps[1].value",
    "$steps.page.items",
    afterStep({ ...page, pages: { items: "{% $response.body %}", next: "link" } }, "{% $steps.page.items %}"),
  ],
  [
    "one header three times",
    http({ headers: { "X-A": "a", "x-B": "b", "x-a": "c" } }),
    `${STEP}.headers["x-a"]`,
    "Keep one of them",
    http({ headers: { "X-A": "a, c", "x-B": "b" } }),
  ],
  ...["http://127.0.0.1:9411", "https://example.com", "https://[::1]:80", "https://a.b.example:8443"].map(
    (base): Case => [
      `an expression right behind ${base}`,
      http({ url: `${base}{% $steps.p %}` }),
      `${STEP}.url`,
      `${base}/{% ... %}`,
      http({ url: `${base}/{% $steps.p %}` }),
    ],
  ),
  ...["http://127.0.0.1:9411", "https://example.com", "https://[::1]:80"].map(
    (base): Case => [
      `a path right behind ${base}`,
      http({ url: `${base}{% $steps.p.next %}` }),
      `${STEP}.url`,
      `{% $url('${base}', $steps.p.next) %}`,
      http({ url: `{% $url('${base}', $steps.p.next) %}` }),
    ],
  ),
  [
    "an expression between host and path",
    http({ url: "https://example.com{% $steps.p %}/items" }),
    `${STEP}.url`,
    "https://example.com/{%",
    http({ url: "https://example.com/{% $steps.p %}/items" }),
  ],
  ["a status", http({ expect: 404 }), `${STEP}.expect`, "[404]", http({ expect: [404] })],
  ["another status", http({ expect: 204 }), `${STEP}.expect`, "[204]", http({ expect: [204] })],
];

const sleep = (more: JsonObject): JsonObject => aBlueprint([aTransform("p"), { id: "nap", type: "sleep", ...more }]);

const TIMES: Case[] = [
  ["a timeout in numbers", http({ timeout: 30 }), `${STEP}.timeout`, '"30 seconds"', http({ timeout: "30 seconds" })],
  [
    "a delay in numbers",
    http({ retry: { delay: 2 } }),
    `${STEP}.retry.delay`,
    '"2 seconds"',
    http({ retry: { delay: "2 seconds" } }),
  ],
  [
    "a pause in numbers",
    http({ until: "{% true %}", every: 5 }),
    `${STEP}.every`,
    '"5 seconds"',
    http({ until: "{% true %}", every: "5 seconds" }),
  ],
  ["a sleep in numbers", sleep({ for: 60 }), `${STEP}.for`, '"60 seconds"', sleep({ for: "60 seconds" })],
  [
    "a question's time in numbers",
    aBlueprint([aTransform("p"), { ...ask, timeout: 60 }]),
    `${STEP}.timeout`,
    '"60 seconds"',
    aBlueprint([ask]),
  ],
  [
    "no such day",
    sleep({ until: "2027-02-30T10:00:00Z" }),
    `${STEP}.until`,
    "2026-12-01T09:00:00Z",
    sleep({ until: "2026-12-01T09:00:00Z" }),
  ],
  [
    "no leap year",
    sleep({ until: "2027-02-29T10:00:00Z" }),
    `${STEP}.until`,
    "2026-12-01T09:00:00Z",
    sleep({ until: "2028-02-29T10:00:00Z" }),
  ],
];

const whole = (more: JsonObject): JsonObject => aBlueprint([aTransform("a")], more);
const step = (more: JsonObject): JsonObject => aBlueprint([{ ...page, ...more }]);

const PLACES: Case[] = [
  ["wait_seconds", whole({ wait_seconds: 5 }), "blueprint.wait_seconds", "an argument beside it", whole({})],
  ["timeout_seconds", whole({ timeout_seconds: 5 }), "blueprint.timeout_seconds", "an argument beside it", whole({})],
  ["idempotency_key", whole({ idempotency_key: "k" }), "blueprint.idempotency_key", "an argument beside it", whole({})],
  ["run_at", whole({ run_at: "k" }), "blueprint.run_at", "an argument beside it", whole({})],
  ["outputs", whole({ outputs: 1 }), "blueprint.outputs", "Call it output", whole({ output: 1 })],
  [
    "timeout_seconds in a step",
    step({ timeout_seconds: 5 }),
    "blueprint.steps[0].timeout_seconds",
    '"timeout": "30 seconds"',
    step({ timeout: "30 seconds" }),
  ],
  [
    "retries",
    step({ retries: 5 }),
    "blueprint.steps[0].retries",
    '"retry": {"limit": 3, "delay": "2 seconds"}',
    step({ retry: { limit: 3, delay: "2 seconds" } }),
  ],
  ["if", step({ if: "x" }), "blueprint.steps[0].if", '"{% $input.ready %}"', step({ when: "{% $input.ready %}" })],
  ["depends_on", step({ depends_on: [] }), "blueprint.steps[0].depends_on", "steps run in order", step({})],
  ["params", step({ params: {} }), "blueprint.steps[0].params", "Call it query", step({ query: {} })],
];

const only = (made: JsonObject): JsonObject => aBlueprint([made]);
const emitted: JsonObject = { id: "e", type: "emit", event: "order.shipped" };
const looped: JsonObject = { id: "r", type: "repeat", steps: [page] };
const at = (field: string) => `blueprint.steps[0].${field}`;

/** Words that a kind of step has others for. */
const KINDS: Case[] = [
  ["body as json", step({ json: {} }), at("json"), "Call it body", step({ method: "POST", body: {} })],
  ["the items of a map", only({ ...rows, items: [1] }), at("items"), "Call it over", only({ ...rows, over: [1] })],
  ["a name for the item", only({ ...rows, as: "x" }), at("as"), "the item is $item", only(rows)],
  ["times of a repeat", only({ ...looped, times: 3 }), at("times"), "Call it limit", only({ ...looped, limit: 3 })],
  ["the name of an event", only({ ...emitted, name: "a.b" }), at("name"), "Call it event", only(emitted)],
  ["the prompt of a question", only({ ...ask, prompt: "?" }), at("prompt"), "Call it message", only(ask)],
  [
    "choices of a question",
    only({ ...ask, choices: ["a"] }),
    at("choices"),
    '"enum": ["a", "b"]',
    only({ ...ask, schema: { type: "object", properties: { choice: { type: "string", enum: ["a", "b"] } } } }),
  ],
  [
    "what a store does",
    only({ id: "s", type: "store", key: "k", action: "get" }),
    at("action"),
    "without value it reads",
    only({ id: "s", type: "store", key: "k" }),
  ],
  [
    "tries of a retry",
    step({ retry: { max_attempts: 3 } }),
    at("retry.max_attempts"),
    "Call it limit",
    step({ retry: { limit: 3 } }),
  ],
  ["a retry that is a number", step({ retry: 3 }), at("retry"), '{"limit": 3, ', step({ retry: { limit: 3 } })],
  [
    "a token as auth",
    step({ auth: "Bearer abc" }),
    at("auth"),
    '{"bearer": {"secret": "NAME"}}',
    step({ auth: { bearer: "abc" } }),
  ],
  [
    "branches in a list",
    only({ id: "p", type: "parallel", branches: [[page]] }),
    at("branches"),
    '{"left": [...], "right": [...]}',
    only({ id: "p", type: "parallel", branches: { left: [page] } }),
  ],
  ["steps by name", whole({ steps: { a: page } }), "blueprint.steps", 'It holds steps: [{"id"', only(page)],
  [
    "a concurrency that is a number",
    whole({ concurrency: 1 }),
    "blueprint.concurrency",
    '{"limit": 1, "key"',
    whole({ concurrency: { limit: 1 } }),
  ],
  [
    "fields where their schema belongs",
    whole({ input: { url: "string" } }),
    "blueprint.input.url",
    '{"type":"object","properties":{"url":{"type":"string"}},"required":["url"]}',
    whole({ input: { type: "object", properties: { url: { type: "string" } }, required: ["url"] } }),
  ],
  [
    "undo as a name",
    step({ undo: "cancel" }),
    at("undo"),
    '"method": "DELETE"',
    step({ undo: { type: "http", method: "DELETE", url: "https://example.com/" } }),
  ],
  ["if as a kind", only({ id: "a", type: "if" }), at("type"), 'a "when"', only({ ...nap, when: "{% true %}" })],
  ["delay", only({ id: "a", type: "delay" }), at("type"), 'Write "sleep". Use one of "http"', only(nap)],
  ["a kind that is no own field", only({ id: "a", type: "constructor" }), at("type"), 'Use one of "http"', only(nap)],
  ["no kind", only({ id: "a" }), at("type"), 'Add it: one of "http"', only(nap)],
  ...expressions(page, [
    ["$secrets.TOKEN", '{"secret": "NAME"}', "$input.a"],
    ["$env.TOKEN", '{"secret": "NAME"}', "$input.a"],
  ]),
  [
    "a path as in JSONPath",
    step({ method: "POST", body: "$.input.id" }),
    at("body"),
    "{% $input.id %}",
    step({ method: "POST", body: "{% $input.id %}" }),
  ],
];

/** What JSONata would read as another number. */
const NUMBERS: Case[] = expressions(page, [
  ["$steps.page.body.id = 9007199254740993", '"9007199254740993"', '$steps.page.body.id = "9007199254740993"'],
  ["{'id': -12345678901234567890}", '"12345678901234567890"', "{'id': \"-12345678901234567890\"}"],
  ["[1..9007199254740993]", '"9007199254740993"', "[1..9]"],
  ["$steps.page.status * 18446744073709551615", "1e16", "$steps.page.status * 1.8e19"],
  ["1e400", '"1e400"', '"1e400"'],
  ["$max([1, 1e-400])", '"1e-400"', "$max([1, 1e-300])"],
]);

const CASES = [
  ...FIELDS,
  ...HYPHENS,
  ...NUMBERS,
  ...JAVASCRIPT,
  ...REGEXES,
  ...FOREIGN,
  ...REQUESTS,
  ...TIMES,
  ...PLACES,
  ...KINDS,
];

describe("a remedy", () => {
  it.each(CASES)("of %s stands in its only fault, and works", (_title, wrong, path, remedy, right) => {
    expect(faultsOf(wrong)).toEqual([{ path, message: expect.any(String), fix: expect.stringContaining(remedy) }]);
    expect(faultsOf(right)).toEqual([]);
  });
});

describe("remedies", () => {
  it("name only functions that there are", () => {
    const jsonParse = afterStep(page, "{% JSON.parse($input.a) %}");
    const fixes = [jsonParse, ...CASES.map(([, wrong]) => wrong)].flatMap((wrong) =>
      faultsOf(wrong).map(({ fix }) => fix),
    );
    const named = fixes.flatMap((fix) => [...fix.matchAll(/\$(\w+)\(/g)].map(([, name = ""]) => name));
    expect(new Set(named).size).toBeGreaterThan(5);
    expect(new Set(named).difference(FUNCTION_NAMES)).toEqual(new Set());
  });
});

describe("what only looks like a fault", () => {
  it.each([
    ["a text in an expression", '{% "a == b && c || !d => ${x} {{y}} $item JSON.parse(z).length" %}'],
    ["a text with an escaped quote", '{% "\\" == " & $input.a %}'],
    ["a comment", "{% $input.a /* == && */ %}"],
    ["a name in backticks", "{% $input.`a == b`.`length` %}"],
    ["a regular expression", "{% $contains($input.a, /==|&&|=>|[\\(\\[]a/) = false %}"],
    ["a class with a slash", "{% $split($input.a, /[/]/) %}"],
    ["a group with brackets", "{% $match($input.a, /(a|b){2}[x-z]/) %}"],
    ["a division", "{% $input.a / 2 / $input.b %}"],
    ["comparisons", "{% $input.a != 1 and $input.b >= 2 and $input.c <= 3 %}"],
    ["a binding and a chain", "{% ($x := $input.a; $x ~> $string) %}"],
    ["a sum of numbers", "{% 1 + $input.a %}"],
    ["numbers that are kept", "{% [1..3].($ * 1e16 + 9007199254740991 - 0.1234567890123456789) %}"],
    ["digits in a name or a text", "{% $input.a9007199254740993 & '9007199254740993' & $input.`9007199254740993` %}"],
    ["a subtraction", "{% $input.a - $input.b - 1 %}"],
    ["a subtraction of fields in a filter", "{% $input.rows[$input.total-paid > 0] %}"],
    ["a call of a variable", "{% ($f := function($x) { $x }; $f(1)) %}"],
    ["a field called length of what is sent", "{% $input.`length` %}"],
    ["prices and brackets", "costs $5, {a}, {b: {c: 1}}, $inputs, $items"],
    ["a shell variable", "echo $HOME"],
    ["a variable of GraphQL", "query($id: ID!) { node(id: $id) { id } }"],
    ["an object in an expression", '{% {"a": {"b": 1}} %}'],
    ["a field with the name of a class", "{% $steps.page.body.Object.Key & $input.Date.year & $input.JSON.a %}"],
    ["such fields of a list", "{% $steps.page.body.rows.(Date.year & Number.value & Array.first & Math.mark) %}"],
    ["fields called as words that define", "{% $input.rows[var in ['a'] or const and let] %}"],
    ["a shadowed variable", "{% $map([1], function($job) { $job.anything }) %}"],
    ["all fields of an output", "{% $steps.page.* %}"],
    ["fields of what nobody knows", "{% $steps.page.body.output.length2 & $steps.page.headers.etag %}"],
  ])("%s", (_title, value) => {
    expect(faultsOf(afterStep(page, value))).toEqual([]);
  });

  it.each([
    ["an expression in the host", "https://{% $steps.p %}/a"],
    ["a part of the host", "https://{% $steps.p %}.example.com/a"],
    ["the rest of the host", "https://api.{% $steps.p %}/a"],
    ["a port", "https://example.com:{% $steps.p %}/a"],
    ["a path", "https://example.com/{% $steps.p %}"],
    ["a query", "https://example.com?{% $steps.p %}"],
    ["a whole URL", "{% $steps.p %}"],
  ])("%s by expression", (_title, url) => {
    expect(faultsOf(http({ url }))).toEqual([]);
  });

  it("fields of what a step may or may not give are not judged", () => {
    const handler = { id: "h", type: "job", blueprint: { name: "kid", steps: [aTransform("k")] } };
    expect(faultsOf(afterStep(handler, "{% $steps.h.anything.at.all %}"))).toEqual([]);
    const sometimes = { ...rows, steps: [{ ...page, id: "row", when: "{% $item %}" }] };
    expect(faultsOf(afterStep(sometimes, "{% $steps.rows.temp %}"))).toEqual([]);
    expect(faultsOf(afterStep(aTransform("t", "{% $input %}"), "{% $steps.t.a.b %}"))).toEqual([]);
  });
});

describe("several mistakes", () => {
  it("are all said at once", () => {
    const wrong = aBlueprint(
      [
        { ...page, url: "http://h:1{% $input.p %}", body: 1, headers: { A: "1", a: "2" }, expect: 404, timeout: 5 },
        aTransform("b", ["{{x}}", "{% $steps.page.output == 1 && !$input.a %}"]),
      ],
      { wait_seconds: 5, output: "${x}" },
    );
    expect(
      faultsOf(wrong)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([
      "blueprint.output",
      "blueprint.steps[0].body",
      "blueprint.steps[0].expect",
      "blueprint.steps[0].headers.a",
      "blueprint.steps[0].timeout",
      "blueprint.steps[0].url",
      "blueprint.steps[1].value[0]",
      ...Array(3).fill("blueprint.steps[1].value[1]"),
      "blueprint.wait_seconds",
    ]);
  });

  it("in a child are told at their place", () => {
    const kid = { name: "kid", steps: [{ ...page, body: 1 }, aTransform("b", "{{x}}")] };
    expect(faultsOf(aBlueprint([{ id: "c", type: "job", blueprint: kid }])).map(({ path }) => path)).toEqual([
      "blueprint.steps[0].blueprint.steps[0].body",
      "blueprint.steps[0].blueprint.steps[1].value",
    ]);
  });
});

describe("looking for mistakes", () => {
  // In a text that is much longer than one may be, so that what is not linear takes minutes.
  it.each([
    "{{",
    "{%",
    "{%%}",
    "${",
    '"\\',
    "'",
    "/[",
    "a/",
    "/*",
    ". ",
    '"" ',
    "b-",
    "$a.b.",
    "JSON .",
    "new ",
    "1",
    "1e",
    "1.",
    "=",
    "!",
  ])("takes a time that grows with the text: %j", (part) => {
    const text = part.repeat(50_000);
    const began = performance.now();
    const { code, regexes } = readSource(text);
    const found = [
      javascriptProblems(code),
      numberProblems(code),
      regexProblems(regexes),
      foreignProblems(text),
      sourcesIn(text),
    ];
    expect(found).toHaveLength(5);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
